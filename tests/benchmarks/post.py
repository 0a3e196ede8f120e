"""Claims one by one over HTTP (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.post

How many a second: four clients, two web processes, against an ordinary DRF view that stores the same two rows
(tests.benchmarks.ordinary); the two take turns. And how long from POST to the settlement in its answer
(`Prefer: wait`): one client, one worker process. `--embedded` measures that alone, on whatever database and
broker the environment names: without any, SQLite and the file broker.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command

from tests.benchmarks.database import filled, publish, require_servers, write_parties
from tests.benchmarks.population import Population, claims_of, populate
from tests.benchmarks.web import Client, body_of, post, secrets, timed, web
from tests.benchmarks.workers import workers

MEMBERS, CLIENTS, ROUNDS = 1_000, 4, 6
PER_ROUND, WAITS, WARM = 400, 500, 50
GOAL = 3.0
P50_GOAL, P99_GOAL, EMBEDDED_GOAL = 15, 50, 500
PATHS = {"claims": "/api/v1/claims/", "drf": "/api/v1/benchmark/claims/"}
EXPECTED = {"claims": 202, "drf": 201}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--per-round", type=int, default=PER_ROUND)
    parser.add_argument("--waits", type=int, default=WAITS)
    options = parser.parse_args()
    population = populate(members=MEMBERS, claims=0)
    if options.embedded:
        with _embedded(population) as keys:
            return _latency(population, keys, options.waits, EMBEDDED_GOAL, None)
    require_servers()
    with filled(population, f"{settings.DATABASES['default']['NAME']}_post"):
        keys = secrets()
        # First, since the ordinary view's claims are none that a worker could read.
        _latency(population, keys, options.waits, P50_GOAL, P99_GOAL)
        _rates(population, keys, options)


@contextmanager
def _embedded(population: Population) -> Iterator[dict[str, str]]:
    """The database that the environment names, which must be empty: VAR_DIR moves SQLite's."""
    call_command("migrate", verbosity=0)
    publish()
    write_parties(population)
    yield secrets()


def _rates(population: Population, keys: dict[str, str], options: argparse.Namespace) -> None:
    found = {name: [] for name in PATHS}
    with web(processes=2) as port:
        for name in PATHS:
            _rate(port, _requests(population, keys, name, WARM, seed=name))
        for number in range(options.rounds):
            for name in PATHS:
                sent = _requests(population, keys, name, options.per_round, seed=f"{name}{number}")
                found[name].append(_rate(port, sent))
            print("  ".join(f"{name} {rates[-1]:6.0f}/s" for name, rates in found.items()), flush=True)
    for name, rates in found.items():
        print(
            f"{name:7} {statistics.median(rates):6.0f} requests/s (range {min(rates):.0f} to {max(rates):.0f})"
        )
    ratios = [ours / theirs for ours, theirs in zip(*found.values(), strict=True)]
    low, high = min(ratios), max(ratios)
    print(f"claims / drf: {statistics.median(ratios):.2f}   (range {low:.2f} to {high:.2f}; goal {GOAL:g})")


def _requests(population: Population, keys, name: str, count: int, seed: str) -> list[tuple[bytes, int]]:
    return [
        (post(PATHS[name], keys[code], body_of(claim)), EXPECTED[name])
        for code, claim in claims_of(population, count=count, seed=seed)
    ]


def _rate(port: int, requests: list[tuple[bytes, int]]) -> float:
    """Requests a second, sent by some clients at once, each as soon as its last is answered."""
    shares = [requests[at::CLIENTS] for at in range(CLIENTS)]
    threads = [threading.Thread(target=_send, args=(port, share)) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(requests) / (time.perf_counter() - start)


def _send(port: int, requests: list[tuple[bytes, int]]) -> None:
    client = Client(port)
    for request, expected in requests:
        timed(lambda request=request: client.send(request), expect=expected)


def _latency(population, keys, count: int, p50_goal: int, p99_goal: int | None) -> None:
    sent = [
        post(PATHS["claims"], keys[code], body_of(claim), "Prefer: wait=10")
        for code, claim in claims_of(population, count=count + WARM, seed="wait")
    ]
    with workers(processes=1), web(processes=2) as port:
        client = Client(port)
        seconds = [timed(lambda request=x: client.send(request), expect=200) for x in sent][WARM:]
    cuts = [cut * 1000 for cut in statistics.quantiles(seconds, n=100)]
    goals = f"goal p50 {p50_goal} ms" + (f", p99 {p99_goal} ms" if p99_goal else "")
    print(f"POST to settlement: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms   ({goals})")


if __name__ == "__main__":
    main()
