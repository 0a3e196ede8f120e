"""What a framework document demands of the versions of its city, as tests on their terms."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils.translation import gettext as _

from policies import terms as t
from policies.money import percent

MIN_RATE, RETIRED_TILT, LATEST_DATE = "min_rate", "retired_tilt", "latest_date"


def broken_bounds(terms: t.Terms, bounds: Iterable, in_place_from: date | None = None) -> list[str]:
    """Which bounds (`FrameworkBound`, or the register's entries) a version breaks, each with its clause.

    `in_place_from`: the earliest effective date of the city's other published versions, if there is one.
    A rate that is unset breaks no bound: nothing is paid by it.
    """
    found = []
    for bound in bounds:
        for problem in _problems(terms, bound, in_place_from):
            found.append(f"{bound.document} {bound.clause}: {problem}")
    return found


def _problems(terms: t.Terms, bound, in_place_from: date | None) -> Iterator[str]:
    if bound.rule == MIN_RATE:
        yield from _below(terms, bound)
    elif bound.rule == RETIRED_TILT:
        yield from _tilted_away(terms, bound)
    elif bound.rule == LATEST_DATE:
        first = min(filter(None, (in_place_from, terms.effective_from)))
        if first > bound.on:
            message = _("has to be in place by %(latest)s, and starts only on %(first)s")
            yield message % {"latest": bound.on, "first": first}


def _cells(terms: t.Terms, benefit: str) -> Iterator[tuple[str, str, str, t.Cell]]:
    for rule in terms.benefits.values():
        if benefit in ("", rule.benefit):
            for (tier, status), cell in rule.cells.items():
                yield rule.benefit, tier, status, cell


def _below(terms: t.Terms, bound) -> Iterator[str]:
    """The fund rate is nowhere below the framework's lowest."""
    for benefit, tier, status, cell in _cells(terms, bound.benefit):
        if (
            bound.status not in ("", status)
            or isinstance(cell.rate, t.Unset)
            or cell.rate.value >= bound.value
        ):
            continue
        message = _("the fund rate has to be at least %(least)s; %(where)s has %(rate)s")
        where = f"{benefit} / {tier} / {status}"
        yield message % {"least": percent(bound.value), "where": where, "rate": percent(cell.rate.value)}


def _tilted_away(terms: t.Terms, bound) -> Iterator[str]:
    """Retired members are paid at least the rate of employed members (适度向退休人员倾斜)."""
    for benefit, tier, status, cell in _cells(terms, bound.benefit):
        if status != t.EMPLOYED or isinstance(cell.rate, t.Unset):
            continue
        retired = terms.benefits[benefit].cells.get((tier, t.RETIRED))
        given = None if retired is None or isinstance(retired.rate, t.Unset) else retired.rate.value
        if retired is not None and given is None:
            continue
        if given is None or given < cell.rate.value:
            message = _(
                "retired members must not have a lower rate than employed ones; %(where)s has %(rates)s"
            )
            rates = f"{percent(given or 0)} < {percent(cell.rate.value)}"
            yield message % {"where": f"{benefit} / {tier}", "rates": rates}
