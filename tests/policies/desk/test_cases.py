"""Acceptance cases: written with a version, run under its terms, carried along, and in the way while one fails."""

from datetime import date

import pytest
from django.utils.translation import override

from policies import services
from policies.cases import run_cases
from policies.models import AcceptanceCase, PolicyVersion
from policies.registry import InvalidCases
from policies.services import VersionRefused
from policies.services.cases import remove_case, save_cases
from tests.policies.build import cell, content, day, published
from tests.policies.desk.people import AT, approve, approved, edit, publish, standing, submit
from tests.policies.desk.test_checks import found, one

CASE = """\
- name: 一级医院超过起付标准后按百分之七十支付
  city: 370600
  member: {status: employed}
  institutions:
    clinic: {level: 1, kind: community}
  claims:
    - at: clinic
      date: 2022-08-03
      benefit: ordinary
      eligible: 600.00
      expect: {deductible: 500.00, pooled_fund: 70.00}
"""
SECOND = """\
- name: 起付标准以内不支付
  city: 370600
  institutions: {clinic: {level: 1}}
  claims:
    - {at: clinic, date: 2022-09-01, benefit: ordinary, eligible: 400.00, expect: {pooled_fund: 0}}
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Without the hooks on publication, which need claims; the case tools stay."""
    from policies import registry

    monkeypatch.setattr(registry, "_on_published", [])
    monkeypatch.setattr(registry, "_checks", [])


def save(version, people, text=CASE, **more):
    return save_cases(
        version=version, text=text, **{"actor": people.officer, "reason": "加用例", "at": AT, **more}
    )


def test_a_case_is_kept_with_its_name_and_last_date(draft, people):
    [case] = save(draft, people)
    assert (case.name, case.last_on) == ("一级医院超过起付标准后按百分之七十支付", date(2022, 8, 3))
    assert case.text == CASE
    record = case.history.get()
    assert (record.history_user, record.history_change_reason) == (people.officer, "加用例")


def test_whoever_writes_a_case_has_edited_the_version(draft, people):
    save(draft, people, actor=people.reviewer)
    assert people.reviewer.pk in standing(draft).editors
    submit(draft, people)
    with pytest.raises(VersionRefused, match="You have edited"):
        approve(draft, people)


def test_several_cases_may_be_pasted_at_once_and_one_without_its_dash(draft, people):
    assert [case.position for case in save(draft, people, CASE + "# 第二例\n" + SECOND)] == [0, 1]
    alone = "name: 单独一例\ncity: 370600\nclaims: [{credit: 2022-09, expect: {account_credit: 0}}]\n"
    [case] = save(draft, people, alone)
    assert (case.position, case.text, case.last_on) == (2, alone, date(2022, 9, 1))
    assert {run.case.name for run in run_cases(draft)} == set(draft.cases.values_list("name", flat=True))


def test_a_case_is_replaced_in_its_place(draft, people):
    first, second = save(draft, people, CASE + SECOND)
    [changed] = save(draft, people, CASE.replace("70.00", "60.00"), replacing=first)
    assert (changed.pk, changed.position) == (first.pk, 0)
    assert first.history.count() == 2
    with pytest.raises(InvalidCases, match="already"):
        save(draft, people, CASE, replacing=second)


