"""Claims a second of the worker path, against the floor and against the usual way (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.adjudicate

20 000 queued claims of 5 000 members. The worker path: two worker processes, through the broker, from the
sweep's messages to the last commit. The floor: see `floor`. The usual way: see `usual`, on 1 000 of the same
claims. Each measurement has a fresh copy of the same database, and the three take turns, five times; beside
each stands what else the machine was doing.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from claims.models import Claim, Settlement
from claims.selectors import waiting_shards
from claims.tasks import hint
from tests.benchmarks import floor, usual
from tests.benchmarks.database import filled, fresh, require_servers, use
from tests.benchmarks.machine import Busy, Load, tree
from tests.benchmarks.population import populate
from tests.benchmarks.workers import workers

MEMBERS, CLAIMS, USUAL_CLAIMS, REPETITIONS = 5_000, 20_000, 1_000, 5
FLOOR_GOAL, USUAL_GOAL = 0.50, 80


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    parser.add_argument("--members", type=int, default=MEMBERS)
    options = parser.parse_args()
    require_servers()
    name = f"{settings.DATABASES['default']['NAME']}_bench"
    rates = {"worker": [], "floor": [], "usual": []}
    with filled(populate(members=options.members, claims=options.claims), name) as template:
        lanes = []
        for repetition in range(options.repetitions):
            print(f"repetition {repetition + 1} of {options.repetitions}")
            rates["worker"].append(_on_a_copy(template, "worker", lambda: _worker(options.claims, lanes)))
            rates["floor"].append(_on_a_copy(template, "floor", lambda: _floor(options.claims, lanes)))
            rates["usual"].append(_on_a_copy(template, "usual", _usual))
    _report(rates)


def _on_a_copy(template: str, title: str, measure: Callable[[], tuple[float, Load]]) -> float:
    with fresh(f"{template}_copy", template) as copy:
        use(copy)
        rate, load = measure()
    print(f"  {title:8} {rate:10,.0f} claims/s   {load}", flush=True)
    return rate


def _worker(claims: int, lanes: list) -> tuple[float, Load]:
    with workers() as parent:
        before, start = Busy.now(_ours(parent)), time.perf_counter()
        for shard in waiting_shards():
            hint([shard])
        wait_for_empty_queue()
        seconds = time.perf_counter() - start
        load = Busy.now(_ours(parent)).since(before, seconds)
    settled = Claim.objects.filter(status=Claim.State.SETTLED).count()
    if settled != claims:
        sys.exit(f"only {settled} of {claims} claims were settled")
    if not lanes:
        lanes.extend(floor.encode_run())
    return claims / seconds, load


def _floor(claims: int, lanes: list) -> tuple[float, Load]:
    seconds, load = floor.run(lanes)
    return claims / seconds, load


def _usual() -> tuple[float, Load]:
    ids = [str(id) for id in Claim.objects.order_by("seq").values_list("pk", flat=True)[:USUAL_CLAIMS]]
    with workers("--prefetch-multiplier", "4") as parent:
        before, start = Busy.now(_ours(parent)), time.perf_counter()
        for id in ids:
            usual.adjudicate.delay(id)
        _wait(lambda: Settlement.objects.count() == USUAL_CLAIMS)
        seconds = time.perf_counter() - start
        load = Busy.now(_ours(parent)).since(before, seconds)
    return USUAL_CLAIMS / seconds, load


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not done():
        if time.monotonic() > deadline:
            sys.exit("it takes too long: see what the workers log")
        time.sleep(0.03)  # asking costs the server time that the workers need


def wait_for_empty_queue() -> None:
    queued = Claim.objects.filter(status=Claim.State.QUEUED, parked=False)
    _wait(lambda: not queued.exists())


def _ours(parent: int) -> set[int]:
    """The workers, and the server's processes behind their connections."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return tree(parent) | {pid for (pid,) in cursor.fetchall()}


def _report(rates: dict[str, list[float]]) -> None:
    print()
    for title, found in rates.items():
        median, low, high = statistics.median(found), min(found), max(found)
        print(f"{title:8} {median:10,.0f} claims/s   (range {low:,.0f} to {high:,.0f})")
    for title, goal in (("floor", FLOOR_GOAL), ("usual", USUAL_GOAL)):
        ratios = [worker / other for worker, other in zip(rates["worker"], rates[title], strict=True)]
        median, low, high = statistics.median(ratios), min(ratios), max(ratios)
        print(f"worker / {title}: {median:.2f}   (range {low:.2f} to {high:.2f}; goal {goal:g})")


if __name__ == "__main__":
    main()
