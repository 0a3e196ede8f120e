"""Replaying claims under the versions in force and the facts now known (spec 2.11). Figures checked by hand.

Yantai 2023 at level 1, employed: deductible 500, then 70 %, the fund pays at most 1 800 a year.
"""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from claims.engine.result import AMOUNTS
from claims.models import Accumulator, AffectedNotice, Claim, ReadjudicationRun, Settlement, Watch
from claims.services import review
from claims.services.readjudication import readjudicate, readjudicate_city, readjudicate_notice
from claims.services.reversal import reverse
from claims.sets import SEQUENCE
from members.models import AccountEntry, FamilyLink
from members.services.accounts import correct
from members.services.contributions import Booking, book_contribution
from members.services.institutions import end_designation
from members.services.people import amend_member, end_cover
from tests.claims.ledger.reading import balance, current, events, figures, ledger_faults, used
from tests.factories import InstitutionFactory, MemberFactory, id_number, month

pytestmark = pytest.mark.django_db

CITY = "370600-2023-01-01"


def limit(amount):
    return lambda text: text.replace("amount: 1800.00", f"amount: {amount}")


def deductible(amount):
    cell = "level 1: {employed: {deductible: 500.00"
    return lambda text: text.replace(cell, f"level 1: {{employed: {{deductible: {amount}")


def rate(value):
    cell = "level 1: {employed: {deductible: 500.00, rate: 0.70}"
    return lambda text: text.replace(cell, f"level 1: {{employed: {{deductible: 500.00, rate: {value}}}")


@pytest.fixture
def clinic(db):
    return InstitutionFactory(level=1)


@pytest.fixture
def again(staff, clock):
    """again(member): the member's 2023 once more, or from `since` on."""

    def again(member, since=date(2023, 1, 1)):
        asked = {"reason": "corrected", "actor": staff, "at": clock()}
        return readjudicate(member_id=member.pk, year=2023, since=since, **asked)

    return again


def outcome(run):
    return run.replayed, run.changed, run.fund_difference


