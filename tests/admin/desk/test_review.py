"""The review page: what differs, what the checks say, remarks at a figure, and steps for whoever may take them."""

from datetime import date

import pytest
from django.urls import reverse

from policies import store
from policies.models import PolicyVersion, VersionComment
from policies.services.drafts import edit_draft
from tests.admin.desk.office import AT, CHANGCHUN, CHONGQING
from tests.admin.desk.pages import form_with, forms_of
from tests.policies import build

RATE = "benefits.ordinary.terms.level 3.retired.rate"


def address(version, page="review"):
    return reverse(f"admin:policies_policyversion_{page}", args=[version.pk])


def steps_of(response) -> dict[str, str]:
    """The steps that the page offers: why not, or "" where the person may."""
    return {offer.step.action: offer.problem for offer in response.context["offers"]}


def take(client, version, action, **values):
    fields = {f"{action}-{name}": value for name, value in values.items()}
    seen = client.get(address(version)).context["standing"].fingerprint
    return client.post(address(version, "step"), {"action": action, "seen": seen, **fields})


@pytest.fixture
def raised(desk):
    """The draft with a higher rate and limit."""
    content = store.rows_of(desk.draft)
    build.cell(content, "ordinary", "level 3", "retired").rate = 6000
    content.limits[0].amount = 240000
    edit_draft(version=desk.draft, content=content, actor=desk.officer, reason="提高待遇", at=AT)
    return desk.draft


def test_only_what_differs_is_shown_left_and_right(as_, desk, raised):
    response = as_(desk.reviewer).get(address(raised))
    changes = [str(c.difference) for _title, changes in response.context["blocks"] for c in changes]
    assert changes == [
        "生效日期: 2024-01-01 → 2025-01-01, 二(二)1",
        "基金支付比例 三级 退休: 55% → 60%, 二(一)2",
        "年度限额 在职: 1,800 → 2,400, 二(一)3",
        "年度限额 退休: 1,800 → 2,400, 二(一)3",
    ]


def test_steps_stand_for_whoever_may_take_them_and_say_why_not(as_, desk, raised):
    desk.submit()
    officer = steps_of(as_(desk.officer).get(address(raised)))
    assert set(officer) == {"approve", "return", "withdraw"}
    assert officer["approve"]
    assert officer["withdraw"] == ""
    reviewer = steps_of(as_(desk.reviewer).get(address(raised)))
    assert (reviewer["approve"], reviewer["return"]) == ("", "")
    assert reviewer["withdraw"]
    manager = as_(desk.manager).get(address(raised))
    assert all(steps_of(manager).values())
    assert not [form for form in forms_of(manager) if "action" in form]


def test_a_refused_step_cannot_be_posted_either(as_, desk, raised):
    desk.submit()
    response = take(as_(desk.officer), raised, "approve", reason="同意")
    assert response.status_code == 200
    assert response.context["refusal"].problems
    assert raised.transitions.last().kind == "submitted"


def test_a_step_needs_a_reason(as_, desk, raised):
    response = take(as_(desk.officer), raised, "submit", reason=" ")
    assert response.status_code == 200
    (offer,) = [o for o in response.context["offers"] if o.step.action == "submit"]
    assert "reason" in offer.form.errors


def test_from_draft_to_in_force_by_three_people(as_, desk, raised):
    assert take(as_(desk.officer), raised, "submit", reason="请审核").status_code == 302
    assert take(as_(desk.reviewer), raised, "approve", reason="与文件一致").status_code == 302
    assert take(as_(desk.publisher), raised, "publish", reason="按期施行").status_code == 302
    kinds = list(raised.transitions.values_list("kind", "actor_name"))
    assert kinds == [
        ("created", "officer"),
        ("submitted", "officer"),
        ("approved", "reviewer"),
        ("published", "publisher"),
    ]
    assert PolicyVersion.objects.get(pk=raised.pk).is_published


def test_a_version_is_returned_with_a_reason_that_its_page_shows(as_, desk, raised):
    desk.submit()
    take(as_(desk.reviewer), raised, "return", reason="限额依据不对")
    assert "限额依据不对" in as_(desk.officer).get(address(raised)).content.decode()


def test_an_edit_while_it_was_read_is_noticed_at_approval(as_, desk, raised):
    desk.submit()
    reviewer = as_(desk.reviewer)
    response = reviewer.post(
        address(raised, "step"), {"action": "approve", "seen": "of before", "approve-reason": "同意"}
    )
    assert response.context["refusal"].problems
    assert raised.transitions.last().kind == "submitted"


