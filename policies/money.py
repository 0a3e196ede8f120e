"""Money and rates: integers, and the one rounding.

Amounts are integers in fen (0.01 yuan). Rates and shares are integers in ten-thousandths (7 000 = 70 %).
Quantities and unit prices of a claim's lines are integers in ten-thousandths of a unit or of a yuan.
Yuan and percent appear only where a person or another system reads or writes them.
"""

import re
from decimal import Decimal

FEN_PER_YUAN = 100
RATE_UNIT = 10_000
PRICE_UNIT = 10_000
# The largest amount that one figure may have (ten billion yuan): keeps every sum inside 64 bits.
MAX_FEN = 10**12

_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,2})?", re.ASCII)
_FINE = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,4})?", re.ASCII)


class MoneyError(ValueError):
    """Text that is not an exact, plain, non-negative decimal of the allowed fineness."""


def round_div(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded half-up (half away from zero); the project's only rounding."""
    if numerator < 0:
        return -((-numerator * 2 + denominator) // (denominator * 2))
    return (numerator * 2 + denominator) // (denominator * 2)


def share(amount: int, rate: int) -> int:
    """The `rate` (ten-thousandths) of `amount` (fen), rounded half-up to the fen."""
    return round_div(amount * rate, RATE_UNIT)


def parse_amount(text: str) -> int:
    """Fen from text such as "33.00": ASCII digits, at most two decimals, no sign, no exponent.

    Raises MoneyError otherwise.
    """
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise MoneyError("amount")
    return _scaled(text, 2)


def parse_fine(text: str) -> int:
    """Ten-thousandths from text such as "16.5" (a quantity or a unit price): at most four decimals.

    Raises MoneyError otherwise.
    """
    if not isinstance(text, str) or not _FINE.fullmatch(text):
        raise MoneyError("fine")
    return _scaled(text, 4)


def _scaled(text: str, places: int) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(places, "0"))


def exact(value: Decimal | int, unit: int) -> int:
    """`value` in units of 1/`unit`. Raises MoneyError where that is not a whole number."""
    scaled = Decimal(value) * unit
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise MoneyError(str(value))
    return int(scaled)


def fen(yuan: Decimal | int) -> int:
    """Fen from exact yuan. Raises MoneyError beyond two decimals."""
    return exact(yuan, FEN_PER_YUAN)


def rate(fraction: Decimal | int) -> int:
    """Ten-thousandths from an exact fraction (0.7 → 7 000). Raises MoneyError beyond four decimals."""
    return exact(fraction, RATE_UNIT)


def yuan(amount: int) -> str:
    """Fen as text in yuan with two decimals: 3300 → "33.00"."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), FEN_PER_YUAN)
    return f"{sign}{whole}.{cents:02d}"


def grouped_yuan(amount: int) -> str:
    """As `yuan`, with thousands separators, for a sentence: 5253560 → "52,535.60"."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{cents:02d}"


def fraction(value: int, places: int = 4) -> str:
    """A rate as text with `places` decimals at least: 7 000 → "0.7000" (or "0.70" with places=2)."""
    text = f"{Decimal(value).scaleb(-4):f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(places, '0')}"


def percent(value: int) -> str:
    """A rate as people read it: 7 000 → "70%", 630 → "6.3%"."""
    return f"{Decimal(value).scaleb(-2).normalize():f}%"


def fine(value: int) -> str:
    """Ten-thousandths as text without trailing zeros, two decimals at least: 165 000 → "16.50"."""
    return fraction(value, places=2)
