"""The store's twin on SQLite, where an IMMEDIATE transaction is the only writer: that is every lock."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from claims.models import Accumulator, Claim, ClaimKey, Settlement, ShardWork
from claims.store.rows import ClaimUpdate, Kept, Key, NewClaim, QueuedClaim, Sent, SettlementRow
from members.lookups import Among

_CLAIM, _ACCUMULATOR = Claim._meta.db_table, Accumulator._meta.db_table
_TAKEN = tuple("institution__code" if name == "institution" else name for name in QueuedClaim._fields)
_RAISE = f"""
    INSERT INTO {_ACCUMULATOR} (member_id, key, value) VALUES (%s, %s, %s)
    ON CONFLICT (member_id, key) DO UPDATE SET value = value + excluded.value
"""
_LOWER = f"UPDATE {_ACCUMULATOR} SET value = value + %s WHERE member_id = %s AND key = %s"
_UPDATE = f"""
    UPDATE {_CLAIM}
    SET status = %s, code = %s, detail = %s, city = %s, member_id = %s, place = %s, revision = %s,
        merged_into = %s, pended_at = COALESCE(%s, pended_at)
    WHERE id = %s AND status = %s
"""


def shard_lock(shard: int, wait: bool) -> bool:
    return True


def count_set(shard: int) -> tuple[int, int | None]:
    number = _next_set(shard)
    ended = ShardWork.objects.filter(shard=shard).values_list("ended", flat=True).first()
    ShardWork.objects.update_or_create(shard=shard, defaults={"ended": number})
    return number, ended


def _next_set(shard: int) -> int:
    # Beside the database, since it must outlive a transaction that is rolled back.
    path = Path(f"{connection.settings_dict['NAME']}-set-{shard}")
    number = int(path.read_text() or 0) + 1 if path.exists() else 1
    path.write_text(str(number))
    return number


def batch_lock(institution_id: int, key: str) -> None:
    pass


def keep_keys(institution_id: int, offered: Collection[Key]) -> Kept:
    rows = (ClaimKey(institution_id=institution_id, **key._asdict()) for key in offered)
    ClaimKey.objects.bulk_create(rows, ignore_conflicts=True)
    ids = {key.claim_number: key.claim_id for key in offered}
    found = ClaimKey.objects.filter(Among(F("claim_number"), list(ids)), institution=institution_id)
    kept = Kept({}, {})
    for place, *key in found.values_list("id", *Key._fields):
        key = Key(*key)
        if key.claim_id == ids[key.claim_number]:
            kept.places[key.claim_number] = place
        else:
            kept.others[key.claim_number] = key
    return kept


@transaction.atomic
def add_new(offered: Key, row: NewClaim, sent: Sent) -> bool:
    place = keep_keys(sent.institution_id, [offered]).places.get(offered.claim_number)
    if place is not None:
        add_claims([row._replace(seq=place)], sent)
    return place is not None


def add_claims(rows: Sequence[NewClaim], sent: Sent) -> None:
    Claim.objects.bulk_create([Claim(**row._asdict(), **sent._asdict()) for row in rows])


def take(shard: int, limit: int) -> list[QueuedClaim]:
    waiting = Claim.objects.filter(shard=shard, status=Claim.State.QUEUED, parked=False).order_by("seq")
    return [QueuedClaim(*row) for row in waiting.values_list(*_TAKEN)[:limit]]


def accumulators(ids: list[int], visits: list[str] | None, lock: bool) -> dict[int, dict[str, int]]:
    rows = Accumulator.objects.filter(Among(F("member_id"), ids)).order_by("member_id", "key")
    found: dict[int, dict[str, int]] = {}
    for member, key, value in rows.values_list("member_id", "key", "value"):
        _, at, visit = key.partition("@")
        if visits is None or not at or visit in visits:
            found.setdefault(member, {})[key] = value
    return found


def write_settlements(rows: Sequence[SettlementRow]) -> None:
    Settlement.objects.bulk_create([Settlement(**row._asdict()) for row in rows])


def add_accumulators(deltas: Mapping[tuple[int, str], int]) -> None:
    raised = [(*key, amount) for key, amount in deltas.items() if amount > 0]
    lowered = [(amount, *key) for key, amount in deltas.items() if amount < 0]
    with connection.cursor() as cursor:
        cursor.executemany(_RAISE, raised)
        cursor.executemany(_LOWER, lowered)
        if lowered and cursor.rowcount != len(lowered):
            raise IntegrityError("accumulator_not_negative: one to be lowered is not there")


def update_claims(rows: Sequence[ClaimUpdate]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE, [_parameters(row) for row in rows])
        return cursor.rowcount


def _parameters(row: ClaimUpdate) -> tuple:
    merged_into = row.merged_into.hex if row.merged_into else None
    pended_at = connection.ops.adapt_datetimefield_value(row.pended_at)
    return (*row[2:9], merged_into, pended_at, row.id.hex, row.was)
