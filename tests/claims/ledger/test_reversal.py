"""Reversing a settled claim gives everything back and keeps what was (spec 2.11)."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from claims.affected import affected
from claims.engine.result import AMOUNTS
from claims.models import AffectedNotice, Claim, Settlement
from claims.services.errors import NotSettled
from claims.services.reversal import reverse
from members.models import AccountEntry, FamilyLink, Member
from tests.claims.ledger.reading import balance, current, events, figures, ledger_faults, used
from tests.factories import InstitutionFactory, MemberFactory


def member_of(claim):
    return Member.objects.get(pk=claim.member_id)


@pytest.fixture
def undo(clock):
    def undo(claim, institution=None, reason="keyed twice", actor=None):
        return reverse(claim_id=claim.pk, institution=institution, reason=reason, actor=actor, at=clock())

    return undo


class TestEverythingComesBack:
    def test_amounts_accumulators_and_account(self, yantai, send, settle, undo):
        clinic, member = InstitutionFactory(level=1), MemberFactory(balance=20_000)
        claim = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True))
        # 600: deductible 500, of the other 100 the fund pays 70; the account has 200 for the 530 left.
        assert figures(claim, "deductible", "pooled_fund", "account", "cash") == (
            50_000,
            7_000,
            20_000,
            33_000,
        )
        assert balance(member) == 0

        reversing = undo(claim, clinic)

        settled = Settlement.objects.get(claim=claim, revision=1)
        assert (reversing.revision, reversing.previous, reversing.kind) == (2, 1, "reversed")
        assert [getattr(reversing, x) for x in AMOUNTS] == [-getattr(settled, x) for x in AMOUNTS]
        assert (reversing.fund_rate, reversing.tier, reversing.version_id) == (7_000, "level 1", yantai.pk)
        assert reversing.reversal_reason == "keyed twice"
        assert used(member) == {}
        assert balance(member) == 20_000
        entry = AccountEntry.objects.get(account_id=member.pk, settlement_revision=2)
        assert (entry.cause, entry.amount, entry.settlement_claim) == ("reversal", 20_000, claim.pk)
        claim.refresh_from_db()
        assert (claim.status, claim.revision, events(claim)) == ("reversed", 2, ["reversed"])
        assert ledger_faults() == ""

    def test_a_relatives_account_too(self, yantai, send, settle, undo):
        clinic, child, parent = (
            InstitutionFactory(level=1),
            MemberFactory(balance=100),
            MemberFactory(balance=9_000),
        )
        FamilyLink.objects.create(owner=parent, user=child, relation="child", consented_on=date(2022, 1, 1))
        claim = settle(send(clinic, child, "2023-03-01", 10_000, use_account=True))
        assert figures(claim, "account", "family_account", "cash") == (100, 9_000, 900)
        assert (balance(child), balance(parent)) == (0, 0)
        undo(claim)
        assert (balance(child), balance(parent)) == (100, 9_000)

    def test_only_its_own_share_of_the_year(self, yantai, send, settle, undo):
        clinic, member = InstitutionFactory(level=1), MemberFactory()
        first = send(clinic, member, "2023-03-01", 60_000)
        second = settle(first, send(clinic, member, "2023-03-02", 10_000))[1]
        undo(first)
        # What the second bore stands as it was settled: nothing of the deductible, 70 % of 100.
        assert figures(second, "deductible", "pooled_fund") == (0, 7_000)
        assert used(member) == {"fund/ordinary/2023": 7_000}
        third = settle(send(clinic, member, "2023-03-03", 60_000))
        assert figures(third, "deductible", "pooled_fund") == (50_000, 7_000)

    def test_the_number_cannot_be_sent_again_but_a_new_one_can(self, yantai, send, settle, undo):
        clinic, member = InstitutionFactory(level=1), MemberFactory()
        claim = settle(send(clinic, member, "2023-03-01", 60_000))
        undo(claim)
        again = settle(send(clinic, member, "2023-03-01", 60_000))
        assert again.pk != claim.pk
        assert figures(again, "pooled_fund") == (7_000,)
        assert current(again).place == 2


class TestRefused:
    def test_what_is_not_settled(self, yantai, send, settle, undo):
        clinic, member = InstitutionFactory(level=1), MemberFactory()
        queued = send(clinic, member, "2023-03-01", 60_000)
        with pytest.raises(NotSettled) as refused:
            undo(queued)
        assert refused.value.status == "queued"
        settle(queued)
        undo(queued)
        with pytest.raises(NotSettled) as refused:
            undo(queued)
        assert refused.value.status == "reversed"
        assert queued.settlements.count() == 2

    def test_another_institutions_claim_is_not_found(self, yantai, send, settle, undo):
        claim = settle(send(InstitutionFactory(), MemberFactory(), "2023-03-01", 60_000))
        with pytest.raises(Claim.DoesNotExist):
            undo(claim, InstitutionFactory())
        claim.refresh_from_db()
        assert claim.status == "settled"

    def test_a_claim_that_is_not_there(self, yantai, clock):
        with pytest.raises(Claim.DoesNotExist):
            reverse(claim_id=uuid4(), institution=None, reason="x", actor=None, at=clock())

    def test_without_a_reason(self, yantai, send, settle, undo):
        claim = settle(send(InstitutionFactory(), MemberFactory(), "2023-03-01", 60_000))
        with pytest.raises(ValidationError):
            undo(claim, reason="  ")
        assert claim.settlements.count() == 1


class TestEmergency:
    @pytest.fixture
    def stay(self, publish, send, settle):
        """An emergency claim of 1 000 that ended in an admission, taken up by the inpatient claim of 5 000."""
        publish("changchun")
        hospital = InstitutionFactory(city="220100", level=2, kind="general")
        member = MemberFactory(city="220100")
        emergency = send(hospital, member, "2023-05-01", 100_000, benefit="emergency", disposition="admitted")
        assert settle(emergency).code == "awaiting_inpatient"
        inpatient = send(
            hospital,
            member,
            "2023-05-09",
            500_000,
            benefit="inpatient",
            admitted_on=date(2023, 5, 1),
            discharged_on=date(2023, 5, 9),
            lists=(emergency.claim_number,),
        )
        return settle(emergency, inpatient)

    def test_care_before_admission_waits_again_and_can_be_taken_up_anew(self, stay, send, settle, undo):
        emergency, inpatient = stay
        # 6 000: first admission at level 2 bears 600, of 5 400 the fund pays 85 %.
        assert figures(inpatient, "total", "deductible", "pooled_fund") == (600_000, 60_000, 459_000)
        assert (emergency.status, emergency.merged_into) == ("merged", inpatient.pk)

        undo(inpatient)

        emergency.refresh_from_db()
        assert (emergency.status, emergency.code, emergency.merged_into) == (
            "pended",
            "awaiting_inpatient",
            None,
        )
        assert used(member_of(emergency)) == {}
        again = send(
            emergency.institution,
            member_of(emergency),
            "2023-05-09",
            500_000,
            benefit="inpatient",
            admitted_on=date(2023, 5, 1),
            discharged_on=date(2023, 5, 9),
            lists=(emergency.claim_number,),
        )
        settle(again, emergency)
        # The reversed admission does not count: this is the first again.
        assert figures(again, "total", "deductible", "pooled_fund") == (600_000, 60_000, 459_000)
        assert emergency.merged_into == again.pk
        assert ledger_faults() == ""

    def test_visits_during_the_stay_are_listed(self, stay, send, settle, undo, clock):
        emergency, inpatient = stay
        clinic = InstitutionFactory(city="220100", level=1)
        visit = settle(send(clinic, member_of(emergency), "2023-05-04", 20_000))
        assert current(visit).reason == "in_hospital"
        undo(inpatient)
        notice = AffectedNotice.objects.get(kind="stay")
        assert (notice.since, notice.until) == (date(2023, 5, 2), date(2023, 5, 8))
        assert list(affected(notice)) == [current(visit)]


class TestLaterSettlementsAreListed:
    def test_those_of_the_benefit_year_received_after_it(self, yantai, publish, send, settle, undo):
        publish("370600-2024-01-01")
        clinic, member, other = InstitutionFactory(level=1), MemberFactory(), MemberFactory()
        claims = [
            send(clinic, member, "2023-03-01", 60_000),
            send(clinic, member, "2023-03-02", 60_000),
            send(clinic, member, "2023-01-03", 60_000),
            send(clinic, member, "2024-01-04", 60_000),
            send(clinic, other, "2023-03-05", 60_000),
        ]
        settle(*claims)
        undo(claims[1])
        notice = AffectedNotice.objects.get()
        assert (notice.kind, notice.cause, notice.settlements) == ("reversal", claims[1].claim_number, 1)
        assert [s.claim_id for s in affected(notice)] == [claims[2].pk]

    def test_none_where_nothing_followed(self, yantai, send, settle, undo):
        claim = settle(send(InstitutionFactory(), MemberFactory(), "2023-03-01", 60_000))
        undo(claim)
        assert not AffectedNotice.objects.exists()
