"""The sample data as the CSV files that the import commands read: examples of these files, too."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from claims.demo.items import ITEMS
from claims.demo.people import FIRST_MONTH, PEOPLE, Person
from claims.demo.places import PLACES, SINCE
from members.records import month_of, month_start
from policies.money import yuan

# The accounts' balances come from "the system before" as of this day; later months are credited.
BALANCE_ON = date(2025, 1, 1)
CATALOGUE_FROM = date(2022, 1, 1)
_PAY_DAY = 5


def write_examples(folder: Path, city: str, today: date) -> None:
    """Leaves the files of a city in a folder, to look at and to try the imports with."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "catalogue": catalogue(),
        "institutions": institutions(city),
        "members": members(city),
        "contributions": contributions(city, today),
    }
    for name, text in texts.items():
        (folder / f"{name}-{city}.csv").write_bytes(text)


def catalogue() -> bytes:
    header = ("code", "name", "kind", "class", "upfront", "ceiling", "negotiated", "valid_from")
    return _csv(
        header,
        (
            (
                i.code,
                i.name,
                i.kind,
                i.item_class,
                i.upfront,
                i.ceiling,
                "yes" if i.negotiated else "",
                CATALOGUE_FROM,
            )
            for i in ITEMS
        ),
    )


def institutions(city: str) -> bytes:
    header = (
        "institution code", "name", "city", "level", "kind", "affiliation", "agreement from", "agreement to",
        "benefits",
    )  # fmt: skip
    return _csv(
        header,
        (
            (p.code, p.name, p.city, p.level, p.kind, p.affiliation, SINCE, p.until, ";".join(p.benefits))
            for p in PLACES[city].values()
        ),
    )


def members(city: str) -> bytes:
    header = (
        "member number", "ID number", "name", "born", "retired on", "died on", "own monthly credit", "surplus years",
        "city", "employment", "plan", "insured from", "insured to", "opening balance", "balance on",
    )  # fmt: skip
    return _csv(header, (_member(person) for person in PEOPLE[city].values()))


def _member(p: Person) -> tuple:
    own = None if p.own_credit is None else yuan(p.own_credit)
    opening = (yuan(p.balance), BALANCE_ON) if p.balance else (None, None)
    return (
        p.number, p.number, p.name, p.born, p.retired_on, p.died_on, own, p.surplus_years or None,
        p.city, p.employment, p.plan, p.since, p.until, *opening,
    )  # fmt: skip


def contributions(city: str, today: date, *, since: int = 0, until: int | None = None) -> bytes:
    """The months (ordinals) from `since` to `until`, no later than today, of which the pay day is past."""
    header = ("member number", "city", "month", "employment", "base", "paid on")
    last = month_of(today) if until is None else until
    return _csv(header, (row for p in PEOPLE[city].values() for row in _months(p, today, since, last)))


def _months(p: Person, today: date, since: int, until: int) -> Iterable[tuple]:
    begins = max(month_of(date(*FIRST_MONTH, 1)), month_of(p.since), since)
    ends = min([until, *(month_of(day) for day in (p.until, p.retired_on, p.died_on) if day)])
    late = dict(p.late)
    for month in range(begins, ends + 1):
        start = month_start(month)
        key = (start.year, start.month)
        paid_on = None if key in p.unpaid else late.get(key, start.replace(day=_PAY_DAY))
        if paid_on is None or paid_on <= today:
            yield p.number, p.city, f"{start:%Y-%m}", p.employment, yuan(p.base), paid_on


def _csv(header: Iterable[str], rows: Iterable[tuple]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if cell is None else str(cell) for cell in row] for row in rows)
    return text.getvalue().encode()
