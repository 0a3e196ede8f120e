"""Claims a second by batch upload, against COPY of the same rows and against the usual way (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.batches

Batches of 1 000 claims with three lines each, as JSON, over HTTP to two web processes from two clients, until the
last is stored and acknowledged. The floor: two connections COPY the same claims and keys, one transaction a
batch, encoded beforehand from a real run. The usual way: a ModelSerializer with many=True and a save for each
claim, behind the same server, for some of the same batches. Each has a fresh copy of the same database, and the
three take turns.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from django.conf import settings

from claims.models import Claim, ClaimKey
from claims.submission import Submission
from tests.benchmarks.copying import copy_all, encode
from tests.benchmarks.database import filled, fresh, require_servers, use
from tests.benchmarks.population import claims_of, populate
from tests.benchmarks.web import Client, body_of, post, secrets, timed, web

MEMBERS, CLAIMS_IN_BATCH, LINES = 5_000, 1_000, 3
BATCHES, USUAL_BATCHES, REPETITIONS, CLIENTS = 20, 2, 5, 2
FLOOR_GOAL, USUAL_GOAL = 0.35, 80


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=BATCHES)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args()
    require_servers()
    population = populate(members=MEMBERS, claims=100)
    batches = _batches(population, options.batches)
    rates = {"batches": [], "floor": [], "usual": []}
    with filled(population, f"{settings.DATABASES['default']['NAME']}_batches") as template:
        rows = []
        for _ in range(options.repetitions):
            _measure(rates, template, batches, rows)
    _report(rates)


def _batches(population, count: int) -> list[list[Submission]]:
    """Batches of claims with three lines; whose they are does not matter before they are adjudicated."""
    many = claims_of(population, count=count * CLAIMS_IN_BATCH * 4, seed=3)
    claims = (claim for _code, claim in many if len(claim.content.lines) == LINES)
    return [list(islice(claims, CLAIMS_IN_BATCH)) for _ in range(count)]


def _measure(rates: dict[str, list[float]], template: str, batches, rows: list) -> None:
    """One turn of each. `rows` are filled by the first upload, for the floor."""
    for title, measure in (
        ("batches", lambda: _upload(batches, "/api/v1/claim-batches/", 202)),
        ("floor", lambda: copy_all(rows)),
        ("usual", lambda: _upload(batches[:USUAL_BATCHES], "/api/v1/benchmark/batches/", 201)),
    ):
        with fresh(f"{template}_copy", template) as copy:
            use(copy)
            before = Claim.objects.count()
            seconds = measure()
            stored = Claim.objects.count() - before
            if title == "batches" and not rows:
                rows.extend(_rows(batches))
        rates[title].append(stored / seconds)
        print(f"{title:8} {rates[title][-1]:10,.0f} claims/s", flush=True)


def _upload(batches: Sequence[Sequence[Submission]], path: str, expect: int) -> float:
    """Seconds from the first byte to the last answer. The server is warm, by as many claims one by one."""
    secret = list(secrets().values())[:CLIENTS]
    requests = [
        post(path, secret[number % CLIENTS], [body_of(claim) for claim in batch])
        for number, batch in enumerate(batches)
    ]
    with web(processes=CLIENTS) as port, ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda lane: _warm(port, secret[lane]), range(CLIENTS)))
        start = time.perf_counter()
        list(pool.map(lambda lane: _send(port, requests[lane::CLIENTS], expect), range(CLIENTS)))
        return time.perf_counter() - start


def _warm(port: int, secret: str) -> None:
    # A connection for each request, so that both processes get their share.
    for _ in range(20):
        timed(lambda: Client(port).send(post("/api/v1/benchmark/empty/", secret, {"a": 1})), expect=200)


def _send(port: int, requests: Sequence[bytes], expect: int) -> None:
    for request in requests:
        # One connection a batch, as files are sent, and so that no process serves both clients.
        timed(lambda request=request: Client(port).send(request), expect=expect)


def _rows(batches: Sequence[Sequence[Submission]]) -> list[list[bytes]]:
    """Keys and claims of each batch, as COPY takes them."""
    found = []
    for batch in batches:
        numbers = [claim.claim_number for claim in batch]
        found.append([encode(ClaimKey, numbers), encode(Claim, numbers)])
    return found


def _report(rates: dict[str, list[float]]) -> None:
    print()
    for title, found in rates.items():
        median, low, high = statistics.median(found), min(found), max(found)
        print(f"{title:8} {median:10,.0f} claims/s   (range {low:,.0f} to {high:,.0f})")
    for title, goal in (("floor", FLOOR_GOAL), ("usual", USUAL_GOAL)):
        ratios = [ours / other for ours, other in zip(rates["batches"], rates[title], strict=True)]
        median, low, high = statistics.median(ratios), min(ratios), max(ratios)
        print(f"batches / {title}: {median:.2f}   (range {low:.2f} to {high:.2f}; goal {goal:g})")


if __name__ == "__main__":
    main()