class TestACorrectedVersion:
    @pytest.fixture
    def year(self, yantai, clinic, send, settle):
        """600, 3 000 and 1 000: the fund pays 70, then what is left of 1 800, then nothing."""
        member = MemberFactory()
        claims = [
            send(clinic, member, "2023-03-01", 60_000),
            send(clinic, member, "2023-04-01", 300_000),
            send(clinic, member, "2023-05-01", 100_000),
        ]
        settle(*claims)
        assert [figures(c, "pooled_fund", "over_limit") for c in claims] == [
            (7_000, 0),
            (173_000, 37_000),
            (0, 70_000),
        ]
        return member, claims

    def test_a_higher_limit(self, year, publish, again, staff):
        member, claims = year
        corrected = publish(CITY, limit("2500.00"))
        run = again(member)
        # 2 100 of the second now fit, and 330 of the 700 due on the third: together 2 500.
        assert [figures(c, "pooled_fund", "over_limit") for c in claims] == [
            (7_000, 0),
            (210_000, 0),
            (33_000, 37_000),
        ]
        assert outcome(run) == (3, 2, 70_000)
        assert used(member) == {"deductible/ordinary/2023": 50_000, "fund/ordinary/2023": 250_000}
        assert [c.revision for c in claims] == [1, 3, 3]
        assert [events(c) for c in claims] == [[], ["readjudicated"], ["readjudicated"]]
        assert current(claims[1]).version_id == corrected.pk
        assert (run.actor, run.actor_name, run.reason) == (staff, "clerk", "corrected")
        assert ledger_faults() == ""

    def test_two_revisions_a_claim_and_the_old_one_as_it_was(self, year, publish, yantai, again):
        member, claims = year
        publish(CITY, limit("2500.00"))
        run = again(member)
        first, negation, new = Settlement.objects.filter(claim=claims[1]).order_by("revision")
        assert [getattr(negation, x) for x in AMOUNTS] == [-getattr(first, x) for x in AMOUNTS]
        assert (first.pooled_fund, first.version_id, first.cause) == (173_000, yantai.pk, "claim")
        assert [(s.kind, s.cause, s.run_id, s.place) for s in (negation, new)] == [
            ("reversed", "readjudication", run.pk, 2),
            ("settled", "readjudication", run.pk, 2),
        ]

    def test_a_lower_limit(self, year, publish, again):
        member, claims = year
        publish(CITY, limit("1000.00"))
        assert outcome(again(member)) == (3, 1, -80_000)
        assert [figures(c, "pooled_fund")[0] for c in claims] == [7_000, 93_000, 0]
        assert ledger_faults() == ""

    def test_from_a_date_on_what_came_before_stands(self, year, publish, again):
        member, claims = year
        publish(CITY, deductible("300.00"))
        run = again(member, since=date(2023, 4, 1))
        # The first keeps its 500 of the deductible; with 200 less it would have been paid 210.
        assert [figures(c, "deductible", "pooled_fund") for c in claims] == [
            (50_000, 7_000),
            (0, 173_000),
            (0, 0),
        ]
        assert outcome(run) == (2, 0, 0)
        assert outcome(again(member)) == (3, 2, 0)
        # 70 % of 300, then what that leaves of the limit.
        assert [figures(c, "deductible", "pooled_fund") for c in claims] == [
            (30_000, 21_000),
            (0, 159_000),
            (0, 0),
        ]

    def test_a_second_run_finds_nothing(self, year, publish, again):
        member, claims = year
        publish(CITY, limit("2500.00"))
        again(member)
        assert outcome(again(member)) == (3, 0, 0)
        assert [c.settlements.count() for c in claims] == [1, 3, 3]

    def test_a_correction_of_the_correction_goes_on_from_there(self, year, publish, again):
        member, claims = year
        publish(CITY, limit("2500.00"))
        again(member)
        publish(CITY, limit("1800.00"))
        assert outcome(again(member)) == (3, 2, -70_000)
        assert [c.settlements.count() for c in claims] == [1, 5, 5]
        assert [figures(c, "pooled_fund")[0] for c in claims] == [7_000, 173_000, 0]
        assert ledger_faults() == ""

    def test_other_years_stay(self, publish, yantai, clinic, send, settle, again):
        publish("370600-2024-01-01")
        member = MemberFactory()
        claims = settle(
            send(clinic, member, "2023-12-31", 60_000), send(clinic, member, "2024-01-01", 60_000)
        )
        publish(CITY, deductible("300.00"))
        assert outcome(again(member)) == (1, 1, 14_000)
        assert [figures(c, "pooled_fund")[0] for c in claims] == [21_000, 7_000]

    def test_reversed_claims_stay_reversed(self, year, publish, again, clock):
        member, claims = year
        reverse(claim_id=claims[1].pk, institution=None, reason="x", actor=None, at=clock())
        publish(CITY, limit("2500.00"))
        assert outcome(again(member)) == (2, 1, 70_000)
        claims[1].refresh_from_db()
        assert (claims[1].status, claims[1].revision) == ("reversed", 2)
        assert figures(claims[2], "pooled_fund") == (70_000,)

    def test_it_needs_a_reason(self, year, staff, clock):
        with pytest.raises(ValidationError):
            readjudicate(
                member_id=year[0].pk, year=2023, since=date(2023, 1, 1), reason=" ", actor=staff, at=clock()
            )
        assert not ReadjudicationRun.objects.exists()


