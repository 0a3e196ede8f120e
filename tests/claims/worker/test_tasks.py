"""Messages only say that there may be work: lost, repeated or late, they change nothing."""

from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from claims import store, tasks
from claims.models import Claim
from claims.services.adjudication import Drained, State
from tests.factories import InstitutionFactory, MemberFactory


@pytest.fixture
def sent(monkeypatch):
    """The hints that are sent instead of reaching a broker: (arguments, countdown)."""
    messages = []

    def apply_async(args=(), countdown=None, **_options):
        messages.append((tuple(args), countdown))

    monkeypatch.setattr(tasks.drain, "apply_async", apply_async)
    return messages


@pytest.fixture
def claim(yantai, send):
    return send(InstitutionFactory(level=1), MemberFactory(), "2023-03-01", 60_000)


def test_drain_settles_the_shard_and_says_no_more(claim, sent):
    tasks.drain([claim.shard])
    claim.refresh_from_db()
    assert (claim.status, sent) == ("settled", [])


def test_drain_of_an_idle_shard_does_nothing(db, sent):
    tasks.drain([3])
    assert sent == []


def test_drain_that_ran_out_of_time_goes_to_the_end_of_the_line(claim, sent, monkeypatch):
    monkeypatch.setattr(tasks, "DRAIN_SECONDS", 0)
    tasks.drain([claim.shard])
    assert sent == [(([claim.shard],), None)]


def test_drain_of_a_shard_that_failed_leaves_it_to_the_sweep(claim, sent, monkeypatch):
    failed = Drained(State.FAILED, 0)
    monkeypatch.setattr(tasks.adjudication, "drain", lambda *args, **how: failed)
    tasks.drain([claim.shard])
    assert sent == []


def test_one_message_drains_all_its_shards(yantai, send, sent):
    clinic = InstitutionFactory(level=1)
    claims = [send(clinic, MemberFactory(), "2023-03-01", 60_000) for _ in range(5)]
    tasks.drain(sorted({claim.shard for claim in claims}))
    assert (set(Claim.objects.values_list("status", flat=True)), sent) == ({"settled"}, [])


def test_sweep_finds_every_shard_with_work(claim, sent):
    tasks.sweep()
    assert sent == [(([claim.shard],), None)]


def test_a_claim_whose_message_was_lost_is_settled_by_the_sweep(claim, sent):
    tasks.sweep()
    for arguments, _ in sent:
        tasks.drain(*arguments)
    claim.refresh_from_db()
    assert claim.status == "settled"


def test_the_command_adjudicates_everything_here_and_now(yantai, send, capsys):
    clinic = InstitutionFactory(level=1)
    for _ in range(4):
        send(clinic, MemberFactory(), "2023-03-01", 60_000)
    call_command("adjudicate")
    assert "4 claims" in capsys.readouterr().out
    assert set(Claim.objects.values_list("status", flat=True)) == {"settled"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAShardThatAnotherWorkerHolds:
    @pytest.fixture
    def held(self, claim):
        """The claim's shard, held by another connection."""
        locked, release = Event(), Event()

        def hold():
            with transaction.atomic():
                store.shard_lock(claim.shard, wait=True)
                locked.set()
                release.wait(10)
            connection.close()

        thread = Thread(target=hold)
        thread.start()
        locked.wait(10)
        yield claim.shard
        release.set()
        thread.join()

    def test_is_tried_again_a_little_later_once(self, held, claim, sent):
        tasks.drain([held])
        assert sent == [(([held], True), 1)]
        tasks.drain([held], True)
        assert len(sent) == 1
        claim.refresh_from_db()
        assert claim.status == "queued"
