"""Sets of claims: settled in order of receipt, written whole, the same however the work is cut and repeated."""

from collections.abc import Iterator
from datetime import date
from itertools import count, islice

import msgspec
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import store
from claims.engine.case import Case
from claims.engine.result import AMOUNTS, identities_hold
from claims.models import Accumulator, Claim, ClaimEvent, Settlement, Watch
from claims.selectors import queue_state, waiting_shards
from claims.services import adjudication
from claims.services.adjudication import State, drain
from claims.services.withdrawal import withdraw
from claims.sets import SEQUENCE
from claims.shards import SHARDS, shard_of
from claims.store.rows import ClaimUpdate
from members.models import AccountEntry, FamilyLink, Member, PersonalAccount
from tests.factories import InstitutionFactory, MemberFactory


@pytest.fixture
def clinic(yantai):
    return InstitutionFactory(level=1)


@pytest.fixture
def member(db):
    return MemberFactory()


def accumulators(member) -> dict[str, int]:
    return dict(Accumulator.objects.filter(member_id=member.pk).values_list("key", "value"))


def settlement(claim) -> Settlement:
    return Settlement.objects.get(claim=claim)


def numbers_of(shard: int) -> Iterator[str]:
    """Member numbers that fall into a shard."""
    return (number for number in map("N{:06d}".format, count()) if shard_of(number) == shard)


class TestASettledClaim:
    def test_has_its_first_revision(self, yantai, clinic, member, send, settle):
        claim = settle(send(clinic, member, "2023-03-01", 60_000))
        row = settlement(claim)
        assert (row.revision, row.previous, row.kind, row.cause, row.place) == (
            1,
            None,
            "settled",
            "claim",
            1,
        )
        assert (row.member_id, row.institution_id, row.city) == (member.pk, clinic.pk, "370600")
        assert (row.version_id, row.fingerprint) == (yantai.pk, yantai.fingerprint)
        assert (row.benefit, row.tier, row.status, row.fund_rate) == ("ordinary", "level 1", "employed", 7000)
        # Deductible 500; of the other 100 the fund pays 70 %.
        assert (row.total, row.deductible, row.pooled_fund, row.cash) == (60_000, 50_000, 7_000, 53_000)
        assert identities_hold({name: getattr(row, name) for name in AMOUNTS})
        assert msgspec.json.decode(row.case, type=Case).institution.code == clinic.code
        assert msgspec.json.decode(row.used) == {}
        assert msgspec.json.decode(row.steps)[0][0] == "split"
        assert (claim.status, claim.code, claim.detail) == ("settled", "", "")
        assert (claim.city, claim.member_id, claim.place, claim.revision) == ("370600", member.pk, 1, 1)

    def test_moves_the_accumulators_by_its_deltas(self, clinic, member, send, settle):
        claim = settle(send(clinic, member, "2023-03-01", 60_000))
        expected = {"deductible/ordinary/2023": 50_000, "fund/ordinary/2023": 7_000}
        assert msgspec.json.decode(settlement(claim).deltas) == expected
        assert accumulators(member) == expected | {SEQUENCE: 1}

    def test_without_fund_payment_says_why(self, clinic, member, send, settle):
        claim = settle(send(InstitutionFactory(designated=()), member, "2023-03-01", 60_000))
        assert (claim.status, claim.code) == ("settled", "institution_not_covered")
        assert settlement(claim).reason == "institution_not_covered"
        assert accumulators(member) == {SEQUENCE: 1}