class TestNotices:
    def test_publishing_for_the_past_lists_a_city_and_a_run_resolves_it(
        self, yantai, publish, clinic, send, settle, staff, clock
    ):
        publish("370600-2024-01-01")
        members = [MemberFactory(), MemberFactory(), MemberFactory()]
        claims = [send(clinic, member, "2023-03-01", 60_000) for member in members[:2]]
        claims += [send(clinic, members[2], "2024-02-01", 60_000)]
        settle(*claims)
        publish(CITY, deductible("300.00"))
        notice = AffectedNotice.objects.get()
        assert (notice.kind, notice.city, notice.settlements) == ("version", "370600", 2)
        assert (notice.since, notice.until) == (date(2023, 1, 1), date(2023, 12, 31))
        told = []
        run = readjudicate_notice(
            notice=notice, reason="published", actor=staff, at=clock(), advance=lambda *now: told.append(now)
        )
        assert outcome(run) == (2, 2, 28_000)
        assert told == [(1, 2), (2, 2)]
        notice.refresh_from_db()
        assert notice.resolved_by == run
        # One run for each member whom it changed, and their total.
        assert ReadjudicationRun.objects.filter(member_id__isnull=False).count() == 2

    def test_an_unpaid_month_that_becomes_known(self, yantai, clinic, send, settle, again, staff, clock):
        member = MemberFactory()
        claims = settle(
            send(clinic, member, "2023-03-10", 60_000), send(clinic, member, "2023-04-10", 60_000)
        )
        assert [figures(c, "pooled_fund")[0] for c in claims] == [7_000, 42_000]
        unpaid = Booking(member.pk, "370600", month("2023-03"), "employee", 500_000, None)
        assert book_contribution(booking=unpaid, at=clock(), actor=staff)
        notice = AffectedNotice.objects.get()
        assert (notice.kind, notice.member_id, notice.settlements) == ("fact", member.pk, 1)
        run = again(member)
        assert [figures(c, "reason", "deductible", "pooled_fund") for c in claims] == [
            ("not_entitled_arrears", 0, 0),
            ("", 50_000, 7_000),
        ]
        assert outcome(run) == (2, 2, -42_000)
        notice.refresh_from_db()
        assert notice.resolved_by == run

    def test_an_institutions_notice_runs_over_its_members(self, yantai, clinic, send, settle, staff, clock):
        here, elsewhere = MemberFactory(), MemberFactory()
        claims = settle(
            send(clinic, here, "2023-05-01", 60_000),
            send(InstitutionFactory(level=1), elsewhere, "2023-05-01", 60_000),
        )
        designation = clinic.designations.get(benefit="ordinary")
        end_designation(designation=designation, ends_on=date(2023, 4, 30), actor=staff, reason="ended")
        notice = AffectedNotice.objects.get()
        assert (notice.institution_id, notice.settlements) == (clinic.pk, 1)
        run = readjudicate_notice(notice=notice, reason="designation ended", actor=staff, at=clock())
        assert outcome(run) == (1, 1, -7_000)
        assert [figures(c, "reason")[0] for c in claims] == ["institution_not_covered", ""]


