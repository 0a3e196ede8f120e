"""An invented population for the benchmarks: five cities, their members, institutions and catalogues, their claims.

Plain records first, so that the engine can be measured without a database; `store` writes them to one.
The same seed gives the same population for ever. Claims are ordinary outpatient visits of one month with one
to three lines, four claims a member on average. Institutions and items are as many as five thousand people
meet: a set of a thousand claims names nearly all of them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from claims.content import Content, ContentLine
from claims.sets import CatalogueEntry, Facts, Incoming
from claims.submission import Submission
from members.records import (
    Cover,
    Due,
    InstitutionRecord,
    MemberRecord,
    Period,
    Standing,
    month_of,
    month_start,
)
from members.validators import id_number_checksum
from policies.library import project_terms
from policies.terms import BENEFITS, COMBINED, EMPLOYEE

CITIES = ("220100", "321100", "370600", "410200", "500000")
LONG_AGO = date(2015, 1, 1)
FIRST_DAY, DAYS = date(2023, 6, 1), 30
MONTHS = range(month_of(date(2022, 1, 1)), month_of(date(2024, 1, 1)))
RECEIVED_AT = datetime(2023, 7, 3, 2, tzinfo=UTC)
ITEMS_PER_CITY = 80
INSTITUTIONS_PER_CITY = 8


@dataclass
class Population:
    """Members by number, institutions by code, catalogue by (city, item), claims in order of receipt."""

    members: dict[str, MemberRecord] = field(default_factory=dict)
    institutions: dict[str, InstitutionRecord] = field(default_factory=dict)
    catalogue: dict[tuple[str, str], CatalogueEntry] = field(default_factory=dict)
    claims: list[tuple[str, Submission]] = field(default_factory=list)

    def facts(self) -> Facts:
        """Everything as facts in memory, under the project's own versions."""
        library = project_terms()

        def terms(city, day):
            return next((t for t in reversed(library[city]) if t.effective_from <= day), None)

        return Facts(
            members=self.members,
            institutions=self.institutions,
            terms=terms,
            catalogue=lambda city, item, day: self.catalogue.get((city, item)),
        )

    def incoming(self) -> list[Incoming]:
        day = RECEIVED_AT.date()
        return [
            Incoming(number, claim.claim_number, institution, claim.content, day)
            for number, (institution, claim) in enumerate(self.claims, 1)
        ]


def populate(*, members: int, claims: int, seed: int = 1) -> Population:
    """A population of this size, its cities of equal size."""
    chance = random.Random(seed)
    found = Population()
    for number in range(members):
        record = _member(number, chance)
        found.members[record.number] = record
    for number in range(INSTITUTIONS_PER_CITY * len(CITIES)):
        record = _institution(number)
        found.institutions[record.code] = record
    for number in range(ITEMS_PER_CITY * len(CITIES)):
        city, item, entry = _item(number, chance)
        found.catalogue[city, item] = entry
    found.claims = list(claims_of(found, count=claims, seed=seed))
    return found


def claims_of(population: Population, *, count: int, seed: int) -> Iterator[tuple[str, Submission]]:
    """Claims of its members, each with its institution's code. Another seed gives claims with other numbers."""
    chance = random.Random(seed)
    members = list(population.members.values())
    for number in range(count):
        yield _claim(f"B{seed}-{number:07d}", chance.choice(members), chance)


def _member(number: int, chance: random.Random) -> MemberRecord:
    city = CITIES[number % len(CITIES)]
    retired = chance.random() < 0.3
    born = date(1950 if retired else 1980, 1, 1) + timedelta(days=number % 3000)
    first17 = f"{city}{born:%Y%m%d}{number // 3000 % 1000:03d}"
    return MemberRecord(
        id=number + 1,
        number=first17 + id_number_checksum(first17),
        born=born,
        covers=(Cover(city, EMPLOYEE, COMBINED, LONG_AGO),),
        retired_on=date(2015, 1, 1) if retired else None,
        dues={month: Due(month_start(month).replace(day=5), EMPLOYEE, 500_000) for month in MONTHS},
        first_paid=MONTHS[0],
    )


def _institution(number: int) -> InstitutionRecord:
    level = 1 + number // len(CITIES) % 3
    kind = "community" if level == 1 else "general"
    return InstitutionRecord(
        id=number + 1,
        code=f"H{number:011d}",
        name=f"Institution {number}",
        city=CITIES[number % len(CITIES)],
        standings=(Standing(LONG_AGO, level, kind, "city"),),
        agreements=(Period(LONG_AGO),),
        designations=tuple((benefit, Period(LONG_AGO)) for benefit in BENEFITS),
    )


def _item(number: int, chance: random.Random) -> tuple[str, str, CatalogueEntry]:
    item_class = chance.choices("ABC", (70, 25, 5))[0]
    return (
        CITIES[number % len(CITIES)],
        f"ITEM{number // len(CITIES):05d}",
        CatalogueEntry(
            item_class,
            chance.choice(("drug", "drug", "service", "consumable")),
            1000 if item_class == "B" else None,
            chance.randrange(20, 80) * 10_000 if chance.random() < 0.1 else None,
        ),
    )


def _claim(number: str, member: MemberRecord, chance: random.Random) -> tuple[str, Submission]:
    city = CITIES.index(member.covers[0].city)
    at = chance.randrange(INSTITUTIONS_PER_CITY) * len(CITIES) + city
    content = Content(
        member_number=member.number,
        benefit="ordinary",
        service_date=FIRST_DAY + timedelta(days=chance.randrange(DAYS)),
        lines=tuple(_line(chance) for _ in range(chance.randint(1, 3))),
    )
    return f"H{at:011d}", Submission(number, content)


def _line(chance: random.Random) -> ContentLine:
    quantity, fen = chance.randint(1, 5), chance.randrange(200, 9000)
    item = f"ITEM{chance.randrange(ITEMS_PER_CITY):05d}"
    return ContentLine(item, f"Item {item}", quantity * 10_000, fen * 100, quantity * fen)
