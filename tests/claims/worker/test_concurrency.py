"""Many workers at once, and workers that die: what one worker alone would have settled, once and to the fen."""

import multiprocessing
import os
import random
import signal
import time
from datetime import date
from itertools import count
from threading import Thread

import pytest
from django.db import connection, connections
from django.utils import timezone

from claims.content import Content, ContentLine
from claims.engine.result import AMOUNTS
from claims.models import Claim, Settlement
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import submit
from claims.shards import shard_of
from claims.submission import Submission
from members.models import AccountEntry, FamilyLink, PersonalAccount
from tests.claims.ledger.reading import ledger_faults
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NUMBERS = count(1)
LIMIT = 180_000  # Yantai's yearly limit of 2023 at level 1, in employment


def work_until_empty(set_size: int = 4) -> None:
    """What a worker process does: shards with work in any order, until nothing is left."""
    while shards := waiting_shards():
        random.shuffle(shards)
        for shard in shards:
            drain(shard, clock=timezone.now, set_size=set_size)


def worker() -> multiprocessing.Process:
    """A worker in a process of its own, started from here."""
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=work_until_empty)
    process.start()
    return process


class People:
    """Twenty members and their claims; every instance has the same facts and amounts as any other."""

    def __init__(self, clinic):
        self.members = [MemberFactory(balance=30_000, paid=("2023-01", "2023-12")) for _ in range(20)]
        chance = random.Random(7)
        receipts = submit(
            institution=clinic,
            claims=[Submission(f"P{next(NUMBERS):06d}", self._content(chance)) for _ in range(400)],
            at=timezone.now(),
        )
        self.claims = [receipt.claim_id for receipt in receipts]

    def _content(self, chance: random.Random) -> Content:
        fen = chance.randrange(5_000, 40_000)
        return Content(
            member_number=chance.choice(self.members).number,
            benefit="ordinary",
            service_date=date(2023, chance.randint(1, 6), chance.randint(1, 28)),
            lines=(ContentLine("A1", "药品", 10_000, fen * 100, fen),),
            use_account=chance.random() < 0.3,
        )

    def figures(self) -> list[tuple]:
        """What the claims came to, in their order. Fails where one has no settlement, or two."""
        rows = Settlement.objects.filter(claim__in=self.claims).order_by("claim__seq")
        assert [row.claim_id for row in rows] == self.claims
        names = (*AMOUNTS, "place", "revision", "used", "deltas")
        return [tuple(getattr(row, name) for name in names) for row in rows]

    def balances(self) -> list[int]:
        """The members' balances, each the sum of its entries."""
        found = []
        for member in self.members:
            balance = PersonalAccount.objects.get(pk=member.pk).balance
            entries = AccountEntry.objects.filter(account_id=member.pk)
            assert balance == sum(entries.values_list("amount", flat=True))
            found.append(balance)
        return found


@pytest.fixture
def clinic(yantai):
    return InstitutionFactory(level=1)


def test_forty_threads_of_one_member_meet_the_limit_to_the_fen(clinic, send):
    member, numbers = MemberFactory(), count(1)

    def one_claim():
        claim = send(clinic, member, "2023-03-01", 9_900 + next(numbers))
        while Claim.objects.get(pk=claim.pk).status == "queued":
            drain(claim.shard, clock=timezone.now, set_size=3)
        connection.close()

    threads = [Thread(target=one_claim) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled = Settlement.objects.filter(member_id=member.pk)
    assert sorted(settled.values_list("place", flat=True)) == list(range(1, 41))
    assert sum(settled.values_list("pooled_fund", flat=True)) == LIMIT
    assert sum(settled.values_list("deductible", flat=True)) == 50_000
    in_order = settled.order_by("claim__seq").values_list("place", flat=True)
    assert list(in_order) == list(range(1, 41))
    assert ledger_faults() == ""


@pytest.mark.slow
def test_killing_workers_loses_and_doubles_nothing(clinic):
    expected = People(clinic)
    work_until_empty()
    people = People(clinic)
    chance = random.Random(11)
    for _ in range(20):
        before, process = Settlement.objects.count(), worker()
        while Settlement.objects.count() == before and process.is_alive():
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL  # it was at work: one that had ended would prove nothing
    work_until_empty()
    assert people.figures() == expected.figures()
    assert people.balances() == expected.balances()
    assert Settlement.objects.count() == len(expected.claims) + len(people.claims)
    assert ledger_faults() == ""


def test_four_workers_settle_what_one_does(clinic):
    alone = People(clinic)
    work_until_empty()
    together = People(clinic)
    processes = [worker() for _ in range(4)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert together.figures() == alone.figures()
    assert together.balances() == alone.balances()


def test_a_family_account_in_another_shard_is_never_overdrawn(clinic, send):
    """Two members of different shards draw on the same relative's account at the same time."""
    parent, children = MemberFactory(balance=50_000), [MemberFactory() for _ in range(6)]
    assert len({shard_of(child.number) for child in children}) > 1
    for child in children:
        FamilyLink.objects.create(owner=parent, user=child, relation="child", consented_on="2022-01-01")
    for _ in range(10):
        for child in children:
            send(clinic, child, "2023-03-01", 2_000, use_account=True)
    processes = [worker() for _ in range(4)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    paid = sum(Settlement.objects.values_list("family_account", flat=True))
    assert paid == 50_000
    assert PersonalAccount.objects.get(pk=parent.pk).balance == 0
    assert sum(AccountEntry.objects.filter(cause="family").values_list("amount", flat=True)) == -50_000