class TestAccounts:
    """What an account paid is posted anew; it gives back, or pays more as far as it has the money today."""

    def test_what_it_paid_too_much_comes_back(self, yantai, publish, clinic, send, settle, again):
        member = MemberFactory(balance=100_000)
        claim = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True))
        assert (figures(claim, "account"), balance(member)) == ((53_000,), 47_000)
        publish(CITY, deductible("300.00"))
        again(member)
        # The fund pays 210 instead of 70, so the account 390.
        assert (figures(claim, "account", "cash"), balance(member)) == ((39_000, 0), 61_000)
        entries = AccountEntry.objects.filter(settlement_claim=claim.pk).order_by("settlement_revision")
        assert [(e.cause, e.amount) for e in entries] == [
            ("settlement", -53_000),
            ("reversal", 53_000),
            ("settlement", -39_000),
        ]
        assert ledger_faults() == ""

    @pytest.mark.parametrize(
        ("spent", "account", "cash"), [(0, 60_000, 0), (40_000, 60_000, 0), (45_000, 55_000, 5_000)]
    )
    def test_it_pays_more_as_far_as_the_money_is_still_there(
        self, yantai, publish, clinic, send, settle, again, staff, clock, spent, account, cash
    ):
        member = MemberFactory(balance=100_000)
        claim = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True))
        if spent:
            at = clock()
            correct(member=member, amount=-spent, on=at.date(), at=at, actor=staff, reason="spent elsewhere")
        publish(CITY, deductible("800.00"))
        again(member)
        assert figures(claim, "pooled_fund", "account", "cash") == (0, account, cash)
        assert balance(member) == 100_000 - spent - account
        assert ledger_faults() == ""

    def test_money_that_came_later_does_not_count(self, yantai, clinic, send, settle, again, staff, clock):
        member = MemberFactory(balance=10_000)
        claim = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True))
        at = clock()
        correct(member=member, amount=90_000, on=at.date(), at=at, actor=staff, reason="credit")
        assert outcome(again(member)) == (1, 0, 0)
        assert figures(claim, "account", "cash") == (10_000, 43_000)

    def test_what_one_claim_leaves_the_next_one_finds(self, yantai, publish, clinic, send, settle, again):
        member = MemberFactory(balance=60_000)
        claims = settle(
            send(clinic, member, "2023-03-01", 60_000, use_account=True),
            send(clinic, member, "2023-03-02", 60_000, use_account=True),
        )
        assert [figures(c, "account", "cash") for c in claims] == [(53_000, 0), (7_000, 11_000)]
        publish(CITY, deductible("300.00"))
        again(member)
        # 390 and, with the 210 left, the 180 that the fund leaves of the second.
        assert [figures(c, "account", "cash") for c in claims] == [(39_000, 0), (18_000, 0)]
        assert balance(member) == 3_000

    def test_a_relatives_account(self, yantai, publish, clinic, send, settle, again, staff, clock):
        child, parent = MemberFactory(), MemberFactory(balance=60_000)
        FamilyLink.objects.create(owner=parent, user=child, relation="child", consented_on=date(2022, 1, 1))
        claim = settle(send(clinic, child, "2023-03-01", 60_000, use_account=True))
        assert figures(claim, "family_account", "cash") == (53_000, 0)
        FamilyLink.objects.update(ends_on=date(2023, 2, 28))
        at = clock()
        correct(member=parent, amount=-7_000, on=at.date(), at=at, actor=staff, reason="spent")
        again(child)
        assert figures(claim, "family_account", "cash") == (0, 53_000)
        assert balance(parent) == 53_000


class TestWithoutASettlementNow:
    def test_a_member_who_was_not_insured_is_rejected(
        self, yantai, clinic, send, settle, again, staff, clock
    ):
        member = MemberFactory(balance=100_000)
        claims = settle(
            send(clinic, member, "2023-03-01", 60_000, use_account=True),
            send(clinic, member, "2023-02-01", 60_000),
        )
        end_cover(enrolment=member.enrolments.get(), ends_on=date(2023, 2, 28), actor=staff, reason="left")
        run = again(member)
        assert outcome(run) == (2, 2, -7_000 + 7_000 - 42_000)
        claims[0].refresh_from_db()
        assert (claims[0].status, claims[0].code, claims[0].revision) == ("rejected", "unknown_member", 2)
        assert balance(member) == 100_000
        assert figures(claims[1], "deductible", "pooled_fund") == (50_000, 7_000)
        assert ledger_faults() == ""

    def test_a_parameter_that_is_unset_now_pends_until_it_is_set(
        self, yantai, publish, clinic, send, settle, again, django_capture_on_commit_callbacks
    ):
        member = MemberFactory()
        claims = settle(
            send(clinic, member, "2023-03-01", 60_000), send(clinic, member, "2023-03-02", 60_000)
        )
        publish(CITY, rate("{waits_for: 另行规定}"))
        again(member)
        for claim in claims:
            claim.refresh_from_db()
            assert (claim.status, claim.code, claim.revision) == ("pended", "parameter_missing", 2)
        assert used(member) == {}
        assert ledger_faults() == ""
        with django_capture_on_commit_callbacks(execute=True):
            publish(CITY, rate("0.60"))
        settle(*claims)
        # 60 % of 100, then of 600; each keeps its place.
        assert [figures(c, "revision", "place", "pooled_fund") for c in claims] == [
            (3, 1, 6_000),
            (3, 2, 36_000),
        ]
        assert used(member)["fund/ordinary/2023"] == 42_000
        assert ledger_faults() == ""

    def test_emergency_care_waits_again_where_its_stay_does(self, publish, send, settle, again):
        publish("changchun")
        hospital, member = (
            InstitutionFactory(city="220100", level=2, kind="general"),
            MemberFactory(city="220100"),
        )
        emergency = send(hospital, member, "2023-05-01", 100_000, benefit="emergency", disposition="admitted")
        stay = {"admitted_on": date(2023, 5, 1), "discharged_on": date(2023, 5, 9), "benefit": "inpatient"}
        inpatient = send(hospital, member, None, 500_000, lists=(emergency.claim_number,), **stay)
        settle(emergency, inpatient)
        assert figures(inpatient, "total", "pooled_fund") == (600_000, 459_000)
        # Replayed with what it took up, it comes to the same.
        assert outcome(again(member)) == (1, 0, 0)
        before = "level 2: {employed: {deductible: 600.00, rate: 0.85}"
        publish(
            "changchun", lambda text: text.replace(before, before.replace("0.85", "{waits_for: 另行规定}"))
        )
        again(member)
        inpatient.refresh_from_db()
        emergency.refresh_from_db()
        assert (inpatient.status, inpatient.code) == ("pended", "parameter_missing")
        assert (emergency.status, emergency.code, emergency.merged_into) == (
            "pended",
            "awaiting_inpatient",
            None,
        )
        assert ledger_faults() == ""