class TestOrderOfReceipt:
    def test_holds_within_a_set_whatever_the_service_dates(self, clinic, member, send, settle):
        claims = settle(*(send(clinic, member, f"2023-03-{day:02d}", 30_000) for day in (9, 5, 7)))
        assert [settlement(c).deductible for c in claims] == [30_000, 20_000, 0]
        assert [c.place for c in claims] == [1, 2, 3]
        assert [msgspec.json.decode(settlement(c).used).get("deductible/ordinary/2023") for c in claims] == [
            None,
            30_000,
            50_000,
        ]

    def test_holds_from_set_to_set(self, clinic, member, send, settle, clock):
        claims = [send(clinic, member, "2023-03-09", 30_000) for _ in range(5)]
        drain(shard_of(member.number), clock=clock, set_size=2)
        claims = settle(*claims)
        assert [settlement(c).deductible for c in claims] == [30_000, 20_000, 0, 0, 0]
        assert [c.place for c in claims] == [1, 2, 3, 4, 5]

    def test_counts_each_member_alone(self, clinic, send, settle):
        people = [MemberFactory() for _ in range(3)]
        claims = settle(*(send(clinic, person, "2023-03-09", 30_000) for _ in range(2) for person in people))
        assert [c.place for c in claims] == [1, 1, 1, 2, 2, 2]


class TestNotSettled:
    def test_a_rejected_claim_has_code_and_detail_and_no_amounts(self, clinic, member, send, settle):
        claim = settle(send(clinic, member, "2023-03-01", 60_000, total=59_999))
        assert (claim.status, claim.code) == ("rejected", "amount_mismatch")
        assert msgspec.json.decode(claim.detail) == ["total", 59_999, 60_000]
        assert (claim.place, claim.revision, claim.member_id) == (None, 0, member.pk)
        assert not Settlement.objects.exists()
        assert accumulators(member) == {}

    def test_an_unknown_member(self, clinic, send, settle):
        claim = settle(send(clinic, Member(number="nobody"), "2023-03-01", 60_000))
        assert (claim.status, claim.code, claim.member_id, claim.city) == (
            "rejected",
            "unknown_member",
            None,
            "",
        )

    def test_a_pended_claim_says_since_when_and_holds_up_nobody(self, clinic, member, send, settle):
        early, later = settle(
            send(clinic, member, "2021-03-01", 100), send(clinic, member, "2023-03-01", 60_000)
        )
        assert (early.status, early.code) == ("pended", "no_policy_in_force")
        assert msgspec.json.decode(early.detail) == ["370600", "2021-03-01"]
        assert early.pended_at is not None
        assert (later.status, later.place) == ("settled", 1)

    def test_a_version_published_meanwhile_is_seen_by_the_next_set(
        self, clinic, member, send, settle, publish
    ):
        before = settle(send(clinic, member, "2022-08-01", 60_000))
        publish("370600-2022-07-01")
        after = settle(send(clinic, member, "2022-08-01", 60_000))
        assert (before.status, after.status) == ("pended", "settled")

    def test_a_watched_institution_waits_for_review(self, clinic, member, send, settle):
        watched = InstitutionFactory(level=1)
        Watch.objects.create(institution=watched, starts_on=date(2023, 3, 1), reason="odd volumes")
        days = ("2023-02-28", "2023-03-01")
        before, inside = settle(*(send(watched, member, day, 60_000) for day in days))
        assert settle(send(clinic, member, "2023-03-01", 60_000)).status == "settled"
        assert (before.status, inside.status, inside.code) == ("settled", "pended", "review")
        assert msgspec.json.decode(inside.detail) == ["odd volumes"]

    def test_a_watch_that_names_both_needs_both(self, clinic, member, send, settle):
        Watch.objects.create(institution=clinic, member=member, starts_on=date(2023, 1, 1), reason="both")
        ours = send(clinic, member, "2023-03-01", 60_000)
        other_member = send(clinic, MemberFactory(), "2023-03-01", 60_000)
        other_place = send(InstitutionFactory(level=1), member, "2023-03-01", 60_000)
        settle()
        found = [Claim.objects.get(pk=c.pk).status for c in (ours, other_member, other_place)]
        assert found == ["pended", "settled", "settled"]


