"""Entries and balances move together, and no balance is ever negative."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from members.models import AccountEntry, PersonalAccount
from members.services import accounts
from members.services.accounts import Cause
from tests.factories import MemberFactory, UserFactory
from tests.members.conftest import AT, ON


def balance(member) -> int:
    return PersonalAccount.objects.get(pk=member.pk).balance


def entry(member, amount, **fields):
    return AccountEntry(account_id=member.pk, cause=Cause.SETTLEMENT, amount=amount, on=ON, at=AT, **fields)


def correct(member, amount, reason="counted again"):
    return accounts.correct(member=member, amount=amount, on=ON, at=AT, actor=None, reason=reason)


@pytest.mark.django_db
class TestOneMovement:
    def test_it_is_booked_with_its_cause_and_moves_the_balance(self):
        member, clerk = MemberFactory(balance=5000), UserFactory()
        booked = accounts.correct(
            member=member, amount=-1234, on=ON, at=AT, actor=clerk, reason="typing error"
        )
        assert (booked.cause, booked.amount, booked.actor) == (Cause.CORRECTION, -1234, clerk)
        assert balance(member) == 3766

    def test_it_may_empty_the_account(self):
        member = MemberFactory(balance=5000)
        correct(member, -5000)
        assert balance(member) == 0

    def test_it_is_refused_beyond_the_balance_and_nothing_is_written(self):
        member = MemberFactory(balance=5000)
        with pytest.raises(ValidationError, match=r"50\.00.*50\.01") as refused:
            correct(member, -5001)
        assert refused.value.code == "insufficient_balance"
        assert balance(member) == 5000
        assert member.account.entries.count() == 1

    def test_it_is_not_0(self):
        with pytest.raises(ValidationError):
            correct(MemberFactory(), 0)

    def test_a_correction_needs_a_reason(self):
        with pytest.raises(ValidationError) as refused:
            correct(MemberFactory(), 100, reason=" ")
        assert refused.value.code == "reason"

    def test_it_opens_an_account_that_is_missing(self):
        member = MemberFactory(balance=None)
        correct(member, 100)
        assert balance(member) == 100


@pytest.mark.django_db
class TestOpening:
    def open(self, member, amount=100):
        return accounts.open_account(member=member, balance=amount, on=ON, at=AT, actor=None, reason="moved")

    def test_it_is_an_entry_of_its_own(self):
        member = MemberFactory()
        assert self.open(member).cause == Cause.OPENING
        assert balance(member) == 100

    def test_it_is_refused_after_any_movement(self):
        with pytest.raises(ValidationError) as refused:
            self.open(MemberFactory(balance=1))
        assert refused.value.code == "opened"


@pytest.mark.django_db
class TestSets:
    def test_balances_move_by_the_sum_of_the_entries(self):
        first, second = MemberFactory(balance=5000), MemberFactory(balance=100)
        with transaction.atomic():
            balances = accounts.lock_accounts({second.pk, first.pk})
            assert balances == {first.pk: 5000, second.pk: 100}
            entries = [entry(first, -3000), entry(first, -2000), entry(second, 7)]
            after = accounts.post_entries(entries, balances)
        assert after == {first.pk: 0, second.pk: 107}
        assert (balance(first), balance(second)) == (0, 107)
        assert list(first.account.entries.values_list("amount", flat=True)) == [5000, -3000, -2000]

    def test_nothing_is_written_where_one_account_lacks_money(self):
        first, second = MemberFactory(balance=5000), MemberFactory(balance=100)
        balances = accounts.lock_accounts([first.pk, second.pk])
        with pytest.raises(ValidationError):
            accounts.post_entries([entry(first, -1), entry(second, -101)], balances)
        assert AccountEntry.objects.filter(cause=Cause.SETTLEMENT).count() == 0

    def test_missing_accounts_are_opened(self):
        member = MemberFactory(balance=None)
        assert accounts.lock_accounts([member.pk]) == {member.pk: 0}

    def test_no_entries_move_nothing(self):
        assert accounts.post_entries([], {}) == {}

    def test_balances_that_moved_meanwhile_are_noticed(self):
        member = MemberFactory(balance=5000)
        stale = accounts.lock_accounts([member.pk])
        accounts.post_entries([entry(member, -1)], stale)
        with pytest.raises(RuntimeError), transaction.atomic():
            accounts.post_entries([entry(member, -1)], stale)
        assert balance(member) == 4999

    def test_a_settlement_is_booked_once(self):
        member, claim = MemberFactory(balance=5000), uuid4()
        same = {"settlement_claim": claim, "settlement_revision": 1}
        accounts.post_entries([entry(member, -1, **same)], {member.pk: 5000})
        with pytest.raises(IntegrityError), transaction.atomic():
            accounts.post_entries([entry(member, -1, **same)], {member.pk: 4999})


@pytest.mark.django_db
def test_the_database_refuses_a_negative_balance():
    member = MemberFactory(balance=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalAccount.objects.filter(pk=member.pk).update(balance=-1)


@pytest.mark.django_db
class TestVerification:
    def test_sound_accounts_pass(self, capsys):
        MemberFactory(balance=1), MemberFactory()
        call_command("verify_accounts")
        assert "2" in capsys.readouterr().out

    def test_a_balance_without_entries_is_found(self, capsys):
        member = MemberFactory(balance=5000)
        PersonalAccount.objects.filter(pk=member.pk).update(balance=5001)
        with pytest.raises(CommandError):
            call_command("verify_accounts")
        assert "50.01" in capsys.readouterr().err