class TestOrder:
    def test_a_claim_settled_late_goes_back_to_where_it_was_received(
        self, yantai, clinic, send, settle, again, staff, clock
    ):
        member = MemberFactory()
        Watch.objects.create(member=member, starts_on=date(2023, 3, 1), ends_on=date(2023, 3, 1), reason="x")
        held, after = settle(
            send(clinic, member, "2023-03-01", 60_000), send(clinic, member, "2023-03-02", 80_000)
        )
        review.release(claim_ids=[held.pk], reason="checked", actor=staff, at=clock())
        settle(held)
        assert [figures(c, "deductible", "pooled_fund") for c in (held, after)] == [
            (0, 42_000),
            (50_000, 21_000),
        ]
        notice = AffectedNotice.objects.get(kind="late")
        run = readjudicate_notice(notice=notice, reason="in received order", actor=staff, at=clock())
        assert [figures(c, "deductible", "pooled_fund") for c in (held, after)] == [
            (50_000, 7_000),
            (0, 56_000),
        ]
        assert outcome(run) == (2, 2, 0)
        assert outcome(again(member)) == (2, 0, 0)
        assert ledger_faults() == ""

    def test_by_receipt_and_not_by_service_date(self, yantai, publish, clinic, send, settle, again):
        member = MemberFactory()
        claims = settle(
            send(clinic, member, "2023-06-01", 60_000), send(clinic, member, "2023-01-05", 60_000)
        )
        publish(CITY, deductible("300.00"))
        again(member, since=date(2023, 5, 1))
        # The second was received after the first one affected, so it is replayed too.
        assert [figures(c, "deductible", "pooled_fund") for c in claims] == [(30_000, 21_000), (0, 42_000)]

    def test_a_watch_set_later_holds_nothing_back(self, yantai, clinic, send, settle, again):
        member = MemberFactory()
        claim = settle(send(clinic, member, "2023-03-01", 60_000))
        Watch.objects.create(member=member, starts_on=date(2023, 1, 1), reason="x")
        assert outcome(again(member)) == (1, 0, 0)
        assert current(claim).revision == 1

    def test_a_corrected_number_is_still_the_same_member(
        self, yantai, publish, clinic, send, settle, again, staff
    ):
        member = MemberFactory()
        claim = settle(send(clinic, member, "2023-03-01", 60_000))
        member.number = member.id_number = id_number(date(1981, 6, 2), 77)
        amend_member(member=member, actor=staff, reason="typing error")
        publish(CITY, deductible("300.00"))
        assert outcome(again(member)) == (1, 1, 14_000)
        assert figures(claim, "pooled_fund") == (21_000,)
        assert ledger_faults() == ""


