"""Editing a draft on its page: everything at once, in yuan and percent, each figure with its clause."""

from datetime import date

import pytest
from django.urls import reverse

from policies import rows, store
from policies.models import PolicyVersion
from tests.admin.desk.office import CHANGCHUN, CHONGQING
from tests.admin.desk.pages import cell_prefix, form_with, send
from tests.policies import build

LEVEL_3_RETIRED = cell_prefix("ordinary", 2, "retired")


def address(version):
    return reverse("admin:policies_policyversion_edit", args=[version.pk])


def cell_of(version, tier="level 3", status="retired"):
    return build.cell(store.rows_of(version), "ordinary", tier, status)


@pytest.fixture
def office(as_, desk):
    return as_(desk.officer)


@pytest.fixture
def form(office, desk):
    return form_with(office.get(address(desk.draft)), "seen")


def test_a_form_sent_as_it_is_changes_nothing(office, desk, form):
    form["reason"] = "核对"
    before = store.rows_of(desk.draft)
    response = send(office, address(desk.draft), form)
    assert response.status_code == 302
    assert store.rows_of(desk.draft) == before
    assert desk.draft.edits.count() == 1  # the one that made it


@pytest.mark.parametrize("city", [CHANGCHUN, CHONGQING])
def test_so_does_that_of_any_city(office, desk, city):
    version = PolicyVersion.objects.get(city=city)
    form = form_with(office.get(address(version)), "seen")
    form["reason"] = "核对"
    before = store.rows_of(version)
    assert send(office, address(version), form).status_code == 302
    assert store.rows_of(version) == before


