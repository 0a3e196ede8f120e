"""Celery tasks: they notice work. The database holds it, so losing, repeating or reordering them changes nothing."""

import mmap
import resource
import signal
from collections.abc import Sequence

from celery import shared_task
from celery.signals import worker_process_init, worker_shutting_down
from django.conf import settings
from django.utils import timezone

from claims.hints import Herald
from claims.memory import settle_memory
from claims.selectors import waiting_shards
from claims.services import adjudication, requeue
from claims.services.adjudication import State
from claims.services.wake import on_work

# Well under the broker's visibility timeout, and short enough for shards to take turns.
DRAIN_SECONDS = min(20, settings.DRAIN_TIME_LIMIT / 2)
# A claim that goes on for ever ends with its task: softly, and with its worker where it is deaf to that.
_SOFT, _HARD = settings.DRAIN_TIME_LIMIT, settings.DRAIN_TIME_LIMIT * 1.25
# Each process tells of new claims so often at most, while nobody waits for them.
HINT_PAUSE = 0.25
# A hint that nobody took by then is worth nothing: the sweep has sent another.
EXPIRES = 60

# Shared by a worker's processes, which are forked from the one that imports this and is told to end.
_ending = mmap.mmap(-1, 1)


@shared_task(soft_time_limit=_SOFT, time_limit=_HARD)
def drain(shards: Sequence[int], again: bool = False):
    """Adjudicate the shards' queued claims, one shard after another, each for a while."""
    seconds = DRAIN_SECONDS / len(shards)
    left = {State.MORE: [], State.BUSY: []}
    for shard in shards:
        state = adjudication.drain(shard, clock=timezone.now, seconds=seconds, ending=is_ending).state
        left.get(state, []).append(shard)
    if left[State.MORE]:
        hint(left[State.MORE])
    if left[State.BUSY] and not again:
        # The worker that holds the shard may have looked for the last time just before this claim came.
        drain.apply_async((left[State.BUSY], True), countdown=1, expires=EXPIRES)


@shared_task
def sweep():
    """Find what no message told of: called every few seconds by the beat."""
    requeue.sweep(at=timezone.now())
    for shard in waiting_shards():
        hint([shard])


def hint(shards: Sequence[int]) -> None:
    """Say that shards have queued claims."""
    drain.apply_async((shards,), expires=EXPIRES)


on_work(Herald(hint, pause=HINT_PAUSE))


def is_ending() -> bool:
    """Whether this worker was told to end: it finishes the set in hand, and leaves the others to the rest."""
    return bool(_ending[0])


@worker_shutting_down.connect
def _end(*_args, **_kwargs):
    _ending[0] = 1


@worker_process_init.connect
def _finish_before_ending(**_kwargs):
    """Where SIGTERM goes to all processes at once (systemd), it would cut the set off: their parent ends them.

    One that is past its time limit is killed by a signal that nobody can ignore.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@worker_process_init.connect
def _settle_memory(**_kwargs):
    settle_memory()


@worker_process_init.connect
def _limit_memory(**_kwargs):
    """A claim that would eat the machine's memory fails instead, like one that raises any other error."""
    if settings.WORKER_MEMORY_MB:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (settings.WORKER_MEMORY_MB * 1024 * 1024, most))
