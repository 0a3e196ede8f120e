"""People and workers at the same claim at the same time: one goes first, the other sees what it left."""

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from claims import store
from claims.models import Claim, Settlement
from claims.services import adjudication, requeue
from claims.services.errors import ClaimStateError, NotSettled, NotWithdrawable
from claims.services.readjudication import readjudicate
from claims.services.reversal import reverse
from claims.services.withdrawal import withdraw
from tests.claims.ledger.reading import balance, ledger_faults, used
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Started(threading.Thread):
    """`call` in a thread of its own, with what it returned or the refusal that it met."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call, self.result = call, None
        self.start()

    def run(self):
        try:
            self.result = self.call()
        except ClaimStateError as error:
            self.result = error
        finally:
            connection.close()

    def ended(self):
        self.join(timeout=30)
        assert not self.is_alive()
        return self.result


@pytest.fixture
def clinic(db):
    return InstitutionFactory(level=1)


def test_a_withdrawal_waits_for_the_set_that_settles_the_claim(yantai, clinic, send, clock):
    claim, at = send(clinic, MemberFactory(), "2023-03-01", 60_000), clock()
    with transaction.atomic():
        store.shard_lock(claim.shard, wait=True)
        taken = store.take(claim.shard, 10)
        thread = Started(lambda: withdraw(claim_id=claim.pk, institution=clinic, actor=None, at=at))
        thread.join(timeout=0.5)
        assert thread.is_alive()
        adjudication._adjudicate(taken, at)
    assert isinstance(thread.ended(), NotWithdrawable)
    claim.refresh_from_db()
    assert (claim.status, claim.events.count()) == ("settled", 0)


def test_of_many_reversals_one_is_written(yantai, clinic, send, settle, clock):
    member = MemberFactory(balance=60_000)
    claim, at = settle(send(clinic, member, "2023-03-01", 60_000, use_account=True)), clock()

    def undo():
        return reverse(claim_id=claim.pk, institution=clinic, reason="x", actor=None, at=at)

    results = [thread.ended() for thread in [Started(undo) for _ in range(5)]]
    assert sum(isinstance(result, NotSettled) for result in results) == 4
    assert Settlement.objects.count() == 2
    assert (used(member), balance(member)) == ({}, 60_000)


def test_runs_reversals_and_a_worker_leave_a_sound_ledger(
    yantai, publish, clinic, send, settle, staff, clock
):
    member = MemberFactory(balance=200_000)
    settled = settle(*[send(clinic, member, f"2023-03-0{n}", 40_000, use_account=True) for n in range(1, 6)])
    publish(
        "370600-2023-01-01",
        lambda text: text.replace("deductible: 500.00, rate: 0.70", "deductible: 300.00, rate: 0.70"),
    )
    queued = [send(clinic, member, f"2023-04-0{n}", 40_000, use_account=True) for n in range(1, 4)]
    asked = {"reason": "x", "actor": staff, "at": clock()}

    def run():
        return readjudicate(member_id=member.pk, year=2023, since=date(2023, 1, 1), **asked)

    def undo(claim):
        return reverse(claim_id=claim.pk, institution=None, reason="x", actor=None, at=asked["at"])

    def drain():
        # Without `wait` a worker gives way to whoever holds the shard, and comes again.
        while adjudication.drain(queued[0].shard, clock=clock).state == adjudication.State.BUSY:
            pass

    calls = [run, lambda: undo(settled[0]), drain, run, lambda: undo(settled[3])]
    for thread in [Started(call) for call in calls]:
        thread.ended()
    assert set(Claim.objects.filter(pk__in=[c.pk for c in queued]).values_list("status", flat=True)) == {
        "settled"
    }
    assert Claim.objects.filter(status="reversed").count() == 2
    assert balance(member) == 200_000 - sum(Settlement.objects.values_list("account", flat=True))
    assert ledger_faults() == ""
    # Whatever came first: replayed once more, all stands as if the two had never been.
    readjudicate(member_id=member.pk, year=2023, since=date(2023, 1, 1), **asked | {"at": clock()})
    # Six of 400: deductible 300, 70 % of the other 2 100.
    assert used(member) == {"deductible/ordinary/2023": 30_000, "fund/ordinary/2023": 147_000}
    assert ledger_faults() == ""


def test_publishing_queues_again_with_the_commit_or_not_at_all(publish, clinic, send, settle):
    claim = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))

    @transaction.atomic
    def publish_in_vain():
        publish("370600-2023-01-01")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_in_vain()
    claim.refresh_from_db()
    assert claim.status == "pended"
    publish("370600-2023-01-01")
    claim.refresh_from_db()
    assert claim.status == "queued"


@pytest.mark.postgres
def test_a_claim_that_somebody_holds_is_left_to_the_next_sweep(publish, clinic, send, settle, clock):
    held = settle(send(clinic, MemberFactory(), "2023-03-01", 60_000))
    with transaction.atomic():
        Claim.objects.select_for_update().get(pk=held.pk)
        waiting = Claim.objects.filter(pk=held.pk)
        assert Started(lambda: requeue._queue_all(waiting, "x", clock())).ended() == 0
    assert requeue._queue_all(waiting, "x", clock()) == 1