class TestACity:
    def test_all_its_members_from_a_date_on(self, yantai, publish, clinic, send, settle, staff, clock):
        kaifeng = publish("410200-2023-01-01")
        members = [MemberFactory() for _ in range(3)]
        claims = [send(clinic, member, "2023-03-01", 60_000) for member in members[:2]]
        claims.append(send(clinic, members[2], "2023-03-01", 30_000))
        other = send(InstitutionFactory(city="410200"), MemberFactory(city="410200"), "2023-03-01", 60_000)
        settle(*claims, other)
        publish(CITY, deductible("400.00"))
        runs = readjudicate_city(city="370600", since=date(2023, 2, 1), reason="x", actor=staff, at=clock())
        assert [(run.year, run.since) for run in runs] == [(2023, date(2023, 2, 1)), (2024, date(2024, 1, 1))]
        # Two gain 70; 300 are borne wholly under either.
        assert outcome(runs[0]) == (3, 2, 14_000)
        assert [figures(c, "pooled_fund")[0] for c in claims] == [14_000, 14_000, 0]
        assert current(other).version_id == kaifeng.pk
        assert Claim.objects.filter(revision__gt=1).count() == 2
        again = readjudicate_city(city="370600", since=date(2023, 1, 1), reason="x", actor=staff, at=clock())
        assert outcome(again[0]) == (3, 0, 0)
        assert not AffectedNotice.objects.filter(resolved_by__isnull=True).exists()
        assert ledger_faults() == ""

    @pytest.mark.parametrize(
        ("borne", "first", "second", "left"),
        # The account had 600 and then 70: it pays no more than it found, and no more than there is.
        [("300.00", (39_000, 0), (7_000, 32_000), 14_000), ("800.00", (53_000, 7_000), (7_000, 53_000), 0)],
    )
    def test_two_who_share_an_account(
        self, yantai, publish, clinic, send, settle, staff, clock, borne, first, second, left
    ):
        parent, children = MemberFactory(balance=60_000), [MemberFactory(), MemberFactory()]
        for child in children:
            FamilyLink.objects.create(
                owner=parent, user=child, relation="child", consented_on=date(2022, 1, 1)
            )
        claims = [settle(send(clinic, child, "2023-03-01", 60_000, use_account=True)) for child in children]
        assert [figures(c, "family_account", "cash") for c in claims] == [(53_000, 0), (7_000, 46_000)]
        publish(CITY, deductible(borne))
        readjudicate_city(city="370600", since=date(2023, 1, 1), reason="x", actor=staff, at=clock())
        assert figures(claims[0], "family_account", "cash") == first
        assert figures(claims[1], "family_account", "cash") == second
        assert balance(parent) == left
        assert ledger_faults() == ""

    def test_notices_of_members_whom_it_replayed_are_resolved_with_it(
        self, yantai, clinic, send, settle, staff, clock
    ):
        member = MemberFactory()
        claims = settle(send(clinic, member, "2023-03-01", 100), send(clinic, member, "2023-03-02", 100))
        reverse(claim_id=claims[0].pk, institution=None, reason="x", actor=None, at=clock())
        notice = AffectedNotice.objects.get(member_id=member.pk)
        run, _ = readjudicate_city(city="370600", since=date(2023, 1, 1), reason="x", actor=staff, at=clock())
        notice.refresh_from_db()
        assert notice.resolved_by == run


def test_the_sequence_counts_settled_claims_and_no_revisions(yantai, publish, clinic, send, settle, again):
    member = MemberFactory()
    settle(send(clinic, member, "2023-03-01", 60_000))
    publish(CITY, deductible("300.00"))
    again(member)
    later = settle(send(clinic, member, "2023-03-02", 60_000))
    assert current(later).place == 2
    assert Accumulator.objects.get(member_id=member.pk, key=SEQUENCE).value == 2
