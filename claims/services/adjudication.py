"""Adjudicating the queue: a shard's claims in order of receipt, in sets, each set one transaction.

A set is read, settled in memory and written whole or not at all, so repeating, reordering or killing what
runs here changes no outcome. A claim that cannot be adjudicated for a fault of ours is tried alone, and
parked after three attempts for people to look at; it holds up its member's later claims until then, and
nobody else's.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from traceback import extract_tb

import structlog
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction
from django.utils import timezone

from claims import metrics, store
from claims.content import decode
from claims.engine.result import PENDED, SETTLED
from claims.facts import load_facts
from claims.models import Claim, ClaimEvent
from claims.selectors import has_queued
from claims.services import notices
from claims.sets import SEQUENCE, Facts, Incoming, Outcome, settle_set
from claims.store.rows import ClaimUpdate, QueuedClaim, encode, settled_row
from members.models import AccountEntry
from members.services.accounts import post_entries

log = structlog.get_logger(__name__)

# A set's locks are held for some tenths of a second; larger sets gain little.
SET_SIZE = 1500
MAX_ATTEMPTS = 3
_ROOT = Path(__file__).resolve().parents[2]


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
    done = 0
    while has_queued(shard):
        if ending() or (ends is not None and time.monotonic() >= ends):
            return Drained(State.MORE, done)
        try:
            count = _adjudicate_set(shard, clock(), set_size)
        except store.ClaimMoved:
            continue  # an institution took a claim back meanwhile: read the set again
        except Exception as error:
            if not _is_ours(error):
                raise
            log.error("set failed", shard=shard, **_trace(error))
            count, failed = _adjudicate_singly(shard, clock, set_size)
            if failed:
                return Drained(State.FAILED, done + count)
        if count is None:
            return Drained(State.BUSY, done)
        done += count
    return Drained(State.DONE, done)


def _is_ours(error: Exception) -> bool:
    """Whether trying the same again would fail the same, so that a claim is to blame and not the surroundings."""
    if isinstance(error, (IntegrityError, DataError)):
        return True
    return not isinstance(error, (DatabaseError, InterfaceError))


def _adjudicate_set(shard: int, at: datetime, limit: int) -> int | None:
    """The next set of the shard: how many claims it held; None where another worker holds the shard."""
    started = time.perf_counter()
    with transaction.atomic(durable=True):
        if not store.shard_lock(shard, wait=False):
            return None
        taken = store.take(shard, limit)
        if taken:
            _adjudicate(taken, at)
    if taken:
        seconds = time.perf_counter() - started
        metrics.count_set(len(taken), seconds)
        log.info(
            "set adjudicated", shard=shard, claims=len(taken), ms=round(seconds * 1000, 1), **_span(taken)
        )
    return len(taken)


def _span(taken: Sequence[QueuedClaim]) -> dict:
    """Which claims a set held: by the ids of its first and last, which are in order of receipt."""
    return {"first": str(taken[0].id), "last": str(taken[-1].id)}


def _adjudicate_singly(shard: int, clock: Callable[[], datetime], limit: int) -> tuple[int | None, int]:
    """The set once more, each claim in a transaction of its own: (claims done, claims failed).

    The later claims of a member whose claim failed wait for the next time, since order of receipt holds.
    """
    with transaction.atomic(durable=True):
        if not store.shard_lock(shard, wait=False):
            return None, 0
        taken = store.take(shard, limit)
    done, held = 0, set()
    for claim in taken:
        if claim.member_number in held:
            continue
        try:
            done += _adjudicate_one(shard, claim, clock())
        except store.ClaimMoved:
            continue
        except Exception as error:
            if not _is_ours(error):
                raise
            held.add(claim.member_number)
            _count_failure(shard, claim, error, clock())
    return done, len(held)


def _adjudicate_one(shard: int, claim: QueuedClaim, at: datetime) -> int:
    with transaction.atomic(durable=True):
        store.shard_lock(shard, wait=True)
        if not Claim.objects.filter(pk=claim.id, status=Claim.State.QUEUED).exists():
            return 0  # somebody else came first
        _adjudicate([claim], at)
    return 1


def _count_failure(shard: int, claim: QueuedClaim, error: Exception, at: datetime) -> None:
    attempts = claim.attempts + 1
    parked = attempts >= MAX_ATTEMPTS
    metrics.count_failure(type(error).__name__, parked)
    log.error("claim failed", claim=str(claim.id), attempt=attempts, parked=parked, **_trace(error))
    with transaction.atomic(durable=True):
        store.shard_lock(shard, wait=True)
        Claim.objects.filter(pk=claim.id, status=Claim.State.QUEUED).update(attempts=attempts, parked=parked)
        if parked:
            ClaimEvent.objects.create(
                claim_id=claim.id,
                kind=ClaimEvent.Kind.PARKED,
                actor_name="adjudicate",
                reason=_failure(error),
                at=at,
            )


def _failure(error: Exception) -> str:
    """What failed and where in our own code, for people to read: by kind and place alone, as in `_trace`."""
    ours = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_ROOT)]
    if not ours:
        return type(error).__name__
    place = Path(ours[-1].filename).relative_to(_ROOT).as_posix()
    return f"{type(error).__name__} {place}:{ours[-1].lineno}, {ours[-1].name}"[:300]


def _trace(error: Exception) -> dict:
    """Where it failed, without the error's text, which may quote personal data."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return {"error": type(error).__name__, "where": frames[-8:]}


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
