"""The version page: what it shows; its rows are read-only once it is published (the desk has its own tests)."""

from datetime import date

import pytest
from django.urls import reverse

from policies.models import BenefitTerm, PaymentLimit, PolicyVersion
from policies.pages import sections
from policies.pages.pieces import NOT_OFFERED, UNSET
from policies.store import rows_of
from tests.admin.world import CHANGCHUN, ZHENJIANG


def page(office, version, **query):
    address = reverse("admin:policies_policyversion_change", args=[version.pk])
    return office.get(address, query)


def published(city, day):
    return PolicyVersion.objects.get(city=city, effective_from=day, published_at__isnull=False)


@pytest.fixture
def changchun(world, db):
    return published(CHANGCHUN, date(2023, 1, 1))


def section(version, anchor):
    return next(s for s in sections(rows_of(version)) if s.anchor == anchor)


def test_it_shows_each_cell_with_deductible_rate_and_clause(changchun):
    row = section(changchun, "benefit-ordinary").rows[0]
    employed = row.cells[1]
    assert [piece.text for piece in employed.pieces] == ["100 元", "60%"]
    assert [piece.cite and piece.cite.clause for piece in employed.pieces] == [None, "三(三)"]


def test_a_deductible_of_another_clause_than_the_rate_names_its_own(world, db):
    employed = section(published(ZHENJIANG, date(2023, 1, 1)), "benefit-ordinary").rows[0].cells[1]
    assert [(piece.text, piece.cite.clause) for piece in employed.pieces] == [
        ("800 元", "二(一)1"),
        ("90%", "二(一)2"),
    ]


def test_figures_are_aligned_right(office, world):
    version = published(ZHENJIANG, date(2023, 1, 1))
    assert section(version, "benefit-ordinary").rows[0].cells[1].figure
    assert section(version, "limits").rows[0].cells[3].figure
    assert 'class="figure"' in page(office, version).content.decode()


def test_every_clause_leads_to_its_passage(office, world):
    version = published(ZHENJIANG, date(2023, 1, 1))
    address = reverse("admin:policies_policydocument_page", args=[version.document_id])
    quoted = "%E4%BA%8C%28%E4%B8%80%291"
    assert f'href="{address}?clause={quoted}#clause"' in page(office, version).content.decode()
    answer = office.get(address, {"clause": "二(一)1"})
    marked = [line.text for line, is_marked, _first in answer.context["lines"] if is_marked]
    assert marked == ["1. 门诊统筹基金起付标准：在职人员800元，退休人员500元。"]
    assert "<mark>1. 门诊统筹基金起付标准" in answer.content.decode()


def test_what_a_tier_does_not_offer_is_no_zero(changchun):
    row = section(changchun, "benefit-chronic").rows[-1]
    assert [cell.pieces[0].state for cell in row.cells[1:]] == [NOT_OFFERED, NOT_OFFERED]


def test_what_waits_for_another_document_says_which(changchun):
    piece = section(changchun, "benefit-special").rows[0].cells[1].pieces[0]
    assert (piece.state, piece.text) == (UNSET, "未规定 · 待 长春市职工医保住院待遇规定")


def test_its_sections_stand_in_the_order_of_the_clauses(world, db):
    found = [s.anchor for s in sections(rows_of(published(ZHENJIANG, date(2023, 1, 1))))]
    order = ["benefit-ordinary", "limits", "credits", "uses", "benefit-inpatient", "critical-illness"]
    assert [anchor for anchor in found if anchor in order] == order


def test_an_assumed_date_is_marked_and_notes_are_explained(office, changchun):
    text = page(office, changchun).content.decode()
    assert "假定" in text
    assert 'title="I-2 ' in text


def test_english_readers_get_it_in_english(office, changchun):
    office.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    text = page(office, changchun).content.decode()
    assert "Level 1 and below" in text
    assert "Changchun" in text


def test_a_published_row_cannot_be_changed_through_its_form(office, changchun):
    term = BenefitTerm.objects.filter(version=changchun).first()
    address = reverse("admin:policies_benefitterm_change", args=[term.pk])
    response = office.post(address, {"rate": "99", "change_reason": "x"})
    assert response.status_code == 403
    assert BenefitTerm.objects.get(pk=term.pk).rate == term.rate
    assert office.post(reverse("admin:policies_benefitterm_delete", args=[term.pk])).status_code == 403


def test_a_draft_cell_is_edited_in_yuan_and_percent_with_a_reason(office, world):
    term = BenefitTerm.objects.get(
        version=world.draft, rule__benefit="ordinary", tier__code="level 1", status="employed"
    )
    address = reverse("admin:policies_benefitterm_change", args=[term.pk])
    shown = office.get(address).content.decode()
    assert 'value="100.00"' in shown
    assert 'value="60"' in shown
    sent = {"offered": "on", "deductible": "1,150.50", "rate": "62.5", "status": "employed"}
    sent |= {"rule": term.rule_id, "tier": term.tier_id, "document": term.document_id, "cite_kind": "text"}
    assert "change_reason" in office.post(address, sent).context["adminform"].form.errors
    response = office.post(address, {**sent, "change_reason": "按细则"})
    assert response.url == reverse("admin:policies_policyversion_change", args=[world.draft.pk])
    term.refresh_from_db()
    assert (term.deductible, term.rate) == (115050, 6250)
    assert term.history.first().history_change_reason == "按细则"


def test_a_changed_cell_shows_what_it_was(office, world):
    BenefitTerm.objects.filter(
        version=world.draft, rule__benefit="ordinary", tier__code="level 1", status="employed"
    ).update(rate=6500)
    assert "原：60%" in page(office, world.draft).content.decode()


def test_a_figure_beyond_what_can_be_is_refused_beside_its_box(office, world):
    limit = PaymentLimit.objects.filter(version=world.draft, amount__isnull=False).first()
    address = reverse("admin:policies_paymentlimit_change", args=[limit.pk])
    for wrong in ("1.234", "12,34", "abc", "-5"):
        response = office.post(address, {"amount": wrong, "change_reason": "x"})
        assert "amount" in response.context["adminform"].form.errors
