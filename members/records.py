"""A member and an institution as records over time, without any database.

Facts are loaded into these once (from the ORM for workers, from a worked case for officers); what holds on
a day is then a question to the record. Months are ordinals (`month_of`): year × 12 + month − 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.terms import EMPLOYED, EMPLOYEE, FLEXIBLE, RETIRED, Terms

PAID, LATE, UNPAID, OPEN = "paid", "late", "unpaid", "open"


def month_of(day: date) -> int:
    """The ordinal of a day's calendar month."""
    return day.year * 12 + day.month - 1


def month_start(month: int) -> date:
    """The first day of a month ordinal."""
    return date(month // 12, month % 12 + 1, 1)


def full_years(born: date, on: date) -> int:
    """Age in full years (周岁) on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Cover:
    """One enrolment: city, employment kind and plan from a day to a day (inclusive; None: open)."""

    city: str
    employment: str
    plan: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A month's contribution: when it was paid (None: not paid), as what, on which base (fen)."""

    paid_on: date | None
    employment: str = EMPLOYEE
    base: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    starts_on: date
    ends_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def is_during(self, day: date) -> bool:
        """Whether a day lies inside a stay: both end days excluded; one without an end covers all after."""
        return self.starts_on < day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class Registration:
    benefit: str
    disease: str
    period: Period


@dataclass(frozen=True, slots=True)
class Link:
    """A family link: the account of member `owner_id` may pay for this member, the owner's `relation`."""

    owner_id: int
    relation: str
    period: Period


@dataclass(slots=True)
class MemberRecord:
    """A member over time.

    `dues` are the months on record; a month that is missing there was never booked, and counts as unpaid
    once it is over. `dues_are_final`: what is said of a month that is not over is how it ends (worked cases
    know everything from the start). `first_paid`, `first_flexible`: the ordinals of the first month ever
    paid, and of the first paid as flexible (they may lie outside `dues`, of which only recent months need be
    loaded).
    """

    id: int
    number: str = field(repr=False)  # a personal number: nothing that prints a record may show it
    born: date
    covers: tuple[Cover, ...]
    retired_on: date | None = None
    died_on: date | None = None
    dues: Mapping[int, Due] = field(default_factory=dict)
    dues_are_final: bool = False
    first_paid: int | None = None
    first_flexible: int | None = None
    registrations: tuple[Registration, ...] = ()
    stays: tuple[Period, ...] = ()
    ltc: tuple[Period, ...] = ()
    links: tuple[Link, ...] = ()
    surplus_years: int = 0
    own_monthly_credit: int | None = None

    def cover_on(self, day: date) -> Cover | None:
        """The enrolment that covers a day; None where there is none, or after death."""
        if self.died_on is not None and day > self.died_on:
            return None
        for cover in self.covers:
            if cover.starts_on <= day and (cover.ends_on is None or day <= cover.ends_on):
                return cover
        return None

    def status_on(self, day: date) -> str:
        """Retired from the day retired benefits start."""
        return RETIRED if self.retired_on is not None and self.retired_on <= day else EMPLOYED

    def due_state(self, month: int, known_on: date) -> str:
        """PAID in time, LATE, UNPAID, or OPEN (not paid yet and the month not over on `known_on`)."""
        due = self.dues.get(month)
        if due is None or due.paid_on is None:
            over = month_of(known_on) > month or (due is not None and self.dues_are_final)
            return UNPAID if over else OPEN
        return PAID if month_of(due.paid_on) <= month else LATE

    def waiting_until(self, day: date, employment: str, terms: Terms, known_on: date) -> date | None:
        """The first day of benefits, where a waiting period still covers `day`; else None (spec 2.6)."""
        waiting = terms.entitlement.waiting.get(employment)
        if waiting is None or waiting.value == 0:
            return None
        month = month_of(day)
        start = self._run_start(month, employment, waiting.value, terms, known_on)
        return month_start(start + waiting.value) if start + waiting.value > month else None

    def _run_start(self, month: int, employment: str, window: int, terms: Terms, known_on: date) -> int:
        """The month from which waiting counts: the first paid; for flexible members the first after a gap."""
        first = self.first_paid if self.first_paid is not None else month
        if employment != FLEXIBLE:
            return first
        start = max(first, self.first_flexible if self.first_flexible is not None else month)
        bad = (UNPAID,) if terms.entitlement.back_payment_restores else (UNPAID, LATE)
        for earlier in range(max(month - window, first + 1), month):
            if self.due_state(earlier, known_on) in bad:
                start = max(start, earlier + 1)
        return start

    def stay_on(self, day: date) -> Period | None:
        """The registered stay during which `day` falls."""
        return next((stay for stay in self.stays if stay.is_during(day)), None)

    def ltc_on(self, day: date) -> Period | None:
        return next((p for p in self.ltc if p.covers(day)), None)

    def registrations_on(self, day: date) -> tuple[tuple[str, str], ...]:
        return tuple((r.benefit, r.disease) for r in self.registrations if r.period.covers(day))


@dataclass(frozen=True, slots=True)
class Standing:
    starts_on: date
    level: int
    kind: str
    affiliation: str


@dataclass(slots=True)
class InstitutionRecord:
    """An institution over time. `standings` in ascending order of their first day."""

    id: int
    code: str
    name: str
    city: str
    standings: tuple[Standing, ...]
    agreements: tuple[Period, ...]
    designations: tuple[tuple[str, Period], ...]

    def standing_on(self, day: date) -> Standing | None:
        """The standing in force on a day; None before the first."""
        found = None
        for standing in self.standings:
            if standing.starts_on <= day:
                found = standing
        return found

    def agreed_on(self, day: date) -> bool:
        return any(p.covers(day) for p in self.agreements)

    def designated_on(self, day: date) -> frozenset[str]:
        return frozenset(benefit for benefit, period in self.designations if period.covers(day))
