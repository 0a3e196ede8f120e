"""Figures as people read them: yuan with thousands separators, percent, prices. The edge of the integers."""

from policies.money import fine, percent, yuan

MINUS = "−"


def yuan_text(fen: int) -> str:
    """Fen in yuan with thousands separators: 123456 → "1,234.56"; a true minus sign before what is negative."""
    return _grouped(yuan(abs(fen)), fen)


def yuan_short(fen: int) -> str:
    """As `yuan_text`, without decimals where the yuan are whole: 180000 → "1,800"."""
    return yuan_text(fen).removesuffix(".00")


def price_text(value: int) -> str:
    """A price or quantity in ten-thousandths: 165000 → "16.50", 20000 → "2.00"."""
    return _grouped(fine(abs(value)), value)


def quantity_text(value: int) -> str:
    """A quantity in ten-thousandths without decimals that say nothing: 20000 → "2", 15000 → "1.5"."""
    whole, _, decimals = price_text(value).partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def percent_text(rate: int) -> str:
    """A rate in ten-thousandths: 7000 → "70%", 630 → "6.3%"."""
    return percent(rate)


def _grouped(text: str, sign: int) -> str:
    whole, _, decimals = text.partition(".")
    return f"{MINUS if sign < 0 else ''}{int(whole):,}.{decimals}"
