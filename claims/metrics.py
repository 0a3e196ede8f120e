"""What operators watch of claims, counted in the process where it happens, once it is committed.

config.metrics shows it. Counting never asks the database, and takes microseconds a set. What another process
counts (a command) is not seen.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence

from django.db import transaction
from prometheus_client import Counter, Histogram

# In seconds: a set of one claim takes some milliseconds, a full one some tenths of a second.
_SETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_EACH = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1)
_FUNDS = ("pooled_fund", "critical_illness")

received = Counter("claims_received", "Claims sent: new, same or duplicate.", ["source", "arrival"])
adjudicated = Counter(
    "claims_adjudicated", "Claims adjudicated, by outcome and reason.", ["outcome", "reason"]
)
failed = Counter("claims_failed", "Attempts that failed for a fault of ours, by error.", ["error", "parked"])
set_seconds = Histogram("claims_set_seconds", "Taking, settling and writing a set of claims.", buckets=_SETS)
claim_seconds = Histogram(
    "claims_claim_seconds", "The same for one claim: the mean of each set.", buckets=_EACH
)
fund_paid = Counter("claims_fund_paid_fen", "What funds paid by settlements, in fen.", ["fund"])
fund_returned = Counter("claims_fund_returned_fen", "What came back to funds by reversals, in fen.", ["fund"])


def count_received(source: str, arrivals: Iterable[str]) -> None:
    """Of one request or file, by arrival (claims.services.intake)."""
    tally = Tally((source, str(arrival)) for arrival in arrivals)
    transaction.on_commit(lambda: _add(received, tally), robust=True)


def count_outcomes(results: Sequence) -> None:
    """Of one set, by outcome and code (claims.engine.result.Result)."""
    tally = Tally((result.outcome, result.code or "") for result in results)
    transaction.on_commit(lambda: _add(adjudicated, tally), robust=True)


def count_funds(rows: Sequence) -> None:
    """Of settlement rows: reversing revisions give back what the one before paid."""
    paid, returned = {}, {}
    for fund in _FUNDS:
        amounts = [getattr(row, fund) for row in rows]
        paid[fund,] = sum(amount for amount in amounts if amount > 0)
        returned[fund,] = -sum(amount for amount in amounts if amount < 0)
    transaction.on_commit(lambda: (_add(fund_paid, paid), _add(fund_returned, returned)), robust=True)


def count_set(claims: int, seconds: float) -> None:
    set_seconds.observe(seconds)
    claim_seconds.observe(seconds / claims)


def count_failure(error: str, parked: bool) -> None:
    failed.labels(error, str(parked).lower()).inc()


def _add(counter: Counter, numbers: dict) -> None:
    for labels, number in numbers.items():
        if number:
            counter.labels(*labels).inc(number)
