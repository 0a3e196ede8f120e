"""Attempts at a claim that is tried alone: each is on record before it begins, so that one that takes its worker with
it is counted like one that raises; after three the claim is parked for people to look at.
"""

from datetime import datetime
from pathlib import Path
from traceback import extract_tb

import structlog
from django.db import transaction

from claims import metrics, store
from claims.models import Claim, ClaimEvent
from claims.services import hold
from claims.store.rows import QueuedClaim

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
_ROOT = Path(__file__).resolve().parents[2]
# The reason of a claim parked because no attempt at it came back.
WORKER_DIED = "WorkerDied"


def begin(shard: int, claim: QueuedClaim, at: datetime) -> int | None:
    """Count an attempt: its number. None where there is nothing to try: the claim moved on, or is parked now."""
    with transaction.atomic(durable=True):
        store.shard_lock(shard, wait=True)
        waiting = Claim.objects.filter(pk=claim.id, status=Claim.State.QUEUED, parked=False)
        before = waiting.values_list("attempts", flat=True).first()
        if before is None:
            return None
        if before >= MAX_ATTEMPTS:
            # The last attempt never came back to say so.
            _park(claim, WORKER_DIED, at)
            return None
        waiting.update(attempts=before + 1)
    return before + 1


def succeeded(claim: QueuedClaim, attempt: int) -> None:
    """In the transaction that settles it: this attempt was no failure."""
    Claim.objects.filter(pk=claim.id).update(attempts=attempt - 1)


def failed(shard: int, claim: QueuedClaim, attempt: int, trace: dict, at: datetime) -> None:
    """An attempt raised an error of which `trace` tells."""
    parked = attempt >= MAX_ATTEMPTS
    metrics.count_failure(trace["error"], parked)
    log.error("claim failed", claim=str(claim.id), attempt=attempt, parked=parked, **trace)
    if parked:
        with transaction.atomic(durable=True):
            store.shard_lock(shard, wait=True)
            _park(claim, f"{trace['error']} {trace['ours']}".strip(), at)


def _park(claim: QueuedClaim, reason: str, at: datetime) -> None:
    """Unless the institution took it back meanwhile."""
    if Claim.objects.filter(pk=claim.id, status=Claim.State.QUEUED).update(parked=True):
        log.error("claim parked", claim=str(claim.id), error=reason)
        hold.record(ClaimEvent.Kind.PARKED, [claim.id], reason=reason, at=at, actor_name="adjudicate")


def trace_of(error: Exception) -> dict:
    """Where it failed, and the last place in our own code, without the error's text, which may quote personal data."""
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    place = ""
    if ours:
        place = f"{Path(ours[-1].filename).relative_to(_ROOT).as_posix()}:{ours[-1].lineno}, {ours[-1].name}"
    where = [f"{frame.filename}:{frame.lineno}" for frame in frames[-8:]]
    return {"error": type(error).__name__, "ours": place, "where": where}
