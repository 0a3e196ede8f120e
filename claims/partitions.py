"""Claims and settlements in parts by the time of receipt, on PostgreSQL (docs/decisions/0006-partitions.md).

A claim's id is a UUIDv7, so a range of ids is a range of time: one part for the claims received in a year, one
for their settlements, whatever their service dates. What falls into no part goes to the default one (`_other`).
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from claims.ids import first_uuid7
from claims.triggers import CLAIM, SETTLEMENT
from policies.partitions import RANGE, CutIntoParts, Part, Parted, parts_of

# How many years after the current one are made, so that an operator has at least that time to notice.
AHEAD = 2
OTHER = "other"
# Whatever an id claims to be older than this has no time in it.
_FIRST_YEAR = 2020

CLAIMS = Parted(CLAIM, RANGE, "id", primary=("id",))
SETTLEMENTS = Parted(
    SETTLEMENT,
    RANGE,
    "claim_id",
    # By its own key as before, with the column by which it is cut, as PostgreSQL demands.
    primary=("id", "claim_id"),
    within=(("settlement_place_once", ("member_id", "place", "revision")),),
)
PARTED = (CLAIMS, SETTLEMENTS)


def years(first: int, at: datetime, ahead: int = AHEAD) -> range:
    """The years from `first` to the one `ahead` years after that of `at`."""
    return range(first, _year_of(at) + ahead + 1)


def part(parted: Parted, year: int) -> Part:
    low, high = _bounds(year)
    return Part(f"{parted.table}_{year}", f"FOR VALUES FROM ('{low}') TO ('{high}')")


def _bounds(year: int) -> tuple[UUID, UUID]:
    """The first keys of a year and of the next, which begin at midnight in China."""
    zone = timezone.get_default_timezone()
    first, following = (datetime(number, 1, 1, tzinfo=zone) for number in (year, year + 1))
    return first_uuid7(first), first_uuid7(following)


def _year_of(at: datetime) -> int:
    return timezone.localdate(at, timezone.get_default_timezone()).year


def missing_parts(using: str, *, at: datetime, ahead: int = AHEAD) -> list[tuple[Parted, int]]:
    """What there should be from the current year on and is not; nothing where tables are not kept in parts."""
    found = []
    for parted in PARTED:
        there = parts_of(connections[using], parted.table)
        if there is not None:
            wanted = years(_year_of(at), at, ahead)
            found += [(parted, year) for year in wanted if part(parted, year).name not in there]
    return found


def make_parts(using: str, *, at: datetime, ahead: int = AHEAD) -> Iterator[tuple[str, bool]]:
    """Makes what is missing, for whoever owns the tables: each part's name, and whether it could be made.

    It cannot where rows of its year lie in the default part already; they stay there, found like all others.
    """
    connection = connections[using]
    for parted, year in missing_parts(using, at=at, ahead=ahead):
        wanted, (low, high) = part(parted, year), _bounds(year)
        with transaction.atomic(using=using), connection.cursor() as cursor:
            # Held before the default part is looked at, so that nothing of the year arrives meanwhile.
            cursor.execute(f'LOCK TABLE "{parted.table}" IN ACCESS EXCLUSIVE MODE')
            cursor.execute(
                f'SELECT EXISTS (SELECT 1 FROM "{parted.table}_{OTHER}" '
                f'WHERE "{parted.column}" >= %s AND "{parted.column}" < %s)',
                [low, high],
            )
            (taken,) = cursor.fetchone()
            if not taken:
                for statement in parted.create_sql(wanted):
                    cursor.execute(statement)
        yield wanted.name, not taken


def after_migrate(using: str, **_kwargs) -> None:
    """Django's hook after `migrate` (and `flush`), which the owner runs: years ahead are made with it."""
    for _made in make_parts(using, at=timezone.now()):
        pass


class CutByReceipt(CutIntoParts):
    """Cuts claims or settlements into years, from that of the first row to those ahead, and the default."""

    def parts(self, cursor):
        now = timezone.now()
        cursor.execute(f'SELECT "{self.parted.column}" FROM "{self.parted.table}_whole" ORDER BY 1 LIMIT 1')
        row = cursor.fetchone()
        first = now if row is None else min(now, _moment(row[0]))
        for year in years(max(_year_of(first), _FIRST_YEAR), now):
            yield part(self.parted, year)
        yield Part(f"{self.parted.table}_{OTHER}", "DEFAULT")


def _moment(key: UUID) -> datetime:
    """The moment that a UUIDv7 tells, or the earliest possible for a key that is none."""
    seconds = min(key.int >> 80, 2**41) / 1000
    return datetime.fromtimestamp(seconds, timezone.get_default_timezone())
