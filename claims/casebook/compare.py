"""Hold what a story expects against what it came to."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from claims.casebook.play import Played
from claims.casebook.stories import Story
from claims.engine.result import AMOUNTS, identities_hold
from policies import money

_FEN = frozenset((*AMOUNTS, "account_credit"))
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one entry (1-based) that is not what the story expects; both as an officer reads them."""

    entry: int
    field: str
    expected: str
    actual: str


def differences(story: Story, played: list[Played]) -> list[Difference]:
    """Everything that does not hold in a story; empty where all holds."""
    return [found for number, one in enumerate(played, 1) for found in _differences(number, one)]


def _differences(number: int, played: Played) -> Iterator[Difference]:
    actual, entry = played.actual, played.entry
    if actual.get("outcome") in ("settled", "reversed") and not identities_hold(actual):
        yield Difference(number, "money identities", "hold", "do not hold")
    expected = dict(entry.expect)
    if expected and entry.credit is None:
        default = "settled" if entry.reverse is None else "reversed"
        expected = {"outcome": default} | expected
    for name, value in expected.items():
        found = actual.get(name, _ABSENT)
        if name == "outcome" and value in ("merged", "reversed"):
            found = played.final
        if not _same(name, value, found):
            yield Difference(number, name, str(value), shown(name, found))


def _same(name: str, expected, actual) -> bool:
    if actual is _ABSENT:
        return False
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(k in actual and str(actual[k]) == str(v) for k, v in expected.items())
    if name in _FEN or name == "fund_rate":
        scale = money.FEN_PER_YUAN if name in _FEN else money.RATE_UNIT
        number = _number(expected)
        return actual is None if number is None else actual is not None and number * scale == actual
    return str(expected or "") == str(actual or "")


def _number(value) -> Decimal | None:
    return None if value is None or isinstance(value, bool) else Decimal(str(value))


def shown(name: str, value) -> str:
    """A field's value as an officer reads it."""
    if value is _ABSENT:
        return "(none)"
    if value is not None and name in _FEN:
        return money.yuan(value)
    return money.fraction(value, places=2) if value is not None and name == "fund_rate" else str(value)
