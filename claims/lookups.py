"""Looking up in rows that were read for a set of claims, or for one."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from claims.sets import CatalogueEntry
from members.records import Period


def catalogue_of(
    rows: Iterable[tuple[str, str, date, CatalogueEntry]],
) -> Callable[[str, str, date], CatalogueEntry | None]:
    """Looks up an item by city, code and day in rows of (city, code, first day, entry), the earliest first."""
    found = defaultdict(lambda: ([], []))
    for city, code, start, entry in rows:
        starts, entries = found[city, code]
        starts.append(start)
        entries.append(entry)
    return _entry_on(dict(found))


def _entry_on(rows: dict) -> Callable[[str, str, date], CatalogueEntry | None]:
    def entry(city: str, item: str, day: date) -> CatalogueEntry | None:
        found = rows.get((city, item))
        if found is None:
            return None
        starts, entries = found
        at = bisect_right(starts, day)
        return entries[at - 1] if at else None

    return entry


def watch_of(rows: Iterable[tuple], codes: Mapping[int, str]) -> Callable[[str, int, date], str]:
    """Finds the first rule among rows of (institution, member, from, to, reason); `codes`: of institutions."""
    rules = [
        (codes.get(institution, institution), member, Period(starts_on, ends_on), reason)
        for institution, member, starts_on, ends_on, reason in rows
    ]

    def reason(institution: str, member: int, day: date) -> str:
        for code, id, period, why in rules:
            if code in (None, institution) and id in (None, member) and period.covers(day):
                return why
        return ""

    return reason
