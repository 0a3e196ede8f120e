"""Small builders for engine tests: an ordinary case at a level 2 hospital of Yantai in 2023, and changes to it."""

from datetime import date
from functools import cache

from msgspec.structs import replace

from claims.engine.case import Case, Institution, Line, Member
from claims.engine.result import AMOUNTS, Result, identities_hold
from claims.engine.settle import settle
from policies.library import project_terms
from policies.terms import BENEFITS, Terms

YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING = "370600", "410200", "321100", "220100", "500000"
DAY = date(2023, 3, 1)
HOSPITAL = Institution("H1", "医院", YANTAI, 2, "general", "city", True, tuple(sorted(BENEFITS)))
PHARMACY = Institution("P1", "药店", YANTAI, 0, "pharmacy", "other", True, tuple(sorted(BENEFITS)))
MEMBER = Member(1, YANTAI, "employed")


@cache
def _library() -> dict[str, list[Terms]]:
    return project_terms()


def terms(city: str = YANTAI, on: date = DAY) -> Terms:
    """The project's version in force in a city on a day."""
    return [t for t in _library()[city] if t.effective_from <= on][-1]


def line(yuan: int, item_class: str = "A", **facts) -> Line:
    """One line of quantity 1 at a whole number of yuan."""
    return Line("X", 10_000, yuan * 10_000, yuan * 100, item_class, **facts)


def case(yuan: int = 1000, *, city: str = YANTAI, **changes) -> Case:
    """An ordinary claim of one class A line; `city` moves member and institution together."""
    day = changes.get("service_date", DAY)
    given = {
        "benefit": "ordinary",
        "service_date": DAY,
        "received_on": day or DAY,
        "institution": replace(HOSPITAL, city=city),
        "member": replace(MEMBER, city=city),
        "lines": (line(yuan),),
    }
    return Case(**(given | changes))


def run(given: Case, used=None, *, under: Terms | None = None) -> Result:
    """Settle under the city's version of the service date; the money identities must hold."""
    under = under or terms(given.member.city, given.service_date or DAY)
    result = settle(under, given, used or {})
    if result.outcome == "settled":
        assert identities_hold(dict(zip(AMOUNTS, result.amounts(), strict=True)))
    return result


def rules(result: Result) -> list[str]:
    return [step[0] for step in result.steps]
