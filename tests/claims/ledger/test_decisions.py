"""Withdrawing, reviewing, and queueing again what was pended."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from claims.affected import affected
from claims.models import AffectedNotice, Claim, Watch
from claims.services import requeue, review
from claims.services.errors import NotInReview, NotPended, NotWithdrawable
from claims.services.withdrawal import withdraw
from members.models import Member
from policies.models import CatalogueItem
from policies.services.catalogue import Item, import_items
from tests.claims.ledger.reading import current, events, figures, ledger_faults
from tests.factories import CityFactory, InstitutionFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db):
    return InstitutionFactory(level=1)


class TestWithdrawing:
    def test_a_queued_claim_is_never_settled(self, yantai, clinic, send, settle, clock):
        claim = send(clinic, MemberFactory(), "2023-03-01", 60_000)
        withdraw(claim_id=claim.pk, institution=clinic, actor=None, at=clock())
        settle(claim)
        assert (claim.status, claim.revision, events(claim)) == ("withdrawn", 0, ["withdrawn"])

    def test_a_pended_claim_too(self, clinic, send, settle, clock):
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
        assert (claim.status, claim.code) == ("pended", "no_policy_in_force")
        withdraw(claim_id=claim.pk, institution=clinic, actor=None, at=clock())
        claim.refresh_from_db()
        assert (claim.status, claim.code) == ("withdrawn", "")

    def test_a_settled_one_must_be_reversed_instead(self, yantai, clinic, send, settle, clock):
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
        with pytest.raises(NotWithdrawable) as refused:
            withdraw(claim_id=claim.pk, institution=clinic, actor=None, at=clock())
        assert refused.value.status == "settled"

    def test_nobody_withdraws_anothers(self, yantai, clinic, send, clock):
        claim = send(clinic, MemberFactory(), "2023-03-01", 60_000)
        with pytest.raises(Claim.DoesNotExist):
            withdraw(claim_id=claim.pk, institution=InstitutionFactory(), actor=None, at=clock())


class TestReview:
    @pytest.fixture
    def held(self, yantai, clinic, send, settle):
        """Two claims of a watched member, the second one later."""
        member = MemberFactory()
        Watch.objects.create(member=member, starts_on=date(2023, 1, 1), reason="处方过于频繁")
        claims = settle(
            send(clinic, member, "2023-03-01", 60_000), send(clinic, member, "2023-03-02", 60_000)
        )
        assert [(c.status, c.code) for c in claims] == [("pended", "review")] * 2
        return claims

    def test_released_claims_are_settled_in_their_order(self, held, settle, staff, clock):
        ids = [claim.pk for claim in reversed(held)]
        assert review.release(claim_ids=ids, reason="checked", actor=staff, at=clock()) == 2
        first, second = settle(*held)
        assert (first.status, second.status) == ("settled", "settled")
        assert figures(first, "deductible") + figures(second, "deductible") == (50_000, 0)
        assert events(first) == ["released"]

    def test_refused_ones_are_rejected_with_the_reason(self, held, settle, staff, clock):
        review.refuse(claim_ids=[held[0].pk], reason="invented visit", actor=staff, at=clock())
        first, second = settle(*held)
        assert (first.status, first.code, first.detail) == (
            "rejected",
            "review_refused",
            '["invented visit"]',
        )
        assert (second.status, second.code) == ("pended", "review")

    def test_all_or_none(self, held, send, clinic, staff, clock):
        queued = send(clinic, MemberFactory(), "2023-03-01", 60_000)
        with pytest.raises(NotInReview) as refused:
            review.release(claim_ids=[held[0].pk, queued.pk], reason="checked", actor=staff, at=clock())
        assert refused.value.claim_numbers == (queued.claim_number,)
        held[0].refresh_from_db()
        assert held[0].status == "pended"

    def test_with_a_reason_only(self, held, staff, clock):
        for decide in (review.release, review.refuse):
            with pytest.raises(ValidationError):
                decide(claim_ids=[held[0].pk], reason="", actor=staff, at=clock())


class TestPublishing:
    """A version that was missing settles what waited for it, as soon as the publication is committed."""

    def test_claims_without_a_version(
        self, publish, clinic, send, settle, django_capture_on_commit_callbacks
    ):
        claims = settle(
            send(clinic, MemberFactory(), "2023-03-01", 60_000),
            send(clinic, MemberFactory(), "2022-12-31", 60_000),
        )
        with django_capture_on_commit_callbacks(execute=True):
            publish("370600-2023-01-01")
        fitting, too_early = settle(*claims)
        assert (fitting.status, events(fitting)) == ("settled", ["requeued"])
        assert (too_early.status, too_early.code, events(too_early)) == ("pended", "no_policy_in_force", [])

    def test_a_missing_parameter(self, publish, send, settle, django_capture_on_commit_callbacks):
        def without(text):
            cell = "level 1: {employed: {deductible: 500.00, rate: 0.70}, "
            assert cell in text
            return text.replace(
                cell, "level 1: {employed: {deductible: 500.00, rate: {waits_for: 另行规定}}, "
            )

        publish("370600-2023-01-01", without)
        clinic = InstitutionFactory(level=1)
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
        assert (claim.status, claim.code) == ("pended", "parameter_missing")
        with django_capture_on_commit_callbacks(execute=True):
            publish("370600-2023-01-01")
        assert figures(settle(claim), "pooled_fund") == (7_000,)

    def test_other_cities_and_other_causes_wait_on(
        self, publish, send, settle, django_capture_on_commit_callbacks
    ):
        member = MemberFactory()
        Watch.objects.create(member=member, starts_on=date(2023, 1, 1), reason="x")
        publish("370600-2023-01-01")
        kaifeng = InstitutionFactory(city="410200")
        elsewhere = send(kaifeng, MemberFactory(city="410200"), "2023-03-01", 100)
        watched = send(InstitutionFactory(level=1), member, "2023-03-01", 100)
        settle(elsewhere, watched)
        with django_capture_on_commit_callbacks(execute=True):
            publish("370600-2023-01-01", lambda text: text.replace("amount: 1800.00", "amount: 1900.00"))
        settle(elsewhere, watched)
        assert (elsewhere.status, watched.status, events(elsewhere), events(watched)) == (
            "pended",
            "pended",
            [],
            [],
        )

    def test_the_sweep_finds_what_was_pended_while_it_went_on(self, publish, clinic, send, settle, clock):
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
        version = publish("370600-2023-01-01")  # nothing is told of it
        Claim.objects.update(pended_at=version.published_at + timedelta(seconds=2))
        assert requeue.sweep(at=version.published_at + timedelta(seconds=59)) == 0
        assert requeue.sweep(at=version.published_at + timedelta(seconds=61)) == 1
        assert settle(claim).status == "settled"

    def test_the_sweep_does_not_turn_in_a_circle(self, publish, send, settle, clock):
        publish("370600-2023-01-01")
        claim = settle(
            send(
                InstitutionFactory(level=1),
                MemberFactory(),
                "2023-03-01",
                100,
                benefit="chronic",
                disease="E11",
            )
        )
        Member.objects.filter(number=claim.member_number).get().registrations.create(
            benefit="chronic", disease="E11", starts_on=date(2020, 1, 1)
        )
        claim = settle(
            send(
                claim.institution,
                Member.objects.get(number=claim.member_number),
                "2023-03-02",
                100,
                benefit="chronic",
                disease="E11",
            )
        )
        assert (claim.status, claim.code) == ("pended", "parameter_missing")
        clock.now += timedelta(minutes=5)
        for _ in range(3):
            requeue.sweep(at=clock())
            settle(claim)
        assert len(events(claim)) <= 1


class TestCatalogue:
    def test_an_upfront_share_that_comes_settles_what_waited_for_it(
        self, yantai, clinic, send, settle, staff, clock
    ):
        CatalogueItem.objects.filter(code="A1").update(item_class="B", upfront=None)
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 100_000))
        assert (claim.status, claim.code) == ("pended", "parameter_missing")
        share = Item("A1", date(2020, 1, 1), "B", upfront=1_000)
        import_items(city=CityFactory(), items=[share], actor=staff, reason="share", at=clock())
        clock.now += timedelta(minutes=2)
        assert requeue.sweep(at=clock()) == 1
        # 1 000: 10 % upfront, 500 deductible, 70 % of 400.
        assert figures(settle(claim), "upfront_self_pay", "pooled_fund") == (10_000, 28_000)


class TestByStaff:
    def test_a_pended_claim_goes_again(self, publish, clinic, send, settle, staff, clock):
        claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
        publish("370600-2023-01-01")
        assert requeue.requeue(claim_ids=[claim.pk], reason="published", actor=staff, at=clock()) == 1
        assert settle(claim).status == "settled"
        assert [e.actor for e in claim.events.all()] == [staff]

    def test_a_parked_claim_too(self, yantai, clinic, send, settle, staff, clock):
        claim = send(clinic, MemberFactory(), "2023-03-01", 60_000)
        Claim.objects.filter(pk=claim.pk).update(parked=True, attempts=3)
        assert settle(claim).status == "queued"
        requeue.requeue(claim_ids=[claim.pk], reason="mended", actor=staff, at=clock())
        claim = settle(claim)
        assert (claim.status, claim.attempts) == ("settled", 0)

    def test_what_is_settled_or_waits_for_people_does_not(self, yantai, clinic, send, settle, staff, clock):
        member = MemberFactory()
        settled = settle(send(clinic, member, "2023-03-01", 60_000))
        Watch.objects.create(member=member, starts_on=date(2023, 1, 1), reason="x")
        held = settle(send(clinic, member, "2023-03-01", 60_000))
        for claim in (settled, held):
            with pytest.raises(NotPended):
                requeue.requeue(claim_ids=[claim.pk], reason="x", actor=staff, at=clock())


class TestSettledLate:
    def test_later_settlements_stand_and_are_listed(self, publish, clinic, send, settle, clock, staff):
        """A claim pended first and settled last uses the accumulators of that moment (spec 2)."""
        member = MemberFactory()
        Watch.objects.create(member=member, starts_on=date(2023, 3, 1), ends_on=date(2023, 3, 1), reason="x")
        publish("370600-2023-01-01")
        held = send(clinic, member, "2023-03-01", 60_000)
        after = send(clinic, member, "2023-03-02", 60_000)
        settle(held, after)
        assert figures(after, "deductible", "pooled_fund") == (50_000, 7_000)
        review.release(claim_ids=[held.pk], reason="checked", actor=staff, at=clock())
        # In the same set as the late one, and after it: that one sees what the late one used.
        same_set = send(clinic, member, "2023-03-03", 60_000)
        settle(held, same_set)
        assert figures(held, "deductible", "pooled_fund") == (0, 42_000)
        assert figures(after, "deductible", "pooled_fund") == (50_000, 7_000)
        assert (current(held).place, current(after).place, current(same_set).place) == (2, 1, 3)
        notice = AffectedNotice.objects.get()
        assert (notice.kind, notice.cause, notice.settlements) == ("late", held.claim_number, 1)
        assert [s.claim_id for s in affected(notice)] == [after.pk]
        assert ledger_faults() == ""
