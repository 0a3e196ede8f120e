"""Claims that take their worker with them, and workers that die for reasons of their own."""

import resource
from itertools import islice

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from claims import store, tasks
from claims.models import Claim, ClaimEvent, Settlement
from claims.services import adjudication
from claims.services.adjudication import State, drain
from tests.claims.worker.test_adjudication import numbers_of
from tests.factories import InstitutionFactory, MemberFactory


class Died(BaseException):
    """The end of a process: nothing catches it, and what was not committed is gone."""


@pytest.fixture
def clinic(yantai):
    return InstitutionFactory(level=1)


@pytest.fixture
def ends(monkeypatch):
    """ends(claim, error): adjudicating that claim raises it from now on."""
    load, broken = adjudication.load_facts, {}

    def load_facts(claims, **how):
        for claim in claims:
            if claim.id in broken:
                raise broken[claim.id]
        return load(claims, **how)

    monkeypatch.setattr(adjudication, "load_facts", load_facts)
    return lambda claim, error: broken.update({claim.pk: error})


@pytest.fixture
def three(clinic, send):
    """Two claims of a member and one of another, all of shard 5, received in this order."""
    member, other = (MemberFactory(number=number) for number in islice(numbers_of(shard=5), 2))
    return [send(clinic, person, "2023-03-01", 30_000) for person in (member, member, other)]


def states(claims) -> list[tuple[str, int, bool]]:
    return [Claim.objects.values_list("status", "attempts", "parked").get(pk=claim.pk) for claim in claims]


def dies(clock) -> None:
    with pytest.raises(Died):
        drain(5, clock=clock)


class TestAClaimThatTakesItsWorkerWithIt:
    def test_is_parked_after_three_attempts_at_it_alone(self, three, ends, clock):
        bad, *_ = three
        ends(bad, Died())
        for _ in range(2):
            dies(clock)  # with its set
            assert states(three) == [("queued", 0, False)] * 3
        dies(clock)
        assert states(three) == [("queued", 1, False), ("queued", 0, False), ("queued", 0, False)]
        dies(clock)
        assert states(three) == [("queued", 2, False), ("queued", 0, False), ("settled", 0, False)]
        dies(clock)
        assert drain(5, clock=clock).state == State.DONE
        assert states(three) == [("queued", 3, True), ("settled", 0, False), ("settled", 0, False)]
        event = ClaimEvent.objects.get()
        assert (event.claim, event.kind, event.reason) == (bad, "parked", "WorkerDied")

    def test_lets_new_claims_of_others_go_on_at_once(self, clinic, three, ends, send, clock):
        bad, *_ = three
        ends(bad, Died())
        for _ in range(3):
            dies(clock)
        number = next(n for n in islice(numbers_of(shard=5), 9) if n not in {c.member_number for c in three})
        new = send(clinic, MemberFactory(number=number), "2023-03-01", 30_000)
        dies(clock)
        assert states([new]) == [("settled", 0, False)]


def test_a_set_whose_worker_was_killed_once_is_tried_whole_again(three, ends, clock, monkeypatch):
    ends(three[0], Died())
    dies(clock)
    monkeypatch.undo()
    sizes, adjudicate = [], adjudication._adjudicate
    monkeypatch.setattr(
        adjudication, "_adjudicate", lambda claims, at: (sizes.append(len(claims)), adjudicate(claims, at))
    )
    assert drain(5, clock=clock).state == State.DONE
    assert (sizes, states(three)) == ([3], [("settled", 0, False)] * 3)


def test_running_out_of_time_is_counted_like_a_death(three, ends, clock):
    bad, *_ = three
    ends(bad, SoftTimeLimitExceeded())
    for _ in range(5):
        with pytest.raises(SoftTimeLimitExceeded):
            drain(5, clock=clock)
    assert drain(5, clock=clock).state == State.DONE
    assert [parked for _, _, parked in states(three)] == [True, False, False]
    assert Settlement.objects.count() == 2


def test_how_many_sets_never_ended(db):
    def set_of(shard, error=None):
        with transaction.atomic():
            died = store.begin_set(shard)
            if error is not None:
                raise error
        return died

    assert set_of(3) is None  # counting starts
    assert set_of(3) == 0
    for _ in range(2):
        with pytest.raises(Died):
            set_of(3, Died())
    assert [set_of(4), set_of(3), set_of(3)] == [None, 2, 0]


def test_a_worker_limits_its_memory(settings, monkeypatch):
    given = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: given.append((kind, limits[0])))
    settings.WORKER_MEMORY_MB = 300
    tasks._limit_memory()
    settings.WORKER_MEMORY_MB = 0
    tasks._limit_memory()
    assert given == [(resource.RLIMIT_DATA, 300 * 1024 * 1024)]
