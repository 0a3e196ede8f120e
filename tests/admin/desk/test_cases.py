"""Acceptance cases on their page: written in a form or pasted, run at a click, removed with a reason."""

import pytest
from django.urls import reverse

from tests.admin.desk.pages import form_with, send

YAML = """
- name: 二(一)2 退休人员在三级医疗机构支付 55 %
  city: 370600
  member: {status: retired}
  institutions:
    hospital: {level: 3, kind: general}
  claims:
    - {at: hospital, date: 2025-02-03, benefit: ordinary, eligible: 1000.00, expect: {pooled_fund: 110.00}}
"""
OLD = """
- name: 旧案例
  city: 370600
  institutions: {clinic: {level: 1, kind: community}}
  claims:
    - {at: clinic, date: 2023-02-03, benefit: ordinary, eligible: 600.00, expect: {pooled_fund: 70.00}}
"""


def address(version, page="cases"):
    return reverse(f"admin:policies_policyversion_{page}", args=[version.pk])


@pytest.fixture
def office(as_, desk):
    return as_(desk.officer)


def paste(office, version, text, reason="补充案例"):
    return office.post(address(version, "case_add") + "?as=yaml", {"text": text, "reason": reason})


def test_an_empty_page_says_what_would_be_here(office, desk):
    assert 'class="empty"' in office.get(address(desk.draft)).content.decode()


def test_a_case_is_written_in_the_form(office, desk):
    form = form_with(office.get(address(desk.draft, "case_add")), "case-name")
    form["case-name"] = "退休，三级，1 000 元"
    form["case-status"] = "retired"
    form["claims-0-at"] = "hospital"
    form["claims-0-date"] = "2025-02-03"
    form["claims-0-eligible"] = "1,000"
    form["claims-0-deductible"], form["claims-0-pooled_fund"] = "800", "110"
    form["claims-0-fund_rate"] = "55"
    form["reason"] = "补充案例"
    response = send(office, address(desk.draft, "case_add"), form)
    assert response.url == address(desk.draft) + "?run=1"
    (shown,) = office.get(response.url).context["runs"]
    assert shown.run.passed, shown.run.summary
    assert desk.draft.cases.get().text.count("\n") >= 5


def test_the_form_shows_a_case_again_as_it_was_written(office, desk):
    paste(office, desk.draft, YAML)
    case = desk.draft.cases.get()
    response = office.get(reverse("admin:policies_policyversion_case", args=[case.pk]))
    form = form_with(response, "case-name")
    assert form["case-status"] == "retired"
    assert form["claims-0-eligible"] == "1,000.00"
    form["claims-0-pooled_fund"] = "120"
    form["reason"] = "更正"
    send(office, reverse("admin:policies_policyversion_case", args=[case.pk]), form)
    (shown,) = office.get(address(desk.draft), {"run": 1}).context["runs"]
    assert not shown.run.passed
    ((entry, lines),) = shown.entries
    assert [(x.field, x.expected, x.actual) for x in lines if x.differs] == [
        ("pooled_fund", "120.00", "110.00")
    ]
    assert entry.steps


def test_a_case_that_says_more_than_the_form_is_edited_as_text(office, desk):
    paste(
        office, desk.draft, YAML.replace("{status: retired}", "{status: retired, ltc: [{from: 2023-01-01}]}")
    )
    case = desk.draft.cases.get()
    response = office.get(reverse("admin:policies_policyversion_case", args=[case.pk]))
    assert response.context["only_text"]
    assert "ltc" in response.content.decode()


def test_several_faults_of_a_form_are_shown_at_once(office, desk):
    form = form_with(office.get(address(desk.draft, "case_add")), "case-name")
    form["claims-0-at"] = "nowhere"
    form["claims-0-eligible"] = "many"
    response = send(office, address(desk.draft, "case_add"), form)
    editor = response.context["editor"]
    assert "name" in editor.head.errors
    assert "eligible" in editor.claims[0].errors
    assert "reason" in response.context["form"].errors
    assert not desk.draft.cases.exists()


