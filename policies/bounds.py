"""What a framework document demands of the versions of its cities, as tests on their rows.

A figure that is unset, or missing in a draft, breaks no bound: nothing is paid by it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.figures import percent_text, yuan_text
from policies.models import FrameworkBound
from policies.models.base import BenefitKind, Status
from policies.wording import tier_names

Rule = FrameworkBound.Rule


@dataclass(frozen=True)
class Broken:
    """A bound that a version breaks: which (`bound` is a FrameworkBound, or a register's entry), where, how.

    `figures`: what is demanded, and what the version has.
    """

    bound: object
    place: str
    message: str
    figures: tuple[str, str]

    def __str__(self):
        return f"{self.bound.document} {self.bound.clause}: {self.message}"


def broken_bounds(
    version: rows.VersionRows, bounds: Iterable, in_place_from: date | None = None
) -> list[Broken]:
    """Which bounds a version breaks, each with its figures.

    `in_place_from`: the earliest effective date of the city's other published versions, if there is one.
    """
    reading = _Version(version, in_place_from)
    return [broken for bound in bounds for broken in _CHECKS[bound.rule](reading, bound)]


@dataclass(frozen=True)
class _Version:
    rows: rows.VersionRows
    in_place_from: date | None

    def cells(self, bound) -> Iterator[tuple[rows.BenefitRow, rows.TermRow]]:
        """The terms that a bound is about; "" as benefit or status means any."""
        for benefit in self.rows.benefits:
            for term in benefit.terms:
                if (
                    bound.benefit in ("", benefit.benefit)
                    and bound.status in ("", term.status)
                    and term.offered
                ):
                    yield benefit, term

    def where(self, benefit: str, *parts: str) -> str:
        """A figure by its names: "ordinary outpatient / Level 3 / employed"."""
        names = tier_names(self.rows)
        labels = [names.get(part) or str(dict(Status.choices).get(part, part)) for part in parts]
        return " / ".join([str(BenefitKind(benefit).label), *labels])


_Check = Callable[[_Version, object], Iterator[Broken]]


def _below(version: _Version, bound) -> Iterator[Broken]:
    """The fund rate is nowhere below the framework's lowest."""
    message = _("the fund rate has to be at least %(bound)s; %(where)s has %(figure)s")
    yield from _rates(version, bound, message, lambda rate: rate < bound.value)


def _above(version: _Version, bound) -> Iterator[Broken]:
    """The fund rate is nowhere above the framework's highest."""
    message = _("the fund rate may be at most %(bound)s; %(where)s has %(figure)s")
    yield from _rates(version, bound, message, lambda rate: rate > bound.value)


def _rates(version: _Version, bound, message: str, breaks: Callable[[int], bool]) -> Iterator[Broken]:
    for benefit, term in version.cells(bound):
        if term.rate is not None and breaks(term.rate):
            place = f"benefits.{benefit.benefit}.terms.{term.tier}.{term.status}.rate"
            where = version.where(benefit.benefit, term.tier, term.status)
            yield _broken(bound, place, message, where, percent_text(bound.value), percent_text(term.rate))


def _deductible_above(version: _Version, bound) -> Iterator[Broken]:
    """The deductible is nowhere above the framework's highest."""
    message = _("the deductible may be at most %(bound)s yuan; %(where)s has %(figure)s yuan")
    for benefit, term in version.cells(bound):
        if term.deductible is not None and term.deductible > bound.value:
            place = f"benefits.{benefit.benefit}.terms.{term.tier}.{term.status}.deductible"
            where = version.where(benefit.benefit, term.tier, term.status)
            yield _broken(bound, place, message, where, yuan_text(bound.value), yuan_text(term.deductible))


def _limit_above(version: _Version, bound) -> Iterator[Broken]:
    """No limit of a year is above the framework's highest."""
    message = _("the limit of a year may be at most %(bound)s yuan; %(where)s has %(figure)s yuan")
    for number, limit in enumerate(version.rows.limits, 1):
        concerned = bound.benefit in ("", *limit.benefits) and (bound.status in ("", *limit.statuses))
        if not concerned or limit.period != terms.YEAR or limit.amount is None or limit.amount <= bound.value:
            continue
        benefit = bound.benefit or (limit.benefits or [terms.ORDINARY])[0]
        statuses = [bound.status] if bound.status else limit.statuses
        where = version.where(benefit, *statuses)
        place = f"limits[{number}] {limit.pool}"
        yield _broken(bound, place, message, where, yuan_text(bound.value), yuan_text(limit.amount))


def _tilted_away(version: _Version, bound) -> Iterator[Broken]:
    """Retired members are paid at least the rate of employed members (适度向退休人员倾斜)."""
    message = _("retired members must not have a lower rate than employed ones; %(where)s has %(figure)s")
    retired = {
        (benefit.benefit, term.tier): term
        for benefit in version.rows.benefits
        for term in benefit.terms
        if term.status == terms.RETIRED
    }
    for benefit, term in version.cells(bound):
        other = retired.get((benefit.benefit, term.tier))
        if term.status != terms.EMPLOYED or term.rate is None or other is None:
            continue
        if other.offered and other.rate is None:
            continue
        given = other.rate if other.offered else 0
        if given < term.rate:
            place = f"benefits.{benefit.benefit}.terms.{term.tier}.{terms.RETIRED}.rate"
            figure = f"{percent_text(given)} < {percent_text(term.rate)}"
            yield _broken(bound, place, message, version.where(benefit.benefit, term.tier), "", figure)


def _too_late(version: _Version, bound) -> Iterator[Broken]:
    """The city has a version in place by the framework's date."""
    known = [day for day in (version.in_place_from, version.rows.effective_from) if day is not None]
    if bound.on is not None and known and min(known) > bound.on:
        message = _("has to be in place by %(bound)s, and starts only on %(figure)s")
        yield _broken(bound, "effective.from", message, "", str(bound.on), str(min(known)))


def _broken(bound, place: str, message: str, where: str, demanded: str, figure: str) -> Broken:
    text = message % {"bound": demanded, "where": where, "figure": figure}
    return Broken(bound, place, text, (demanded, figure))


def _where_valued(check: _Check) -> _Check:
    """A bound without its figure demands nothing."""

    def checked(version: _Version, bound) -> Iterator[Broken]:
        return check(version, bound) if bound.value is not None else iter(())

    return checked


_CHECKS: dict[str, _Check] = {
    Rule.MIN_RATE: _where_valued(_below),
    Rule.MAX_RATE: _where_valued(_above),
    Rule.MAX_DEDUCTIBLE: _where_valued(_deductible_above),
    Rule.MAX_LIMIT: _where_valued(_limit_above),
    Rule.RETIRED_TILT: _tilted_away,
    Rule.LATEST_DATE: _too_late,
}
