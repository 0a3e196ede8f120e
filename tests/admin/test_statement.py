"""The settlement statement, and what staff decide about a claim."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from claims.models import Claim, ClaimEvent
from claims.views.statement import statement
from policies.models import City
from tests.admin.world import World


def page(office, claim, **query):
    return office.get(reverse("admin:claims_claim_change", args=[claim.pk]), query)


def decide(office, claim, decision, reason="经核实"):
    address = reverse("admin:claims_claim_decide", args=[claim.pk, decision])
    return office.post(address, {"reason": reason}, follow=True)


@pytest.fixture
def shown(world, db):
    return lambda number, language="zh", revision=None: statement(
        Claim.objects.select_related("institution", "entered_by").get(pk=world.claims[number].pk),
        language,
        revision,
    )


@pytest.mark.parametrize("number", ["YT-1", "YT-2", "YT-3", "ZJ-1", "ZJ-2", "CC-1", "CC-2", "CC-5"])
def test_cuts_and_fund_make_up_the_total_and_so_do_the_payers(shown, number):
    drawing = shown(number).revision.drawing
    cut = sum(cut.amount for step in drawing.steps for cut in step.cuts)
    fund = next(payer.amount for payer in drawing.payers if payer.kind == "pooled_fund")
    assert cut + fund == drawing.total.amount
    assert sum(payer.amount for payer in drawing.payers) == drawing.total.amount


@pytest.mark.parametrize("number", ["YT-1", "ZJ-1"])
def test_lines_split_add_up_to_the_settlement(shown, number):
    found = shown(number)
    amounts = found.revision.amounts
    sums = [sum(line.split[part] for line in found.lines) for part in range(4)]
    assert sums == [amounts[name] for name in ("self_funded", "over_price", "upfront_self_pay", "eligible")]


def test_every_piece_has_a_sentence_and_its_clause(shown):
    steps = [step for step in shown("YT-1").revision.drawing.steps if step.cuts]
    assert all(step.text for step in steps)
    clauses = [step.cite.clause for step in steps if step.cite]
    assert clauses == ["二(一)1", "二(一)2"]


def test_it_tells_its_sentences_in_the_readers_language(office, world):
    assert "起付标准 800.00 元" in page(office, world.claims["YT-1"]).content.decode()
    office.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Deductible 800.00 yuan" in page(office, world.claims["YT-1"]).content.decode()


def test_each_revision_has_its_tab_and_the_reversing_one_gives_back(shown):
    found = shown("YT-3")
    assert [row.kind for row in found.revisions] == ["settled", "reversed", "settled"]
    before, back = shown("YT-3", revision=1), shown("YT-3", revision=2)
    assert back.revision.reverses
    assert back.revision.amounts == before.revision.amounts


def test_an_unknown_revision_is_not_found(office, world):
    assert page(office, world.claims["YT-3"], revision="9").status_code == 404


def test_a_rejected_claim_says_why_and_has_no_amounts(office, world):
    text = page(office, world.claims["YT-4"]).content.decode()
    assert "服务日期 2030-01-01 晚于收到日期" in text
    assert "支付构成" not in text


def test_neighbours_are_the_members_claims_before_and_after(shown, world):
    found = shown("YT-2")
    assert (found.before.claim_number, found.after.claim_number) == ("YT-1", "YT-3")
    assert shown("YT-1").before is None


def test_the_whole_member_number_is_nowhere_on_it(office, world):
    for claim in world.claims.values():
        assert claim.member_number not in page(office, claim).content.decode()


def test_nothing_of_the_stored_json_is_shown(office, world):
    text = page(office, world.claims["ZJ-1"]).content.decode()
    assert world.claims["ZJ-1"].content not in text
    assert '["' not in text.split('class="page')[1]


def test_a_query_count_that_does_not_grow_with_lines_or_revisions(
    office, world, django_assert_max_num_queries
):
    page(office, world.claims["YT-1"])
    for number in ("YT-1", "YT-3", "ZJ-1"):
        with django_assert_max_num_queries(20):
            page(office, world.claims[number])


def test_the_list_of_claims_takes_a_constant_number_of_queries(office, world, django_assert_max_num_queries):
    address = reverse("admin:claims_claim_changelist")
    office.get(address)
    with django_assert_max_num_queries(10):
        office.get(address)


@pytest.mark.parametrize("term", ["YT-1", "H37060000003", "第一医院", "number"])
def test_a_claim_is_found_by_number_member_or_institution(office, world, term):
    term = world.member.number if term == "number" else term
    found = office.get(reverse("admin:claims_claim_changelist"), {"q": term}).context["cl"].result_list
    assert "YT-1" in [claim.claim_number for claim in found]


def test_a_settled_claim_is_reversed_with_a_reason(office, world: World):
    claim = world.claims["CC-2"]
    response = page(office, claim)
    assert [item["name"] for item in response.context["decisions"]] == ["reverse"]
    assert "必填" in decide(office, claim, "reverse", reason="").content.decode()
    decide(office, claim, "reverse", reason="重复申报")
    claim.refresh_from_db()
    assert claim.status == Claim.State.REVERSED
    assert ClaimEvent.objects.get(claim=claim, kind="reversed").reason == "重复申报"


def test_a_claim_in_review_is_released_or_refused(office, world):
    claim = world.claims["ZF-1"]
    names = [item["name"] for item in page(office, claim).context["decisions"]]
    assert names == ["release", "refuse", "withdraw"]
    decide(office, claim, "refuse", reason="虚构就诊")
    claim.refresh_from_db()
    assert (claim.status, claim.code) == ("rejected", "review_refused")
    assert "虚构就诊" in page(office, claim).content.decode()


def test_what_came_too_late_is_told_and_not_done(office, world):
    claim = world.claims["YT-6"]
    decide(office, claim, "withdraw")
    assert "不能再做此操作" in decide(office, claim, "withdraw").content.decode()


def test_somebody_who_may_only_look_decides_nothing(office, world, django_user_model):
    reader = django_user_model.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_claim"))
    reader.cities.set(City.objects.all())
    office.force_login(reader)
    assert page(office, world.claims["YT-1"]).context["decisions"] == []
    assert decide(office, world.claims["YT-1"], "reverse").status_code == 403