def test_a_place_that_the_case_does_not_have_is_named(office, desk):
    form = form_with(office.get(address(desk.draft, "case_add")), "case-name")
    form["case-name"], form["reason"] = "x", "y"
    form["claims-0-at"], form["claims-0-date"], form["claims-0-eligible"] = "nowhere", "2025-02-03", "10"
    response = send(office, address(desk.draft, "case_add"), form)
    assert "at" in response.context["editor"].claims[0].errors


def test_rows_are_added_without_scripts(office, desk):
    form = form_with(office.get(address(desk.draft, "case_add")), "case-name")
    form["case-name"] = "两次就诊"
    form = form_with(send(office, address(desk.draft, "case_add"), form, add="claims"), "case-name")
    assert form["case-name"] == "两次就诊"
    for number, day in enumerate(("2025-02-03", "2025-02-04")):
        form[f"claims-{number}-at"], form[f"claims-{number}-date"] = "hospital", day
        form[f"claims-{number}-eligible"] = "1000"
    form["claims-1-pooled_fund"] = "500"
    form["reason"] = "补充案例"
    assert send(office, address(desk.draft, "case_add"), form).status_code == 302
    (shown,) = office.get(address(desk.draft), {"run": 1}).context["runs"]
    assert [entry.passed for entry, _lines in shown.entries] == [True, True]


def test_text_that_is_no_case_says_what_is_wrong(office, desk):
    response = paste(office, desk.draft, "- name: x\n  city: 370600\n  claims: [{at: y}]\n")
    assert response.context["faults"]
    assert not desk.draft.cases.exists()


def test_a_case_of_the_past_is_flagged_as_testing_nothing_new(office, desk):
    paste(office, desk.draft, OLD)
    assert "tag warn" in office.get(address(desk.draft)).content.decode()
    (shown,) = office.get(address(desk.draft), {"run": 1}).context["runs"]
    assert shown.run.nothing_new


def test_a_case_is_removed_with_a_reason(office, desk):
    paste(office, desk.draft, YAML)
    case = desk.draft.cases.get()
    remove = reverse("admin:policies_policyversion_case_remove", args=[case.pk])
    office.post(remove, {"reason": ""})
    assert desk.draft.cases.exists()
    office.post(remove, {"reason": "重复"})
    assert not desk.draft.cases.exists()


def test_a_failing_case_stands_in_the_way_of_approval(as_, desk):
    paste(as_(desk.officer), desk.draft, YAML.replace("110.00", "120.00"))
    desk.submit()
    reviewer = as_(desk.reviewer)
    page = reverse("admin:policies_policyversion_review", args=[desk.draft.pk])
    findings = reviewer.get(page).context["findings"]
    assert [f.mark for f, _where in findings if f.code == "cases"] == ["✗"]


def test_worked_cases_stand_in_the_review_with_expected_and_actual_in_words(as_, desk):
    paste(as_(desk.officer), desk.draft, YAML.replace("110.00", "120.00"))
    desk.submit()
    page = reverse("admin:policies_policyversion_review", args=[desk.draft.pk])
    answer = as_(desk.reviewer).get(page)
    ((_entry, lines),) = answer.context["runs"][0].entries
    told = {line.field: (line.label, line.expected, line.actual) for line in lines}
    assert told["pooled_fund"] == ("统筹基金", "120.00", "110.00")
    assert told["total"] == ("总费用", None, "1,000.00")
    assert told["fund_rate"] == ("基金支付比例", None, "55%")
    assert told["tier"] == ("机构档次", None, "三级")
    text = answer.content.decode()
    assert "普通门诊，“hospital”，2025-02-03" in text
    assert "第 1 项 统筹基金：应为 120.00，实为 110.00" in text


def test_a_published_version_without_cases_says_that_none_was_written(as_, desk):
    for page in ("cases", "review"):
        text = as_(desk.manager).get(address(desk.in_force, page)).content.decode()
        assert "本版本没有验收案例" in text


def test_readers_run_cases_and_write_none(as_, desk):
    paste(as_(desk.officer), desk.draft, YAML)
    manager = as_(desk.manager)
    assert manager.get(address(desk.draft), {"run": 1}).status_code == 200
    assert manager.get(address(desk.draft, "case_add")).status_code == 403
    case = desk.draft.cases.get()
    stranger = as_(desk.stranger)
    assert stranger.get(reverse("admin:policies_policyversion_case", args=[case.pk])).status_code == 404
