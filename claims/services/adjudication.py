"""Adjudicating the queue: a shard's claims in order of receipt, in sets, each set one transaction.

A set is read, settled in memory and written whole or not at all, so repeating, reordering or killing what
runs here changes no outcome. A claim that cannot be adjudicated for a fault of ours, or that takes its worker
with it, is tried alone, and parked after three attempts for people to look at; it holds up its member's later
claims until then, and nobody else's.
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction
from django.utils import timezone

from claims import metrics, store
from claims.content import decode
from claims.engine.result import PENDED, SETTLED
from claims.facts import load_facts
from claims.models import Claim
from claims.selectors import has_queued
from claims.services import attempts, notices
from claims.sets import SEQUENCE, Facts, Incoming, Outcome, settle_set
from claims.store.rows import ClaimUpdate, QueuedClaim, encode, settled_row
from members.models import AccountEntry
from members.services.accounts import post_entries

log = structlog.get_logger(__name__)

# A set's locks are held for some tenths of a second; larger sets gain little.
SET_SIZE = 1500
# A set whose worker died is tried whole once more: workers are killed for reasons of their own. After the second
# death in a row each of its claims is tried alone.
DEATHS = 2


class State(StrEnum):
    """Why a drain ended: nothing left, another worker holds the shard, its time was up, a claim failed."""

    DONE = "done"
    BUSY = "busy"
    MORE = "more"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Drained:
    state: State
    claims: int


@dataclass(frozen=True, slots=True)
class _Set:
    """What became of a set: how many of its claims are done, and which are to be tried alone."""

    done: int = 0
    alone: Sequence[QueuedClaim] = ()


def drain(
    shard: int,
    *,
    clock: Callable[[], datetime],
    set_size: int = SET_SIZE,
    seconds: float | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> Drained:
    """Adjudicate the shard's queued claims, set by set, until none is left or `seconds` have passed.

    Also where the worker is `ending`: the set in hand is finished, and no other begun.
    `clock` gives each set its time of adjudication. Faults of the database (it is away, a deadlock) are
    raised: nothing is lost by trying again later.
    """
    ends = None if seconds is None else time.monotonic() + seconds

    def is_over() -> bool:
        return ending() or (ends is not None and time.monotonic() >= ends)

    done = 0
    while has_queued(shard):
        if is_over():
            return Drained(State.MORE, done)
        try:
            found = _next_set(shard, clock(), set_size)
        except store.ClaimMoved:
            continue  # an institution took a claim back meanwhile: read the set again
        if found is None:
            return Drained(State.BUSY, done)
        count, failed = _adjudicate_alone(shard, found.alone, clock, is_over)
        done += found.done + count
        if failed:
            return Drained(State.FAILED, done)
    return Drained(State.DONE, done)


def _is_ours(error: Exception) -> bool:
    """Whether trying the same again would fail the same, so that a claim is to blame and not the surroundings."""
    if isinstance(error, (IntegrityError, DataError)):
        return True
    # Out of time is out of time for all that would follow in this task, too.
    return not isinstance(error, (DatabaseError, InterfaceError, SoftTimeLimitExceeded))


def _next_set(shard: int, at: datetime, limit: int) -> _Set | None:
    """Adjudicate the next set; one that fails is left to be tried claim by claim. None: another worker's shard."""
    try:
        return _adjudicate_set(shard, at, limit)
    except Exception as error:
        if isinstance(error, store.ClaimMoved) or not _is_ours(error):
            raise
        log.error("set failed", shard=shard, **attempts.trace_of(error))
    # Not while the error is at hand: it keeps all that the set had in memory, which may be what was wrong.
    with transaction.atomic(durable=True):
        return _Set(alone=store.take(shard, limit)) if store.shard_lock(shard, wait=False) else None


def _adjudicate_set(shard: int, at: datetime, limit: int) -> _Set | None:
    """The claims of members of whom none failed before, as one; those of the others are to be tried alone."""
    started = time.perf_counter()
    with transaction.atomic(durable=True):
        if not store.shard_lock(shard, wait=False):
            return None
        died = store.begin_set(shard)
        if died is None:
            return _Set()
        taken = store.take(shard, limit)
        if died >= DEATHS:
            log.error("workers died in a set", shard=shard, deaths=died, claims=len(taken))
            return _Set(alone=taken)
        suspects = {claim.member_number for claim in taken if claim.attempts}
        together = [claim for claim in taken if claim.member_number not in suspects]
        if together:
            with _no_collecting():
                _adjudicate(together, at)
    if together:
        _tell(shard, together, time.perf_counter() - started)
    return _Set(len(together), [claim for claim in taken if claim.member_number in suspects])


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Without the garbage collector: a set's many objects make no cycles, and looking through them costs time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _tell(shard: int, claims: Sequence[QueuedClaim], seconds: float) -> None:
    """Which claims a set held is said by the ids of its first and last, which are in order of receipt."""
    metrics.count_set(len(claims), seconds)
    span = {"first": str(claims[0].id), "last": str(claims[-1].id)}
    log.info("set adjudicated", shard=shard, claims=len(claims), ms=round(seconds * 1000, 1), **span)


def _adjudicate_alone(
    shard: int,
    claims: Sequence[QueuedClaim],
    clock: Callable[[], datetime],
    is_over: Callable[[], bool],
) -> tuple[int, int]:
    """Each claim in a transaction of its own, until the time is up: (claims done, claims failed).

    Members of whom a claim failed before come last. The later claims of a member whose claim failed wait for
    the next time, since order of receipt holds.
    """
    done, held = 0, set()
    suspects = {claim.member_number for claim in claims if claim.attempts}
    for claim in sorted(claims, key=lambda claim: claim.member_number in suspects):
        if is_over():
            break
        if claim.member_number in held:
            continue
        attempt = attempts.begin(shard, claim, clock())
        if attempt is None:
            continue
        trace = _adjudicate_one(shard, claim, attempt, clock())
        if trace is None:
            done += 1
        else:
            held.add(claim.member_number)
            attempts.failed(shard, claim, attempt, trace, clock())
    return done, len(held)


