"""From a story's members, institutions and catalogue to the records that adjudication reads."""

from collections.abc import Mapping
from datetime import date

from claims.casebook.stories import Item, Person, Place, Story
from claims.sets import CatalogueEntry
from members.records import (
    Cover,
    Due,
    InstitutionRecord,
    Link,
    MemberRecord,
    Period,
    Registration,
    Standing,
    month_of,
    month_start,
)
from policies import money
from policies.terms import EMPLOYEE, FLEXIBLE, RETIRED

LONG_AGO = date(1990, 1, 1)
ONLY = "member"


class StoryDues(Mapping):
    """Contributions of a story's member: every month of cover is paid in time, but for those named."""

    def __init__(self, person: Person):
        self.base = money.fen(person.contribution_base)
        self.first = month_of(person.insured_from)
        self.unpaid = {_month(m) for m in person.unpaid_months}
        self.late = {_month(m): on for m, on in person.paid_late.items()}
        self.flexible_from = _flexible_from(person)

    def __getitem__(self, month: int) -> Due:
        if month < self.first:
            raise KeyError(month)
        flexible = self.flexible_from is not None and month >= self.flexible_from
        paid_on = None if month in self.unpaid else self.late.get(month, month_start(month))
        return Due(paid_on, FLEXIBLE if flexible else EMPLOYEE, self.base)

    def __iter__(self):
        return iter(self.unpaid | set(self.late))

    def __len__(self):
        return len(self.unpaid | set(self.late))

    def first_paid_from(self, month: int) -> int:
        while month in self.unpaid:
            month += 1
        return month


def _flexible_from(person: Person) -> int | None:
    if person.flexible_from is not None:
        return month_of(person.flexible_from)
    return month_of(person.insured_from) if person.employment == FLEXIBLE else None


def _month(text: str) -> int:
    return month_of(date.fromisoformat(f"{text}-01"))


def _covers(person: Person, city: str) -> tuple[Cover, ...]:
    start, end = person.insured_from, person.insured_to
    if person.flexible_from is None:
        return (Cover(city, person.employment, person.plan, start, end),)
    if person.flexible_from <= start:
        return (Cover(city, FLEXIBLE, person.plan, start, end),)
    before = date.fromordinal(person.flexible_from.toordinal() - 1)
    if end is not None and end <= before:
        return (Cover(city, EMPLOYEE, person.plan, start, end),)
    return (
        Cover(city, EMPLOYEE, person.plan, start, before),
        Cover(city, FLEXIBLE, person.plan, person.flexible_from, end),
    )


def member_record(
    id_: int, name: str, person: Person, city: str, links: tuple[Link, ...] = ()
) -> MemberRecord:
    dues = StoryDues(person)
    flexible = dues.flexible_from
    return MemberRecord(
        id=id_,
        number=name,
        born=person.born,
        covers=_covers(person, city),
        retired_on=LONG_AGO if person.status == RETIRED else person.retired_on,
        died_on=person.died_on,
        dues=dues,
        dues_are_final=True,
        first_paid=dues.first_paid_from(dues.first),
        first_flexible=None if flexible is None else dues.first_paid_from(max(flexible, dues.first)),
        registrations=tuple(
            Registration(r.benefit, r.disease, Period(r.starts_on, r.ends_on)) for r in person.registrations
        ),
        stays=tuple(Period(s.starts_on, s.ends_on) for s in person.stays),
        ltc=tuple(Period(s.starts_on, s.ends_on) for s in person.ltc),
        links=links,
        surplus_years=person.surplus_years,
        own_monthly_credit=None
        if person.own_monthly_credit is None
        else money.fen(person.own_monthly_credit),
    )


def member_records(story: Story) -> dict[str, MemberRecord]:
    """By name; the only member of a story without names is ONLY."""
    people = story.members or {ONLY: story.member}
    ids = {name: number for number, name in enumerate(people, 1)}
    always = Period(LONG_AGO)
    return {
        name: member_record(
            ids[name],
            name,
            person,
            str(story.city),
            tuple(Link(ids[tie.owner], tie.relation, always) for tie in story.family if tie.user == name),
        )
        for name, person in people.items()
    }


def balances(story: Story) -> dict[int, int]:
    people = story.members or {ONLY: story.member}
    return {number: money.fen(person.account_balance) for number, person in enumerate(people.values(), 1)}


def institution_record(id_: int, code: str, place: Place, city: str) -> InstitutionRecord:
    always = Period(LONG_AGO)
    return InstitutionRecord(
        id=id_,
        code=code,
        name=place.name or code,
        city=str(place.city or city),
        standings=(Standing(LONG_AGO, place.level, place.kind, place.affiliation),),
        agreements=(always,) if place.agreement else (),
        designations=tuple((benefit, always) for benefit in place.designated),
    )


def catalogue_entry(item: Item) -> CatalogueEntry:
    return CatalogueEntry(
        item.item_class,
        item.kind,
        None if item.upfront is None else money.rate(item.upfront),
        None if item.ceiling is None else money.exact(item.ceiling, money.PRICE_UNIT),
        item.negotiated,
    )
