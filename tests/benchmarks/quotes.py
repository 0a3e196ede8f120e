"""How long a quote takes, against an empty view behind the same authentication (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.quotes

One client, one web process; the two take turns, request by request, so that both meet the same machine. The
members have claims behind them, and the web process has answered some hundred requests before it is measured.
"""

import argparse
import statistics

from django.conf import settings
from django.utils import timezone

from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from tests.benchmarks.database import filled, require_servers
from tests.benchmarks.population import claims_of, populate
from tests.benchmarks.web import Client, body_of, post, secrets, timed, web

MEMBERS, CLAIMS, QUOTES, WARM = 1_000, 4_000, 2_000, 300
GOAL = 2.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quotes", type=int, default=QUOTES)
    options = parser.parse_args()
    require_servers()
    population = populate(members=MEMBERS, claims=CLAIMS)
    with filled(population, f"{settings.DATABASES['default']['NAME']}_quotes"):
        for shard in waiting_shards():
            drain(shard, clock=timezone.now)
        keys = secrets()
        asked = [
            (keys[code], body_of(claim))
            for code, claim in claims_of(population, count=options.quotes + WARM, seed=2)
        ]
        with web(processes=1) as port:
            client = Client(port)
            pairs = [_pair(client, *one) for one in asked][WARM:]
    _report(pairs)


def _pair(client: Client, secret: str, body: dict) -> tuple[float, float]:
    """Seconds for the quote and for the empty view."""
    quote = post("/api/v1/quotes/", secret, body)
    empty = post("/api/v1/benchmark/empty/", secret, body)
    return tuple(timed(lambda request=x: client.send(request), expect=200) for x in (quote, empty))


def _report(pairs: list[tuple[float, float]]) -> None:
    medians = []
    for title, found in zip(("quote", "empty"), zip(*pairs, strict=True), strict=True):
        cuts = statistics.quantiles(found, n=100)
        medians.append(cuts[49])
        print(f"{title:6} p50 {cuts[49] * 1000:6.2f} ms   p99 {cuts[98] * 1000:6.2f} ms")
    print(f"quote / empty, p50: {medians[0] / medians[1]:.2f}   (goal at most {GOAL:g})")


if __name__ == "__main__":
    main()