class TestFacts:
    def test_a_stay_of_another_claim_forbids_outpatient_payment(self, publish, send, settle):
        publish("changchun")
        hospital = InstitutionFactory(city="220100", level=2, kind="general")
        member = MemberFactory(city="220100")
        stay = {"admitted_on": date(2023, 5, 1), "discharged_on": date(2023, 5, 9)}
        inpatient = settle(send(hospital, member, "2023-05-09", 500_000, benefit="inpatient", **stay))
        assert inpatient.status == "settled"
        inside, on_the_last_day = settle(
            send(hospital, member, "2023-05-05", 10_000), send(hospital, member, "2023-05-09", 10_000)
        )
        assert (inside.code, on_the_last_day.code) == ("in_hospital", "")

    def test_an_unregistered_prescriber_covers_nothing(self, publish, send, settle):
        publish("321100-2023-01-01")
        pharmacy = InstitutionFactory(city="321100", level=0, kind="pharmacy")
        claim = settle(
            send(pharmacy, MemberFactory(city="321100"), "2023-05-05", 10_000, prescribed_by="H404")
        )
        assert (claim.status, claim.code) == ("settled", "institution_not_covered")

    def test_an_old_claim_in_the_set_is_judged_by_its_own_months(self, clinic, publish, send, settle):
        publish("370600-2022-07-01")
        member = MemberFactory(paid=("2023-01", "2023-12"))
        unpaid, paid = settle(
            send(clinic, member, "2022-08-01", 60_000), send(clinic, member, "2023-08-01", 60_000)
        )
        assert (unpaid.code, paid.code) == ("not_entitled_arrears", "")

    def test_cost_the_same_number_of_queries_for_any_set(self, clinic, send, clock):
        numbers = numbers_of(shard=5)

        def queries(count):
            for _ in range(count):
                someone = MemberFactory(number=next(numbers), balance=100)
                send(clinic, someone, "2023-03-01", 1_000, use_account=True)
            with CaptureQueriesContext(connection) as captured:
                assert drain(5, clock=clock).claims == count
            return len(captured)

        queries(1)  # reads and compiles the version
        assert queries(20) == queries(2)
        assert queries(1) <= queries(2)


class TestAccounts:
    def test_pay_what_is_left_and_are_booked(self, clinic, send, settle):
        member = MemberFactory(balance=20_000)
        claim = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True))
        assert (settlement(claim).account, settlement(claim).cash) == (20_000, 33_000)
        entry = AccountEntry.objects.get(cause="settlement")
        assert (entry.account_id, entry.amount, entry.on) == (member.pk, -20_000, date(2023, 3, 1))
        assert (entry.settlement_claim, entry.settlement_revision) == (claim.pk, 1)
        assert PersonalAccount.objects.get(pk=member.pk).balance == 0

    def test_are_seen_by_the_next_claim_of_the_set(self, clinic, send, settle):
        member = MemberFactory(balance=20_000)
        claims = settle(*(send(clinic, member, "2023-03-01", 15_000, use_account=True) for _ in range(2)))
        assert [settlement(c).account for c in claims] == [15_000, 5_000]

    def test_of_the_family_pay_next_and_settlements_keep_the_balance_seen(self, clinic, send, settle):
        child, parent = MemberFactory(balance=100), MemberFactory(balance=9_000)
        FamilyLink.objects.create(owner=parent, user=child, relation="child", consented_on=date(2022, 1, 1))
        claim = settle(send(clinic, child, "2023-03-01", 10_000, use_account=True))
        row = settlement(claim)
        assert (row.account, row.family_account, row.cash) == (100, 9_000, 900)
        assert msgspec.json.decode(row.case, type=Case).family[0].balance == 9_000
        entry = AccountEntry.objects.get(cause="family")
        assert (entry.account_id, entry.amount, entry.settlement_claim) == (parent.pk, -9_000, claim.pk)

    def test_are_left_alone_unless_the_claim_says_so(self, clinic, send, settle):
        member = MemberFactory(balance=20_000)
        settle(send(clinic, member, "2023-03-01", 60_000))
        assert PersonalAccount.objects.get(pk=member.pk).balance == 20_000


