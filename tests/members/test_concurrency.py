"""Several at once, each in a thread with a connection of its own, on either database."""

from collections.abc import Callable, Sequence
from datetime import date
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from members.models import AccountEntry, PersonalAccount
from members.services import accounts, keys, people
from members.services.credits import credit_month
from policies.models import City
from tests.factories import InstitutionFactory, MemberFactory, month
from tests.members.conftest import AT, ON, REASON

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(function: Callable, arguments: Sequence) -> list:
    """What each call returned or raised; all start together."""
    barrier, results = Barrier(len(arguments)), [None] * len(arguments)

    def run(place, argument):
        try:
            barrier.wait()
            results[place] = function(argument)
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(arguments)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refused(results) -> list[str]:
    return [result.code for result in results if isinstance(result, ValidationError)]


def balance(member) -> int:
    return PersonalAccount.objects.get(pk=member.pk).balance


def correct(member, amount):
    accounts.correct(member=member, amount=amount, on=ON, at=AT, actor=None, reason=REASON)


def test_two_cannot_spend_the_same_money():
    member = MemberFactory(balance=100)
    results = at_once(lambda amount: correct(member, amount), [-60] * 4)
    assert refused(results) == ["insufficient_balance"] * 3
    assert balance(member) == 40
    assert sum(member.account.entries.values_list("amount", flat=True)) == 40


def test_no_movement_is_lost():
    member = MemberFactory()
    results = at_once(lambda amount: [correct(member, amount) for _ in range(10)], [1, 2, 3, 4])
    assert not [result for result in results if isinstance(result, Exception)]
    assert balance(member) == 100
    assert sum(member.account.entries.values_list("amount", flat=True)) == 100


def test_sets_in_any_order_and_with_missing_accounts_do_not_deadlock():
    members = [MemberFactory(balance=balance) for balance in [0, None] * 6]

    def book(chosen):
        for _ in range(5):
            with transaction.atomic():
                balances = accounts.lock_accounts([m.pk for m in chosen])
                entries = [
                    AccountEntry(account_id=m.pk, cause="settlement", amount=1, on=ON, at=AT) for m in chosen
                ]
                accounts.post_entries(entries, balances)

    results = at_once(book, [members, members[::-1], members[3:9], members[8:2:-1]])
    assert results == [None] * 4
    assert [balance(m) for m in members] == [10] * 3 + [20] * 6 + [10] * 3


def test_two_runs_of_a_month_credit_everybody_once(publish):
    publish("410200", "2023-01-01")
    members = MemberFactory.create_batch(20, city="410200")

    def run(_place):
        return credit_month(city="410200", month=month("2024-02"), on=ON, at=AT, actor=None).credited

    assert sum(at_once(run, range(3))) == 20
    assert {balance(member) for member in members} == {10000}


def test_two_clerks_cannot_enrol_a_member_for_the_same_days():
    member = MemberFactory(city=None, paid=None)
    city = City.objects.create(code="410200", name="开封市")

    def enrol(day):
        people.enrol(member=member, city=city, starts_on=day, actor=None, reason=REASON)

    results = at_once(enrol, [date(2023, 1, day) for day in (1, 2, 3)])
    assert refused(results) == ["overlap"] * 2
    assert member.enrolments.count() == 1


def test_an_institution_never_has_three_live_keys():
    institution = InstitutionFactory()

    def create(_place):
        return keys.create_key(institution=institution, at=AT, actor=None, reason=REASON)[1]

    results = at_once(create, range(4))
    assert refused(results) == ["too_many_keys"] * 2
    assert keys.live_keys(institution, at=AT).count() == 2