BAD = [
    (
        "- name: x\n  city: 370600\n  claims: [{at: nowhere, date: 2022-01-01, benefit: ordinary, eligible: 1}]",
        "nowhere",
    ),
    ("- name: x\n  city: 370600\n  claims: 3", "“x”"),
    ("- name: x\n  city: 410200\n  claims: []", "is a case of 410200"),
    ("- name: x\n  city: 370600\n  claims: []\n- name: x\n  city: 370600\n  claims: []", "stands twice"),
    ("[1, 2", "while parsing a flow sequence"),
    ("just words", "a list of cases"),
    ("[]", "There is no case in it"),
    ("- {name: x, city: 370600, claims: []}\n- {name: y, city: 370600, claims: []}\n- 3", "“3”"),
    ("[{name: x, city: 370600, claims: []}, {name: y, city: 370600, claims: []}]", "Begin every case"),
    ("x" * 200_001, "more than 200000 characters"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_text_that_is_no_case_is_refused_in_words_and_nothing_is_stored(text, said, draft, people):
    with pytest.raises(InvalidCases) as refused:
        save(draft, people, text)
    assert said in str(refused.value)
    assert not draft.cases.exists()


def test_a_run_shows_expected_actual_and_steps(draft, people):
    save(draft, people, CASE.replace("70.00", "75.00"))
    [run] = run_cases(draft)
    [entry] = run.entries
    assert not run.passed
    assert entry.differences == (("pooled_fund", "75.00", "70.00"),)
    assert entry.expected == {"deductible": "500.00", "pooled_fund": "75.00"}
    assert (entry.actual["pooled_fund"], entry.actual["cash"]) == ("70.00", "530.00")
    assert any("70%" in step for step in entry.steps)
    assert "entry 1, pooled fund: expected 75.00, got 70.00" in run.summary
    with override("zh-hans"):
        assert any("起付" in step for step in run_cases(draft)[0].entries[0].steps)


def test_a_draft_is_tried_under_its_own_terms_among_the_published(draft, people):
    publish(approved(draft, people), people)
    later = services.draft_from(version=draft, actor=people.officer, at=AT, effective_from=day("2022-09-01"))
    edit(later, people, lambda c: setattr(cell(c, "ordinary", "level 1", "employed"), "rate", 8_000))
    story = """\
- name: 新旧各一笔
  city: 370600
  institutions: {clinic: {level: 1}}
  claims:
    - {at: clinic, date: 2022-08-31, benefit: ordinary, eligible: 600.00, expect: {pooled_fund: 70.00}}
    - {at: clinic, date: 2022-09-01, benefit: ordinary, eligible: 100.00, expect: {pooled_fund: 80.00}}
"""
    save(later, people, story)
    assert [run.passed for run in run_cases(PolicyVersion.objects.get(pk=later.pk))] == [True]


def test_a_failing_case_may_be_looked_at_but_neither_approved_nor_published(draft, people):
    [case] = save(draft, people, CASE.replace("70.00", "75.00"))
    submit(draft, people)
    with pytest.raises(VersionRefused, match=r"expected 75\.00, got 70\.00"):
        approve(draft, people)
    save(draft, people, CASE, replacing=case)
    approve(draft, people)
    assert publish(draft, people).is_published


def test_a_case_that_fails_only_when_it_is_published_stops_the_publication(draft, people):
    """Another version of the city came between: what held at approval holds no more."""
    story = SECOND.replace("pooled_fund: 0", "policy: {effective_from: 2022-07-01}")
    save(draft, people, story)
    approved(draft, people)
    published(content(effective_from=day("2022-08-15")))
    with pytest.raises(VersionRefused, match="policy"):
        publish(draft, people)


def test_cases_come_along_to_the_next_draft_and_those_dated_before_it_are_flagged(draft, people):
    save(draft, people, CASE + SECOND)
    version = publish(approved(draft, people), people)
    following = services.draft_from(
        version=version, actor=people.officer, at=AT, effective_from=day("2022-08-15")
    )
    assert [case.name for case in following.cases.all()] == [case.name for case in version.cases.all()]
    assert [run.nothing_new for run in run_cases(following)] == [True, False]
    doubtful = one(following, "cases", "!")
    assert "tests nothing new" in doubtful.explanation
    assert AcceptanceCase.history.filter(version_id=following.pk).count() == 2


def test_with_gaps_no_case_runs_and_that_is_said(draft, people):
    save(draft, people)
    edit(draft, people, lambda c: c.limits.clear())
    [run] = run_cases(PolicyVersion.objects.get(pk=draft.pk))
    assert (run.passed, run.fault) == (False, "cannot run while the version has gaps")
    assert [f.mark for f in found(draft, "cases")] == ["✗"]


def test_the_cases_of_a_published_version_stay(draft, people):
    [case] = save(draft, people)
    publish(approved(draft, people), people)
    with pytest.raises(VersionRefused):
        save(draft, people, SECOND)
    with pytest.raises(VersionRefused):
        remove_case(case=case, actor=people.officer, reason="x", at=AT)


def test_a_case_is_taken_out_with_a_reason(draft, people):
    [case] = save(draft, people)
    pk = case.pk
    remove_case(case=case, actor=people.officer, reason="重复", at=AT)
    assert not draft.cases.exists()
    last = AcceptanceCase.history.filter(id=pk).latest("history_id")
    assert (last.history_type, last.history_change_reason) == ("-", "重复")


def test_cases_are_part_of_what_is_approved(draft, people):
    approved(draft, people)
    save(draft, people)
    assert standing(draft).state == "approval_void"
