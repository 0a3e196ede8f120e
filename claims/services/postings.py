"""Writing revisions with all that they move: accumulators, and the accounts of the member and the family.

For whoever changes settlements after the workers: reversal and re-adjudication. What is written here is under
the member's shard lock, with accumulators and accounts locked in this order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from django.utils import timezone

from claims import store
from claims.engine.result import AMOUNTS
from claims.models import Settlement
from claims.store.rows import SettlementRow, encode
from members.models import AccountEntry
from members.services.accounts import post_entries
from policies.models import User

_REPEATED = [name for name in SettlementRow._fields if name not in AMOUNTS]


def deltas_of(settlement: Settlement | SettlementRow) -> dict[str, int]:
    """What a revision adds to its member's accumulators."""
    return msgspec.json.decode(settlement.deltas)


def spent_of(settlement: Settlement | SettlementRow) -> dict[int, int]:
    """What a revision takes from accounts: {owner: fen}."""
    return dict(msgspec.json.decode(settlement.spent))


def negation(
    settlement: Settlement, *, cause: str, at: datetime, reason: str = "", run_id: int | None = None
) -> SettlementRow:
    """The revision that reverses a settlement exactly: all that it gave and moved, negated."""
    row = SettlementRow(
        **{name: getattr(settlement, name) for name in _REPEATED},
        **{name: -getattr(settlement, name) for name in AMOUNTS},
    )
    return row._replace(
        revision=settlement.revision + 1,
        previous=settlement.revision,
        kind=Settlement.Kind.REVERSED,
        cause=cause,
        deltas=encode({key: -amount for key, amount in deltas_of(settlement).items()}),
        spent=encode([(owner, -amount) for owner, amount in spent_of(settlement).items()]),
        run_id=run_id,
        reversal_reason=reason,
        settled_at=at,
    )


def write(
    rows: Sequence[SettlementRow], *, balances: Mapping[int, int], at: datetime, actor: User | None
) -> None:
    """Append the rows and post what they move. `balances`: the locked accounts of all that they name."""
    moved = defaultdict(int)
    for row in rows:
        for key, amount in deltas_of(row).items():
            moved[row.member_id, key] += amount
    store.write_settlements(rows)
    store.add_accumulators(moved)
    entries = [entry for row in rows for entry in _entries(row, at, actor)]
    if entries:
        post_entries(entries, balances)


def _entries(row: SettlementRow, at: datetime, actor: User | None) -> Iterable[AccountEntry]:
    for owner, amount in spent_of(row).items():
        yield AccountEntry(
            account_id=owner,
            cause=_cause(row, owner),
            amount=-amount,
            on=timezone.localdate(at, timezone.get_default_timezone()),
            at=at,
            settlement_claim=row.claim_id,
            settlement_revision=row.revision,
            reason=row.reversal_reason,
            actor=actor,
        )


def _cause(row: SettlementRow, owner: int) -> str:
    if row.kind == Settlement.Kind.REVERSED:
        return AccountEntry.Cause.REVERSAL
    return AccountEntry.Cause.SETTLEMENT if owner == row.member_id else AccountEntry.Cause.FAMILY
