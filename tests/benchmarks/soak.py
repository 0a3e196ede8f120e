"""Upload and adjudication at once, for minutes, at a share of what the machine can do (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.soak [--minutes 10]

One client sends batches to two web processes while two worker processes adjudicate. What the machine can do is
measured first: batches as fast as they are taken, from the first byte until the queue is empty. Then batches come
at 70 % of that, evenly. Twice a second the age of the oldest queued claim is noted, and every half minute the
memory of the worker's processes.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice

from django.conf import settings

from claims.models import Claim
from claims.selectors import queue_state
from tests.benchmarks.adjudicate import wait_for_empty_queue
from tests.benchmarks.database import filled, require_servers
from tests.benchmarks.machine import resident, tree
from tests.benchmarks.population import claims_of, populate
from tests.benchmarks.web import Client, body_of, post, secrets, timed, web
from tests.benchmarks.workers import workers

PATH = "/api/v1/claim-batches/"
MEMBERS, DIFFERENT, BATCH, FLAT_OUT, SHARE, MINUTES = 20_000, 40_000, 200, 10_000, 0.7, 10
GOAL_SECONDS, MAX_GROWTH = 2.0, 0.10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=MINUTES)
    options = parser.parse_args()
    require_servers()
    population = populate(members=MEMBERS, claims=100)
    with filled(population, f"{settings.DATABASES['default']['NAME']}_soak"):
        requests = _requests(population, next(iter(secrets().values())))
        with workers() as parent, web(processes=2) as port:
            capacity = _capacity(port, requests)
            rate = capacity * SHARE
            print(f"capacity {capacity:,.0f} claims/s: {rate:,.0f} a second for {options.minutes:g} minutes")
            ages, memory = _soak(port, requests, rate, options.minutes * 60, parent)
            wait_for_empty_queue()
        settled = Claim.objects.filter(status=Claim.State.SETTLED).count()
    _report(ages, memory, settled)


def _requests(population, secret: str) -> Iterator[bytes]:
    """Batches of claims that were never sent before: the same ones under other numbers, turn after turn, since to
    invent each would take a tenth of the machine from what is measured.
    """
    first = 1000
    claims = [body_of(claim) for _code, claim in claims_of(population, count=DIFFERENT, seed=first)]
    batches = [post(PATH, secret, claims[at : at + BATCH]) for at in range(0, DIFFERENT, BATCH)]
    for turn in range(first, 10 * first):
        # As long as what it stands for, so that the length in the head holds.
        yield from (batch.replace(b'"B%d-' % first, b'"B%d-' % turn) for batch in batches)


def _send(port: int, request: bytes) -> None:
    timed(lambda: Client(port).send(request), expect=202)


def _capacity(port: int, requests: Iterator[bytes]) -> float:
    """Claims a second, stored and adjudicated, with the first ones as a warm-up."""
    for request in islice(requests, 5):
        _send(port, request)
    wait_for_empty_queue()
    ready = list(islice(requests, FLAT_OUT // BATCH))
    start = time.perf_counter()
    for request in ready:
        _send(port, request)
    wait_for_empty_queue()
    return FLAT_OUT / (time.perf_counter() - start)


def _soak(port: int, requests: Iterator[bytes], rate: float, seconds: float, parent: int) -> tuple:
    ages, memory, done = [], [], threading.Event()
    watcher = threading.Thread(target=_watch, args=(ages, memory, done, parent))
    watcher.start()
    start, sent = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        request = next(requests)
        # Behind the clock, it sends at once: an open loop, which does not spare a slow server.
        time.sleep(max(0.0, start + sent * BATCH / rate - time.perf_counter()))
        _send(port, request)
        sent += 1
    done.set()
    watcher.join()
    return ages, memory


def _watch(ages: list[float], memory: list[float], done: threading.Event, parent: int) -> None:
    noted = 0.0
    while not done.wait(0.5):
        ages.append(queue_state()["oldest_queued_age_seconds"] or 0.0)
        if time.monotonic() - noted >= 30:
            noted = time.monotonic()
            memory.append(max(resident(pid) for pid in tree(parent) - {parent}))
            print(f"oldest queued {ages[-1]:5.2f} s   a worker's process {memory[-1]:6.1f} MB", flush=True)


def _report(ages: list[float], memory: list[float], settled: int) -> None:
    cuts = statistics.quantiles(ages, n=100)
    growth = memory[-1] / memory[min(1, len(memory) - 1)] - 1
    print(f"\n{settled:,} claims settled")
    print(
        f"age of the oldest queued claim: p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s (goal {GOAL_SECONDS:g} s)"
    )
    print(f"memory, from the second look to the last: {growth:+.1%} (flat: within {MAX_GROWTH:.0%})")
    sys.exit(cuts[98] > GOAL_SECONDS or growth > MAX_GROWTH)


if __name__ == "__main__":
    main()