class TestEmergencyMerge:
    @pytest.fixture
    def care(self, publish, send):
        publish("changchun")
        hospital = InstitutionFactory(city="220100", level=2, kind="general")
        member = MemberFactory(city="220100")

        def emergency():
            return send(hospital, member, "2023-05-01", 100_000, benefit="emergency", disposition="admitted")

        def inpatient(*lists):
            stay = {"admitted_on": date(2023, 5, 1), "discharged_on": date(2023, 5, 9)}
            return send(
                hospital, member, "2023-05-09", 500_000, benefit="inpatient", lists=tuple(lists), **stay
            )

        return emergency, inpatient

    @pytest.mark.parametrize("together", [True, False])
    def test_takes_up_the_emergency_claim(self, care, settle, together):
        emergency, inpatient = care
        first = emergency()
        if not together:
            assert settle(first).code == "awaiting_inpatient"
        first, second = settle(first, inpatient(first.claim_number))
        assert (first.status, first.code, first.merged_into) == ("merged", "", second.pk)
        assert (first.place, first.revision) == (None, 0)
        assert (second.status, settlement(second).total, second.place) == ("settled", 600_000, 1)
        assert Settlement.objects.count() == 1

    def test_only_once(self, care, settle):
        emergency, inpatient = care
        first = emergency()
        _, _, again = settle(first, inpatient(first.claim_number), inpatient(first.claim_number))
        assert (again.status, again.code) == ("rejected", "unknown_listed_claim")
        assert msgspec.json.decode(again.detail) == [first.claim_number]


class TestRepeatingAndCutting:
    def test_draining_again_changes_nothing(self, clinic, member, send, settle, clock):
        settle(*(send(clinic, member, "2023-03-01", 30_000) for _ in range(3)))
        before = list(Settlement.objects.values()), accumulators(member)
        for shard in range(SHARDS):
            assert drain(shard, clock=clock).claims == 0
        assert (list(Settlement.objects.values()), accumulators(member)) == before

    def test_neither_the_size_of_sets_nor_the_order_of_shards_matters(self, clinic, send, settle, clock):
        def settled(set_size, reverse):
            people = [MemberFactory(balance=10_000) for _ in range(5)]
            sent = [
                send(clinic, people[n % 5], f"2023-03-{1 + n % 28:02d}", 20_000 + n, use_account=n % 3 == 0)
                for n in range(40)
            ]
            for shard in sorted(waiting_shards() * 2, reverse=reverse):
                drain(shard, clock=clock, set_size=set_size)
            found = [settlement(claim) for claim in sent]
            return [[getattr(row, name) for name in (*AMOUNTS, "place", "used", "deltas")] for row in found]

        whole = settled(1000, False)
        assert settled(1, True) == whole
        assert settled(3, False) == whole

    def test_stops_when_its_time_is_up(self, clinic, member, send, clock):
        claims = [send(clinic, member, "2023-03-01", 100) for _ in range(3)]
        drained = drain(shard_of(member.number), clock=clock, seconds=0)
        assert (drained.state, drained.claims) == (State.MORE, 0)
        assert Claim.objects.filter(status="queued").count() == len(claims)

    def test_a_set_from_which_a_claim_was_taken_back_is_read_again(
        self, clinic, member, send, settle, monkeypatch
    ):
        claims = [send(clinic, member, "2023-03-01", 30_000) for _ in range(2)]
        update_claims, attempts = store.update_claims, []

        def moved_once(rows):
            attempts.append(len(rows))
            if len(attempts) == 1:
                raise store.ClaimMoved
            update_claims(rows)

        monkeypatch.setattr(store, "update_claims", moved_once)
        claims = settle(*claims)
        assert attempts == [2, 2]
        assert [settlement(c).deductible for c in claims] == [30_000, 20_000]
        assert [c.attempts for c in claims] == [0, 0]

    def test_the_store_refuses_a_claim_that_moved(self, clinic, member, send, clock):
        claim = send(clinic, member, "2023-03-01", 30_000)
        taken = store.take(claim.shard, 10)
        withdraw(claim_id=claim.pk, institution=clinic, actor=None, at=clock())
        update = ClaimUpdate(taken[0].id, "queued", "settled", "", "", "370600", 1, 1, 1)
        with pytest.raises(store.ClaimMoved):
            store.update_claims([update])
        claim.refresh_from_db()
        assert claim.status == "withdrawn"


