"""The store on PostgreSQL: advisory locks, COPY, UNNEST."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from django.db import IntegrityError, connection

from claims.models import Accumulator, Claim, ClaimKey, Settlement, ShardWork
from claims.store.copy_text import copy_text
from claims.store.rows import ClaimUpdate, Kept, Key, NewClaim, QueuedClaim, Sent, SettlementRow
from members.lookups import array_literal
from members.models import Institution

# The first key of the two that name an advisory lock: keeps these apart from anybody else's.
SHARD_LOCKS, BATCH_LOCKS = 0x5CA1, 0x5CA2

_CLAIM, _SETTLEMENT = Claim._meta.db_table, Settlement._meta.db_table
_KEY = ClaimKey._meta.db_table
_ACCUMULATOR, _INSTITUTION = Accumulator._meta.db_table, Institution._meta.db_table
_SHARD_WORK = ShardWork._meta.db_table
_SETTLEMENT_COLUMNS = ", ".join(f'"{name}"' for name in SettlementRow._fields)

# Places by the order of the list, rows by the order of the numbers: whoever waits for another's number holds
# none that comes after it, so two batches of the same numbers do not wait for each other.
KEEP = f"""
    INSERT INTO {_KEY} (id, institution_id, claim_number, claim_id, digest)
    SELECT o.id, %s, o.claim_number, o.claim_id, o.digest
    FROM (SELECT nextval((SELECT pg_get_serial_sequence('{_KEY}', 'id')::regclass)) AS id, u.*
          FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS u (claim_number, claim_id, digest)) o
    ORDER BY o.claim_number COLLATE "C"
    ON CONFLICT (institution_id, claim_number) DO NOTHING
    RETURNING claim_number, id
"""
_KEPT = f"""
    SELECT claim_number, claim_id, digest FROM {_KEY}
    WHERE institution_id = %s AND claim_number = ANY(%s)
"""
_FIRST_VALUES = {
    "status": "queued",
    "code": "",
    "detail": "",
    "city": "",
    "revision": 0,
    "reviewed": "f",
    "attempts": 0,
    "parked": "f",
}
_CLAIM_COLUMNS = ", ".join((*NewClaim._fields, *Sent._fields, *_FIRST_VALUES))
_OF_CLAIM = ", ".join(["%s"] * len((*NewClaim._fields[2:], *Sent._fields, *_FIRST_VALUES)))
ADD_NEW = f"""
    WITH key AS (
        INSERT INTO {_KEY} (institution_id, claim_number, claim_id, digest) VALUES (%s, %s, %s, %s)
        ON CONFLICT (institution_id, claim_number) DO NOTHING
        RETURNING claim_id, id
    )
    INSERT INTO {_CLAIM} ({_CLAIM_COLUMNS}) SELECT key.*, {_OF_CLAIM} FROM key
"""
COPY_CLAIMS = f"COPY {_CLAIM} ({_CLAIM_COLUMNS}) FROM STDIN"
# So that the text of a large file does not stand in memory once more.
_ROWS_AT_A_TIME = 200

# Institutions are joined to what was taken. Joined before, they are where PostgreSQL begins while it does not know
# yet how many claims there are: it reads all that each ever sent.
_TAKE = f"""
    SELECT c.id, c.seq, i.code, c.claim_number, c.member_number, c.content, c.received_on, c.reviewed,
           c.attempts, c.place, c.revision, c.pended_at
    FROM (SELECT * FROM {_CLAIM} WHERE shard = %s AND status = 'queued' AND NOT parked ORDER BY seq LIMIT %s) c
    JOIN {_INSTITUTION} i ON i.id = c.institution_id
    ORDER BY c.seq
"""
_NEXT_SET = "SELECT setval(s, COALESCE(pg_sequence_last_value(s), 0) + 1) FROM CAST(%s AS regclass) AS s"
_COUNT_SET = f"""
    WITH next (set) AS ({_NEXT_SET})
    INSERT INTO {_SHARD_WORK} AS w (shard, ended) SELECT %s, set FROM next
    ON CONFLICT (shard) DO UPDATE SET ended = EXCLUDED.ended
    RETURNING ended, (SELECT before.ended FROM {_SHARD_WORK} before WHERE before.shard = w.shard)
"""
_ACCUMULATORS = f"SELECT member_id, key, value FROM {_ACCUMULATOR} WHERE member_id = ANY(%s)"
_OF_VISITS = " AND (key NOT LIKE '%%@%%' OR split_part(key, '@', 2) = ANY(%s))"
COPY = f"COPY {_SETTLEMENT} ({_SETTLEMENT_COLUMNS}) FROM STDIN"
RAISE = f"""
    INSERT INTO {_ACCUMULATOR} AS a (member_id, key, value)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
    ON CONFLICT (member_id, key) DO UPDATE SET value = a.value + EXCLUDED.value
