"""The memory of a worker over 200 000 claims (PostgreSQL and Redis).

    DATABASE_URL=postgres://… BROKER_URL=redis://… python -m tests.benchmarks.memory

Ten waves of 20 000 claims go through one worker process; after each its resident memory is printed. It is flat
where the last wave leaves it within a tenth of what the second did: the first fills caches.
"""

import argparse
import sys

from django.conf import settings

from claims.models import Claim
from claims.selectors import waiting_shards
from claims.tasks import hint
from tests.benchmarks.adjudicate import wait_for_empty_queue
from tests.benchmarks.database import filled, require_servers, send, use
from tests.benchmarks.machine import resident, tree
from tests.benchmarks.population import claims_of, populate
from tests.benchmarks.workers import workers

MEMBERS, WAVES, CLAIMS_PER_WAVE = 5_000, 10, 20_000
MAX_GROWTH = 0.10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--claims-per-wave", type=int, default=CLAIMS_PER_WAVE)
    size = parser.parse_args().claims_per_wave
    require_servers()
    population = populate(members=MEMBERS, claims=100)
    with filled(population, f"{settings.DATABASES['default']['NAME']}_memory") as name:
        use(name)
        with workers(processes=1) as parent:
            held = [_wave(parent, population, number, size) for number in range(1, WAVES + 1)]
    growth = held[-1] / held[1] - 1
    print(f"\nfrom the second wave to the last: {growth:+.1%} (flat: within {MAX_GROWTH:.0%})")
    sys.exit(growth > MAX_GROWTH)


def _wave(parent: int, population, number: int, size: int) -> float:
    """Megabytes that the worker's process holds after this wave."""
    send(claims_of(population, count=size, seed=1000 + number))
    for shard in waiting_shards():
        hint([shard])
    wait_for_empty_queue()
    megabytes = max(resident(pid) for pid in tree(parent) - {parent})
    settled = Claim.objects.filter(status=Claim.State.SETTLED).count()
    print(f"wave {number:2}   {settled:8,} claims settled   {megabytes:7.1f} MB", flush=True)
    return megabytes


if __name__ == "__main__":
    main()
