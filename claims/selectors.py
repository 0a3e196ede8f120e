"""Reading the queue. Every statement here is served by the partial index of queued claims."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from claims.models import Claim

_WAITS = "status = 'queued' AND NOT parked"
# From shard to shard by the index's own order: as many steps as shards have work, however much that is.
_SHARDS = f"""
    WITH RECURSIVE waiting (shard) AS (
        SELECT min(shard) FROM {Claim._meta.db_table} WHERE {_WAITS}
        UNION ALL
        SELECT (SELECT min(c.shard) FROM {Claim._meta.db_table} c WHERE {_WAITS} AND c.shard > waiting.shard)
        FROM waiting WHERE waiting.shard IS NOT NULL
    )
"""
# Not by EXISTS, for which PostgreSQL reads all that a shard has waiting before it looks at the first.
_ANY = f"""
    SELECT (SELECT seq FROM {Claim._meta.db_table} WHERE {_WAITS} AND shard = %s ORDER BY seq LIMIT 1) IS NOT NULL
"""
_FIRST = f"""
    SELECT min((SELECT c.received_at FROM {Claim._meta.db_table} c
                WHERE {_WAITS} AND c.shard = waiting.shard ORDER BY c.seq LIMIT 1))
    FROM waiting WHERE shard IS NOT NULL
"""


def waiting_shards() -> list[int]:
    """The shards that have queued claims, in order."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SHARDS} SELECT shard FROM waiting WHERE shard IS NOT NULL")
        return [shard for (shard,) in cursor.fetchall()]


def has_queued(shard: int) -> bool:
    """Whether the shard has a queued claim."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY, [shard])
        return bool(cursor.fetchone()[0])


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL reads no table whole, which it does while it believes, by what it last saw, that most are queued."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


# Counting further would say no more, and take long.
MOST_COUNTED = 1_000_000


def queue_state() -> dict:
    """How many claims are queued (MOST_COUNTED: as many or more), the age in seconds of the one that has waited
    longest (None: none), and how many are parked: these wait for people, not for workers.
    """
    claims = Claim.objects.filter(status=Claim.State.QUEUED)
    with _by_index():
        queued = claims.filter(parked=False).values("shard")[:MOST_COUNTED].count()
    with connection.cursor() as cursor:
        cursor.execute(_SHARDS + _FIRST)
        (oldest,) = cursor.fetchone()
    if isinstance(oldest, str):  # SQLite keeps no type in an expression
        oldest = parse_datetime(oldest).replace(tzinfo=UTC)
    age = None if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())
    parked = claims.filter(parked=True).count()
    return {"queued": queued, "oldest_queued_age_seconds": age, "parked": parked}