"""
# Not by the statement above: the CHECK would refuse a negative row before it meets the one to be lowered.
_LOWER = f"""
    UPDATE {_ACCUMULATOR} a SET value = a.value + u.value
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS u (member_id, key, value)
    WHERE a.member_id = u.member_id AND a.key = u.key
"""
UPDATE = f"""
    UPDATE {_CLAIM} c
    SET status = u.status, code = u.code, detail = u.detail, city = u.city, member_id = u.member_id,
        place = u.place, revision = u.revision, merged_into = u.merged_into,
        pended_at = COALESCE(u.pended_at, c.pended_at)
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                %s::bigint[], %s::integer[], %s::uuid[], %s::timestamptz[])
        AS u (id, was, status, code, detail, city, member_id, place, revision, merged_into, pended_at)
    WHERE c.id = u.id AND c.status = u.was
"""


def shard_lock(shard: int, wait: bool) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.planned_cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [SHARD_LOCKS, shard])
        return wait or cursor.fetchone()[0]


def count_set(shard: int) -> tuple[int, int | None]:
    # A sequence keeps what it was told though the transaction rolls back. Not by nextval, which writes ahead:
    # after a crash of the server it would tell of sets that never were. The row before is read as the statement
    # found it.
    with connection.planned_cursor() as cursor:
        cursor.execute(_COUNT_SET, [sets_of(shard), shard])
        return cursor.fetchone()


def sets_of(shard: int) -> str:
    """The sequence that counts a shard's sets."""
    return f"claims_sets_of_shard_{shard}"


def batch_lock(institution_id: int, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [BATCH_LOCKS, f"{institution_id}/{key}"]
        )


def keep_keys(institution_id: int, offered: Collection[Key]) -> Kept:
    numbers, ids, digests = zip(*offered, strict=True)
    keys = [array_literal(column) for column in (numbers, [id.hex for id in ids], digests)]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [institution_id, *keys])
        places = dict(cursor.fetchall())
        others = {}
        if len(places) < len(offered):
            there = [number for number in numbers if number not in places]
            cursor.execute(_KEPT, [institution_id, array_literal(there)])
            others = {key[0]: Key(*key) for key in cursor.fetchall()}
    return Kept(places, others)


def add_new(offered: Key, row: NewClaim, sent: Sent) -> bool:
    with connection.planned_cursor() as cursor:
        cursor.execute(ADD_NEW, [sent.institution_id, *offered, *row[2:], *sent, *_FIRST_VALUES.values()])
        return bool(cursor.rowcount)


def add_claims(rows: Sequence[NewClaim], sent: Sent) -> None:
    ending = (*sent, *_FIRST_VALUES.values())
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY_CLAIMS) as copy:
        for at in range(0, len(rows), _ROWS_AT_A_TIME):
            copy.write(copy_text(rows[at : at + _ROWS_AT_A_TIME], ending=ending))


def take(shard: int, limit: int) -> list[QueuedClaim]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [shard, limit])
        return [QueuedClaim(*row) for row in cursor.fetchall()]


def accumulators(ids: list[int], visits: list[str] | None, lock: bool) -> dict[int, dict[str, int]]:
    sql = _ACCUMULATORS if visits is None else _ACCUMULATORS + _OF_VISITS
    sql += " ORDER BY member_id, key" + (" FOR UPDATE" if lock else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, [array_literal(keys) for keys in (ids, visits) if keys is not None])
        rows = cursor.fetchall()
    return {
        member: {key: value for _, key, value in of_member}
        for member, of_member in groupby(rows, itemgetter(0))
    }


def write_settlements(rows: Sequence[SettlementRow]) -> None:
    # A COPY fails where it ends, outside of what the cursor itself translates to the errors of django.db.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for at in range(0, len(rows), _ROWS_AT_A_TIME):
            copy.write(copy_text(rows[at : at + _ROWS_AT_A_TIME]))


def add_accumulators(deltas: Mapping[tuple[int, str], int]) -> None:
    rows = sorted((member, key, amount) for (member, key), amount in deltas.items())
    raised = [row for row in rows if row[2] > 0]
    lowered = [row for row in rows if row[2] < 0]
    with connection.cursor() as cursor:
        if raised:
            cursor.execute(RAISE, columns(raised))
        if lowered:
            cursor.execute(_LOWER, columns(lowered))
            if cursor.rowcount != len(lowered):
                raise IntegrityError("accumulator_not_negative: one to be lowered is not there")


def update_claims(rows: Sequence[ClaimUpdate]) -> int:
    # Planned each time, since the better way, by key or by reading all, depends on how many claims there are by now.
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, columns(rows))
        return cursor.rowcount


def columns(rows: Sequence[tuple]) -> list[str]:
    """Rows turned into one array literal a column, as UNNEST takes them."""
    return [array_literal(column) for column in zip(*rows, strict=True)]