def _adjudicate_one(shard: int, claim: QueuedClaim, attempt: int, at: datetime) -> dict | None:
    """None where all went well, or somebody else came first; else where it failed."""
    try:
        with transaction.atomic(durable=True):
            store.shard_lock(shard, wait=True)
            if Claim.objects.filter(pk=claim.id, status=Claim.State.QUEUED).exists():
                _adjudicate([claim], at)
                attempts.succeeded(claim, attempt)
    except store.ClaimMoved:
        return None
    except Exception as error:
        if not _is_ours(error):
            raise
        return attempts.trace_of(error)
    return None


def _adjudicate(taken: Sequence[QueuedClaim], at: datetime) -> None:
    """Read, settle, write, under the shard's lock."""
    claims = [_incoming(claim) for claim in taken]
    facts = load_facts(claims, on=timezone.localdate(at, timezone.get_default_timezone()), lock=True)
    balances = dict(facts.balances)
    outcomes = settle_set(facts, claims)
    metrics.count_outcomes([outcome.result for outcome in outcomes])
    settled = [outcome for outcome in outcomes if outcome.result.outcome == SETTLED]
    _write_settlements(facts, settled, at)
    _book_accounts(settled, balances, at)
    store.update_claims(_updates(outcomes, at))
    _list_affected(taken, outcomes, at)


def _incoming(claim: QueuedClaim) -> Incoming:
    return Incoming(
        claim.id,
        claim.claim_number,
        claim.institution,
        decode(claim.content),
        claim.received_on,
        claim.reviewed,
        claim.place or 0,
        claim.revision,
    )


def _write_settlements(facts: Facts, settled: Sequence[Outcome], at: datetime) -> None:
    rows, moved = [], defaultdict(int)
    for outcome in settled:
        claim, member = outcome.claim, outcome.case.member.id
        rows.append(
            settled_row(
                outcome,
                institution_id=facts.institutions[claim.institution].id,
                revision=claim.revision + 1,
                place=outcome.place,
                settled_at=at,
            )
        )
        for key, amount in outcome.result.deltas.items():
            moved[member, key] += amount
        if not claim.place:
            moved[member, SEQUENCE] += 1
    store.write_settlements(rows)
    store.add_accumulators(moved)


def _book_accounts(settled: Sequence[Outcome], balances: dict[int, int], at: datetime) -> None:
    """What claims took from accounts: the patient's own, and those of family members."""
    entries = [
        AccountEntry(
            account_id=owner,
            cause=_cause(outcome, owner),
            amount=-amount,
            on=outcome.case.service_date,
            at=at,
            settlement_claim=outcome.claim.id,
            settlement_revision=outcome.claim.revision + 1,
        )
        for outcome in settled
        for owner, amount in outcome.result.spent
    ]
    if entries:
        post_entries(entries, balances)


def _cause(outcome: Outcome, owner: int) -> str:
    own = owner == outcome.case.member.id
    return AccountEntry.Cause.SETTLEMENT if own else AccountEntry.Cause.FAMILY


def _updates(outcomes: Sequence[Outcome], at: datetime) -> list[ClaimUpdate]:
    """What becomes of each claim of the set, and of the emergency claims that they took up."""
    updates = {}
    for outcome in outcomes:
        updates[outcome.claim.id] = _update(outcome, at)
        for other in outcome.merged:
            # One of this very set was queued until now; an earlier one was pended.
            before = updates.get(other.id)
            updates[other.id] = ClaimUpdate(
                id=other.id,
                was=Claim.State.QUEUED if before else Claim.State.PENDED,
                status=Claim.State.MERGED,
                code="",
                detail="",
                city=outcome.case.member.city,
                member_id=outcome.case.member.id,
                place=other.place or None,
                revision=other.revision,
                merged_into=outcome.claim.id,
            )
    return list(updates.values())


def _update(outcome: Outcome, at: datetime) -> ClaimUpdate:
    claim, result, member = outcome.claim, outcome.result, outcome.case.member
    is_settled = result.outcome == SETTLED
    return ClaimUpdate(
        claim.id,
        "queued",
        result.outcome,
        result.code or "",
        encode(result.detail) if result.detail else "",
        member.city if member is not None else "",
        member.id if member is not None else None,
        (outcome.place if is_settled else claim.place) or None,
        claim.revision + is_settled,
        pended_at=at if result.outcome == PENDED else None,
    )


def _list_affected(taken: Sequence[QueuedClaim], outcomes: Sequence[Outcome], at: datetime) -> None:
    """What this set could change of settlements before it: claims settled late, and stays that became known."""
    late, stays = [], []
    for queued, outcome in zip(taken, outcomes, strict=True):
        state, content, member = outcome.result.outcome, outcome.claim.content, outcome.case.member
        if queued.pended_at is not None and state == SETTLED:
            late.append(
                notices.Received(member.id, queued.seq, queued.claim_number, outcome.case.service_date)
            )
        elif queued.pended_at is None and content.admitted_on is not None and state in (SETTLED, PENDED):
            stay = (content.admitted_on, content.discharged_on)
            stays.append(notices.Stay(member.id, queued.claim_number, *stay))
    notices.late_settlements(late, at=at)
    notices.stays_changed(stays, at=at)
