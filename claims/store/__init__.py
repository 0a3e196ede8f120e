"""What workers and the ledger's services do in bulk: PostgreSQL's own means, and their SQLite twin.

All of these run inside a transaction that the caller opened. Whoever changes settlements, accumulators or
accounts of a member takes locks in one order, so that nobody waits in a circle: the member's shard
(`shard_lock`), the accumulators (`lock_accumulators`), the accounts (members' services), each in key order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection

from claims import metrics
from claims.store import postgres, sqlite
from claims.store.rows import ClaimUpdate, Kept, Key, NewClaim, QueuedClaim, Sent, SettlementRow

__all__ = [
    "ClaimMoved",
    "add_accumulators",
    "add_claims",
    "add_new",
    "batch_lock",
    "begin_set",
    "keep_keys",
    "lock_accumulators",
    "read_accumulators",
    "shard_lock",
    "take",
    "update_claims",
    "write_settlements",
]


class ClaimMoved(Exception):
    """A claim was no longer in the state in which it was read: somebody else's transaction came first."""


def _store():
    return postgres if connection.vendor == "postgresql" else sqlite


def shard_lock(shard: int, *, wait: bool) -> bool:
    """Hold the shard until the transaction ends. Without `wait`: False where another worker holds it."""
    return _store().shard_lock(shard, wait)


def batch_lock(institution_id: int, key: str) -> None:
    """Hold an institution's batch of this idempotency key until the transaction ends, waiting for it."""
    _store().batch_lock(institution_id, key)


def keep_keys(institution_id: int, offered: Collection[Key]) -> Kept:
    """Store those keys of an institution whose numbers are new.

    Places are given in the order of `offered`, whose numbers differ. Whoever offers a number at the same
    moment waits for this transaction, and finds this key.
    """
    return _store().keep_keys(institution_id, offered) if offered else Kept({}, {})


def add_new(offered: Key, row: NewClaim, sent: Sent) -> bool:
    """Store one claim and its key, where its number is new; else nothing, and False. `row` has no place yet.

    Where the database can, in one statement, which needs no transaction around it.
    """
    return _store().add_new(offered, row, sent)


def add_claims(rows: Sequence[NewClaim], sent: Sent) -> None:
    """Append claims, queued."""
    if rows:
        _store().add_claims(rows, sent)


def begin_set(shard: int) -> int | None:
    """Say that a set of the shard begins, inside its transaction and under the shard's lock.

    How many sets before it began and never ended, since the last that did: their workers died, or lost the
    database, or failed. That a set begins outlives its transaction; that it ended is part of it. None the first
    time: counting starts when the transaction commits.
    """
    number, ended = _store().count_set(shard)
    return None if ended is None else max(0, number - 1 - ended)


def take(shard: int, limit: int) -> list[QueuedClaim]:
    """The shard's queued claims in order of receipt, at most `limit`; parked ones are left out."""
    return _store().take(shard, limit)


def lock_accumulators(
    member_ids: Collection[int], *, visits: Iterable[str] | None = None
) -> dict[int, dict[str, int]]:
    """Lock the members' accumulators in key order, and read them: {member id: {key: value}}.

    A member without any is left out. Accumulators by institution and day are many and seldom needed:
    with `visits` only those of these visits ("institution code/day") are read and locked; without, all.
    """
    return _store().accumulators(sorted(member_ids), None if visits is None else sorted(visits), True)


def read_accumulators(
    member_ids: Collection[int], *, visits: Iterable[str] | None = None
) -> dict[int, dict[str, int]]:
    """The same without a lock, for whoever writes nothing."""
    return _store().accumulators(sorted(member_ids), None if visits is None else sorted(visits), False)


def write_settlements(rows: Sequence[SettlementRow]) -> None:
    """Append settlements. Raises IntegrityError where a revision is there already or does not follow."""
    if rows:
        _store().write_settlements(rows)
        metrics.count_funds(rows)


def add_accumulators(deltas: Mapping[tuple[int, str], int]) -> None:
    """Add to accumulators, by (member id, key); what is not there yet starts at 0.

    Raises IntegrityError where one would fall below 0.
    """
    moved = {key: amount for key, amount in deltas.items() if amount}
    if moved:
        _store().add_accumulators(moved)


def update_claims(rows: Sequence[ClaimUpdate]) -> None:
    """Write what became of claims. Raises ClaimMoved where one is not in the state `was` any more."""
    if rows and (found := _store().update_claims(rows)) != len(rows):
        raise ClaimMoved(f"{len(rows) - found} of {len(rows)} claims")
