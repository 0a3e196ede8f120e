"""Accumulators against the settlements: each is the sum of what all revisions add to it, each place given once."""

from dataclasses import dataclass

from django.db.models import Max, Min

from claims.models import Accumulator, Settlement
from claims.sets import SEQUENCE
from policies import replica

# Members a statement. One statement sees one moment, so workers may go on meanwhile.
CHUNK = 2000

_EACH = {
    "postgresql": "CROSS JOIN LATERAL jsonb_each_text(s.deltas::jsonb) d",
    "sqlite": "CROSS JOIN json_each(s.deltas) d",
}
_DIFFERENCES = """
    SELECT member_id, key, CAST(SUM(expected) AS bigint), CAST(SUM(stored) AS bigint)
    FROM (
        SELECT s.member_id, d.key AS key, CAST(d.value AS bigint) AS expected, 0 AS stored
        FROM {settlement} s {each} WHERE s.member_id BETWEEN %s AND %s
        UNION ALL
        SELECT s.member_id, '{sequence}', MAX(s.place), 0
        FROM {settlement} s WHERE s.member_id BETWEEN %s AND %s GROUP BY s.member_id
        UNION ALL
        SELECT a.member_id, a.key, 0, a.value FROM {accumulator} a WHERE a.member_id BETWEEN %s AND %s
    ) x
    GROUP BY member_id, key HAVING SUM(expected) <> SUM(stored) ORDER BY member_id, key
"""

# By an index that each part has; only one part by itself refuses these.
_DOUBLES = f"""
    SELECT member_id, place, COUNT(DISTINCT claim_id) FROM {Settlement._meta.db_table}
    WHERE member_id BETWEEN %s AND %s AND revision = 1
    GROUP BY member_id, place HAVING COUNT(*) > 1 ORDER BY member_id, place
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """An accumulator that is `stored`, while the settlements add up to `expected`."""

    member_id: int
    key: str
    expected: int
    stored: int

    def __str__(self):
        return f"member {self.member_id}, {self.key}: {self.stored}, the settlements give {self.expected}"


@dataclass(frozen=True, slots=True)
class Double:
    """A place in a member's sequence at which several claims were settled, so by workers side by side."""

    member_id: int
    place: int
    claims: int

    def __str__(self):
        return f"member {self.member_id}, place {self.place}: {self.claims} claims, one was to be there"


def doubles(first: int, last: int) -> list[Double]:
    """Places given twice, of the members with keys from `first` to `last`."""
    with replica.connection().cursor() as cursor:
        cursor.execute(_DOUBLES, [first, last])
        return [Double(*row) for row in cursor.fetchall()]


def differences(first: int, last: int) -> list[Difference]:
    """What differs for the members with keys from `first` to `last`."""
    sql = _DIFFERENCES.format(
        settlement=Settlement._meta.db_table,
        accumulator=Accumulator._meta.db_table,
        each=_EACH[replica.connection().vendor],
        sequence=SEQUENCE,
    )
    with replica.connection().cursor() as cursor:
        cursor.execute(sql, [first, last] * 3)
        return [Difference(*row) for row in cursor.fetchall()]


def ranges() -> list[tuple[int, int]]:
    """Ranges of member keys that hold all members with settlements or accumulators."""
    bounds = [
        model.objects.aggregate(Min("member_id"), Max("member_id")) for model in (Settlement, Accumulator)
    ]
    lows = [b["member_id__min"] for b in bounds if b["member_id__min"] is not None]
    highs = [b["member_id__max"] for b in bounds if b["member_id__max"] is not None]
    if not lows:
        return []
    last = max(highs)
    return [(low, min(low + CHUNK - 1, last)) for low in range(min(lows), last + 1, CHUNK)]