def test_figures_are_typed_in_percent_and_yuan(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "60"
    form["limits-0-amount"] = "2,400"
    form["reason"] = "提高待遇"
    assert send(office, address(desk.draft), form).status_code == 302
    assert cell_of(desk.draft).rate == 6000
    assert store.rows_of(desk.draft).limits[0].amount == 240000
    assert desk.draft.edits.order_by("pk").last().reason == "提高待遇"


def test_what_was_stands_beside_a_changed_figure_and_not_by_colour_alone(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "60"
    form["reason"] = "提高待遇"
    send(office, address(desk.draft), form)
    text = office.get(address(desk.draft)).content.decode()
    assert '<span class="was" data-was="55%">≠ 原：55%</span>' in text
    assert '<span class="was" data-was="50%" hidden>' in text


def test_a_changed_figure_without_a_clause_is_refused_beside_its_field(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "60"
    form[f"{LEVEL_3_RETIRED}-clause"] = ""
    form["reason"] = "提高待遇"
    response = send(office, address(desk.draft), form)
    assert response.status_code == 200
    (cell,) = [form for form in response.context["editor"].forms() if form.is_bound and form.errors]
    assert list(cell.errors) == ["clause"]
    assert f'id="id_{LEVEL_3_RETIRED}-clause-faults" role="alert"' in response.content.decode()
    assert cell_of(desk.draft).rate == 5500


def test_a_note_on_how_the_text_was_read_stands_for_a_clause(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "60"
    form[f"{LEVEL_3_RETIRED}-clause"] = ""
    form[f"{LEVEL_3_RETIRED}-note"] = "I-20 按附表理解"
    form["reason"] = "提高待遇"
    assert send(office, address(desk.draft), form).status_code == 302
    assert cell_of(desk.draft).note == "I-20 按附表理解"


def test_every_fault_is_shown_at_once_and_nothing_is_half_saved(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "600"
    form[cell_prefix("ordinary", 0, "employed") + "-deductible"] = "5,00"
    form["limits-0-amount"] = "很多"
    form["limits-0-pool"] = ""
    form["account_credits-0-age_from"] = "50"
    form["account_credits-0-age_to"] = "40"
    form["head-document"] = "没有的文件"
    form["tiers-1-code"] = "a.b"
    response = send(office, address(desk.draft), form)
    faulty = {name for form in response.context["editor"].forms() if form.is_bound for name in form.errors}
    assert faulty == {"rate", "deductible", "amount", "pool", "age_to", "document", "code"}
    assert response.context["editor"].errors() == 7
    assert response.context["reason_error"]
    assert store.rows_of(desk.draft) == store.rows_of(desk.in_force).__class__(
        **{**_fields(store.rows_of(desk.in_force)), "effective_from": date(2025, 1, 1)}
    )


def _fields(content):
    return {name: getattr(content, name) for name in content.__struct_fields__}


def test_what_was_typed_stays_where_it_is_refused(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = "sixty"
    again = form_with(send(office, address(desk.draft), form), "seen")
    assert again[f"{LEVEL_3_RETIRED}-rate"] == "sixty"
    assert again["seen"] == form["seen"]


def test_a_figure_is_left_to_another_document_by_name(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-state"] = "unset"
    form[f"{LEVEL_3_RETIRED}-rate"] = ""
    form["reason"] = "另行规定"
    response = send(office, address(desk.draft), form)
    assert response.status_code == 200
    form[f"{LEVEL_3_RETIRED}-rate_waits_for"] = "烟台市门诊慢特病待遇规定"
    assert send(office, address(desk.draft), form).status_code == 302
    cell = cell_of(desk.draft)
    assert (cell.rate, cell.rate_waits_for, cell.deductible) == (None, "烟台市门诊慢特病待遇规定", 80000)


def test_a_cell_is_not_offered(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-state"] = "none"
    form["reason"] = "不再提供"
    assert send(office, address(desk.draft), form).status_code == 302
    assert cell_of(desk.draft).offered is False


def test_an_emptied_figure_is_a_gap_that_can_be_saved(office, desk, form):
    form[f"{LEVEL_3_RETIRED}-rate"] = ""
    form["reason"] = "待核实"
    assert send(office, address(desk.draft), form).status_code == 302
    response = office.get(address(desk.draft))
    assert len(response.context["gaps"]) == 1
    cells = [form for form in response.context["editor"].forms() if form.remarks]
    assert [cell.place for cell in cells] == ["benefits.ordinary.terms.level 3.retired"]


def test_a_row_is_added_without_scripts_and_stored_with_the_rest(office, desk, form):
    form["limits-0-amount"] = "2400"
    response = send(office, address(desk.draft), form, add="limits")
    assert response.context["editor"].checked is False
    assert 'role="alert"' not in response.content.decode()
    form = form_with(response, "seen")
    assert form["limits-0-amount"] == "2400"
    form["limits-1-statuses"] = ["retired"]
    form["limits-1-benefits"] = ["ordinary"]
    form["limits-1-period"] = "month"
    form["limits-1-pool"] = "ordinary"
    form["limits-1-amount"] = "300"
    form["limits-1-clause"] = "二(一)3"
    form["reason"] = "增加月限额"
    assert send(office, address(desk.draft), form).status_code == 302
    limits = store.rows_of(desk.draft).limits
    assert [(x.period, x.amount, x.statuses) for x in limits] == [
        ("year", 240000, ["employed", "retired"]),
        ("month", 30000, ["retired"]),
    ]


def test_an_added_row_that_stays_empty_is_nothing(office, desk, form):
    form = form_with(send(office, address(desk.draft), form, add="account_credits"), "seen")
    form["reason"] = "核对"
    before = store.rows_of(desk.draft)
    assert send(office, address(desk.draft), form).status_code == 302
    assert store.rows_of(desk.draft) == before


def test_rows_are_removed_and_put_in_another_order(office, desk, form):
    credits = store.rows_of(desk.draft).account_credits
    form["account_credits-0-DELETE"] = "on"
    form["account_credits-2-ORDER"] = "99"
    form["reason"] = "调整顺序"
    assert send(office, address(desk.draft), form).status_code == 302
    kept = [credits[1], *credits[3:], credits[2]]
    assert store.rows_of(desk.draft).account_credits == kept


def test_a_tier_is_added_with_its_cells(office, desk, form):
    form = form_with(send(office, address(desk.draft), form, add="tiers"), "seen")
    form["tiers-3-code"], form["tiers-3-name"], form["tiers-3-clause"] = "grassroots", "基层", "二(一)1"
    form["tiers-3-ORDER"] = "0"
    form["tiers-3-conditions-0-kinds"] = ["community", "township"]
    form["tiers-3-conditions-0-clause"] = "二(一)1"
    for status in ("employed", "retired"):
        prefix = cell_prefix("ordinary", 3, status)
        form[f"{prefix}-state"], form[f"{prefix}-clause"] = "set", "二(一)2"
        form[f"{prefix}-deductible"], form[f"{prefix}-rate"] = "0", "80"
    form["reason"] = "增加基层档次"
    assert send(office, address(desk.draft), form).status_code == 302
    content = store.rows_of(desk.draft)
    assert content.tiers[0].conditions[0].kinds == ["community", "township"]
    cell = build.cell(content, "ordinary", "grassroots", "retired")
    assert (cell.deductible, cell.rate) == (0, 8000)


def test_a_tier_that_goes_takes_its_cells_along(office, desk, form):
    form["tiers-1-DELETE"] = "on"
    form["reason"] = "合并档次"
    assert send(office, address(desk.draft), form).status_code == 302
    assert {row.tier for row in build.benefit(store.rows_of(desk.draft), "ordinary").terms} == {
        "level 1",
        "level 3",
    }


def test_a_benefit_is_set_here_with_a_matrix_of_its_own(office, desk, form):
    form["chronic-state"] = "set"
    form = form_with(send(office, address(desk.draft), form, add="matrix"), "seen")
    assert "chronic-matrix" in form
    form["chronic-deductible_mode"], form["chronic-deductible_pool"] = "annual", "ordinary"
    for tier in range(3):
        for status in ("employed", "retired"):
            prefix = cell_prefix("chronic", tier, status)
            form[f"{prefix}-state"], form[f"{prefix}-clause"] = "set", "二(三)"
            form[f"{prefix}-deductible"], form[f"{prefix}-rate"] = "300", "70"
    form["reason"] = "明确慢病待遇"
    assert send(office, address(desk.draft), form).status_code == 302
    chronic = build.benefit(store.rows_of(desk.draft), "chronic")
    assert (chronic.waits_for, len(chronic.terms), chronic.terms[0].rate) == ("", 6, 7000)


def test_credits_are_percent_or_yuan_by_their_method(office, desk, form):
    number = next(
        number
        for number, row in enumerate(store.rows_of(desk.draft).account_credits)
        if row.method == "base_rate" and row.value is not None
    )
    form[f"account_credits-{number}-figure"] = "2.15"
    form["reason"] = "调整计入比例"
    assert send(office, address(desk.draft), form).status_code == 302
    assert store.rows_of(desk.draft).account_credits[number].value == 215
    form = form_with(office.get(address(desk.draft)), "seen")
    form[f"account_credits-{number}-method"] = "fixed"
    form[f"account_credits-{number}-figure"] = "109"
    form["reason"] = "改为定额"
    assert send(office, address(desk.draft), form).status_code == 302
    assert store.rows_of(desk.draft).account_credits[number].value == 10900


def test_a_colleagues_edit_meanwhile_is_noticed(as_, desk):
    office = as_(desk.officer)
    mine = form_with(office.get(address(desk.draft)), "seen")
    theirs = form_with(office.get(address(desk.draft)), "seen")
    theirs["limits-0-amount"], theirs["reason"] = "2000", "先改"
    send(as_(desk.colleague), address(desk.draft), theirs)
    mine["limits-0-amount"], mine["reason"] = "2400", "后改"
    response = send(as_(desk.officer), address(desk.draft), mine)
    assert response.status_code == 200
    assert response.context["problems"]
    assert store.rows_of(desk.draft).limits[0].amount == 200000


def test_an_edit_after_approval_says_first_that_it_voids_it(office, desk):
    desk.submit()
    desk.approve()
    response = office.get(address(desk.draft))
    assert response.context["void_warning"]
    form = form_with(response, "seen")
    form["limits-0-amount"], form["reason"] = "2400", "补充"
    send(office, address(desk.draft), form)
    page = office.get(reverse("admin:policies_policyversion_review", args=[desk.draft.pk]))
    assert page.context["standing"].state == "approval_void"


def test_a_published_version_is_not_edited(office, desk):
    response = office.get(address(desk.in_force), follow=True)
    assert response.redirect_chain
    assert [str(message) for message in response.context["messages"]]


def test_readers_and_strangers_have_no_editor(as_, desk):
    assert as_(desk.manager).get(address(desk.draft)).status_code == 403
    assert as_(desk.stranger).get(address(desk.draft)).status_code == 404


def test_the_fingerprint_is_that_of_the_file(office, desk, form):
    assert form["seen"] == rows.fingerprint(store.rows_of(desk.draft))