def test_gaps_stand_in_the_way_of_review_each_with_its_place(as_, desk):
    content = store.rows_of(desk.draft)
    build.cell(content, "ordinary", "level 3", "retired").rate = None
    content.limits[0].amount = None
    edit_draft(version=desk.draft, content=content, actor=desk.officer, reason="待核实", at=AT)
    response = take(as_(desk.officer), desk.draft, "submit", reason="请审核")
    assert len(response.context["refusal"].problems) == 2
    text = response.content.decode()
    assert "/edit/#at-benefits-ordinary-terms-level-3-retired-rate" in text
    assert "/edit/#at-limits-1" in text


def test_changchuns_date_is_typed_again_to_publish(as_, desk):
    version = PolicyVersion.objects.get(city=CHANGCHUN)
    response = as_(desk.officer).get(address(version))
    assert {finding.mark for finding, _where in response.context["findings"]} >= {"!"}


def test_chongqing_lists_exactly_what_it_lacks(as_, desk):
    version = PolicyVersion.objects.get(city=CHONGQING)
    response = take(as_(desk.officer), version, "submit", reason="请审核")
    assert response.context["refusal"].findings
    assert version.transitions.count() == 1


def test_a_remark_stands_at_its_figure_until_it_is_resolved(as_, desk, raised):
    reviewer = as_(desk.reviewer)
    reviewer.post(address(raised, "remark"), {"place": RATE, "text": "请附测算"})
    response = reviewer.get(address(raised))
    changes = [c for _title, changes in response.context["blocks"] for c in changes if c.threads]
    assert [change.difference.place for change in changes] == [RATE]
    (thread,) = changes[0].threads
    assert thread.open
    first = VersionComment.objects.get()
    officer = as_(desk.officer)
    officer.post(address(raised, "remark"), {"about": first.pk, "what": "comment", "text": "已附"})
    officer.post(address(raised, "remark"), {"about": first.pk, "what": "resolve"})
    assert not _thread(officer, raised).open
    reviewer = as_(desk.reviewer)
    reviewer.post(address(raised, "remark"), {"about": first.pk, "what": "reopen", "text": "缺附件"})
    assert _thread(reviewer, raised).open
    assert [row.kind for row in _thread(reviewer, raised).rows] == [
        "comment",
        "comment",
        "resolved",
        "reopened",
    ]


def _thread(client, version):
    blocks = client.get(address(version)).context["blocks"]
    return next(c.threads[0] for _title, changes in blocks for c in changes if c.threads)


def test_an_open_remark_stands_beside_its_row_in_the_editor(as_, desk, raised):
    as_(desk.reviewer).post(address(raised, "remark"), {"place": RATE, "text": "请附测算"})
    editor = as_(desk.officer).get(address(raised, "edit")).context["editor"]
    (form,) = [form for form in editor.forms() if form.remarks]
    assert (form.place, form.remarks[0].kind) == ("benefits.ordinary.terms.level 3.retired", "comment")


def test_a_remark_without_text_is_refused(as_, desk, raised):
    response = as_(desk.reviewer).post(address(raised, "remark"), {"place": "", "text": " "})
    assert response.status_code == 200
    assert "text" in response.context["remark_form"].errors


def test_a_manager_reads_and_says_nothing(as_, desk, raised):
    manager = as_(desk.manager)
    assert manager.get(address(raised)).status_code == 200
    assert manager.post(address(raised, "remark"), {"text": "x"}).status_code == 403


def test_what_a_back_dated_version_touches_is_worked_out_on_demand(as_, desk, raised):
    reviewer = as_(desk.reviewer)
    assert reviewer.get(address(raised)).context["impact"] is None
    found = reviewer.get(address(raised), {"impact": 1}).context["impact"]
    assert (found.since, found.settlements, found.fund_difference) == (date(2025, 1, 1), 0, 0)


def test_who_may_publish_sees_what_it_touches_at_once(as_, desk, raised):
    desk.submit()
    desk.approve()
    assert as_(desk.publisher).get(address(raised)).context["impact"].settlements == 0


def test_the_first_version_has_nothing_to_compare_with(as_, desk):
    first = desk.versions["2022-07-01"]
    response = as_(desk.manager).get(address(first))
    assert (response.status_code, response.context["before"]) == (200, None)


def test_a_published_version_offers_no_step(as_, desk):
    response = as_(desk.publisher).get(address(desk.in_force))
    assert steps_of(response) == {}


def test_a_published_date_can_still_be_withdrawn_before_it_comes(as_, desk, raised):
    """(Today is after it in this test: what has taken effect is not offered to be withdrawn.)"""
    desk.submit()
    desk.approve()
    take(as_(desk.publisher), raised, "publish", reason="按期施行")
    assert "withdraw" not in steps_of(as_(desk.publisher).get(address(raised)))


def test_the_form_of_a_step_carries_what_was_read(as_, desk, raised):
    desk.submit()
    response = as_(desk.reviewer).get(address(raised))
    assert form_with(response, "seen")["seen"] == response.context["standing"].fingerprint