class TestFaults:
    """A claim that cannot be adjudicated for a fault of ours."""

    @pytest.fixture
    def faulty(self, monkeypatch):
        """faulty(claim): adjudicating that claim fails from now on; returns a function that mends it."""
        build_facts, broken = adjudication.load_facts, set()

        def load_facts(claims, **how):
            if broken & {claim.id for claim in claims}:
                raise ZeroDivisionError("370600198005010017 must not be logged")
            return build_facts(claims, **how)

        monkeypatch.setattr(adjudication, "load_facts", load_facts)
        return lambda claim: broken.add(claim.pk) or broken.clear

    def test_holds_up_its_members_later_claims_and_nobody_elses(self, clinic, send, faulty, clock):
        member, other = (MemberFactory(number=number) for number in islice(numbers_of(shard=5), 2))
        bad, later = (send(clinic, member, "2023-03-01", 30_000) for _ in range(2))
        others = send(clinic, other, "2023-03-01", 30_000)
        faulty(bad)
        assert drain(5, clock=clock).state == State.FAILED
        states = [Claim.objects.get(pk=c.pk) for c in (bad, later, others)]
        assert [(c.status, c.attempts, c.parked) for c in states] == [
            ("queued", 1, False),
            ("queued", 0, False),
            ("settled", 0, False),
        ]

    def test_is_parked_after_three_attempts(self, clinic, member, send, faulty, clock):
        bad, later = (send(clinic, member, "2023-03-01", 30_000) for _ in range(2))
        faulty(bad)
        states = [drain(bad.shard, clock=clock).state for _ in range(4)]
        assert states == [State.FAILED, State.FAILED, State.FAILED, State.DONE]
        bad.refresh_from_db()
        assert (bad.status, bad.attempts, bad.parked) == ("queued", 3, True)
        event = ClaimEvent.objects.get()
        assert (event.claim, event.kind) == (bad, "parked")
        assert event.reason.startswith("ZeroDivisionError tests/claims/worker/test_adjudication.py:")
        assert settlement(later).deductible == 30_000
        assert waiting_shards() == []

    def test_is_logged_by_its_id_without_what_the_error_says(
        self, clinic, member, send, faulty, clock, caplog
    ):
        bad = send(clinic, member, "2023-03-01", 30_000)
        faulty(bad)
        drain(bad.shard, clock=clock)
        assert str(bad.pk) in caplog.text
        assert "ZeroDivisionError" in caplog.text
        assert member.number not in caplog.text
        assert "must not be logged" not in caplog.text

    def test_mended_in_time_it_is_settled_in_its_order(self, clinic, member, send, faulty, settle, clock):
        bad, later = (send(clinic, member, "2023-03-01", 30_000) for _ in range(2))
        mend = faulty(bad)
        drain(bad.shard, clock=clock)
        mend()
        bad, later = settle(bad, later)
        assert [settlement(c).deductible for c in (bad, later)] == [30_000, 20_000]

    def test_of_the_database_is_no_claims_fault(self, clinic, member, send, clock, monkeypatch):
        def gone(claims, **how):
            raise OperationalError("server closed the connection")

        claim = send(clinic, member, "2023-03-01", 30_000)
        monkeypatch.setattr(adjudication, "load_facts", gone)
        with pytest.raises(OperationalError):
            drain(claim.shard, clock=clock)
        claim.refresh_from_db()
        assert (claim.status, claim.attempts) == ("queued", 0)


class TestTheQueue:
    def test_is_empty(self, db):
        assert queue_state() == {"queued": 0, "oldest_queued_age_seconds": None, "parked": 0}
        assert waiting_shards() == []

    def test_counts_what_waits_for_workers(self, clinic, send, settle, clock):
        people = [MemberFactory() for _ in range(3)]
        settle(send(clinic, people[0], "2023-03-01", 100))
        first = send(clinic, people[1], "2023-03-01", 100)
        send(clinic, people[2], "2023-03-01", 100)
        parked = send(clinic, people[2], "2023-03-01", 100)
        Claim.objects.filter(pk=parked.pk).update(parked=True)
        state = queue_state()
        assert state["queued"] == 2
        age = (timezone.now() - first.received_at).total_seconds()
        assert state["oldest_queued_age_seconds"] == pytest.approx(age, abs=5)
        assert waiting_shards() == sorted({shard_of(p.number) for p in people[1:]})
