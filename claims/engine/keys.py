"""The names of accumulators: kind / pool / period.

Kinds: `deductible` and `fund` (fen borne, fen paid), `expense` (fen of eligible expense), `critical` (fen of
critical-illness base) and `admissions` (a count). Periods: "2023", "2023-03", or a day for a deductible
kept by institution and day.
"""

from datetime import date

from policies.terms import YEAR, Limit


def deductible_annual(pool: str, day: date) -> str:
    return f"deductible/{pool}/{day.year}"


def deductible_daily(pool: str, institution: str, day: date) -> str:
    return f"deductible/{pool}@{institution}/{day.isoformat()}"


def limit(kind: str, limit: Limit, disease: str, day: date) -> str:
    """`kind` is "fund" or "expense". A limit by disease keeps one accumulator for each disease."""
    pool = (
        limit.pool
        if limit.disease == ""
        else f"{limit.pool}:{disease if limit.disease == '*' else limit.disease}"
    )
    period = day.year if limit.period == YEAR else f"{day.year}-{day.month:02d}"
    return f"{kind}/{pool}/{period}"


def critical(day: date) -> str:
    return f"critical//{day.year}"


def admissions(day: date) -> str:
    return f"admissions//{day.year}"
