"""The engine alone, on one core: ordinary claims a second, with compact steps recorded.

    python -m tests.benchmarks.engine [--profile]

Two figures: `settle` on cases that are ready (the engine), and `settle_set` (the case built from facts, too).
"""

import argparse
import cProfile
import gc
import pstats
import statistics
import time

from claims.engine.settle import settle
from claims.sets import Facts, Incoming, build_case, settle_set
from tests.benchmarks.population import populate

CLAIMS, MEMBERS, REPETITIONS = 20_000, 5_000, 5


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead of the figures")
    population = populate(members=MEMBERS, claims=CLAIMS)
    claims = population.incoming()
    cases = _cases(population.facts(), claims)
    gc.collect()
    gc.freeze()
    if parser.parse_args().profile:
        profiler = cProfile.Profile()
        profiler.runcall(_settle_cases, cases)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        return
    engine = [CLAIMS / _seconds(_settle_cases, cases) for _ in range(REPETITIONS)]
    sets = [CLAIMS / _seconds(settle_set, population.facts(), claims) for _ in range(REPETITIONS)]
    for name, figures in (("engine (settle)", engine), ("set (build the case, settle)", sets)):
        median, low, high = statistics.median(figures), min(figures), max(figures)
        print(f"{name:32} {median:10,.0f} claims/s   (range {low:,.0f} to {high:,.0f})")


def _cases(facts: Facts, claims: list[Incoming]) -> list[tuple]:
    return [build_case(facts, claim, facts.members[claim.content.member_number], (), "") for claim in claims]


def _settle_cases(cases: list[tuple]) -> None:
    used = {}
    for case, terms in cases:
        of_member = used.setdefault(case.member.id, {})
        for key, amount in settle(terms, case, of_member).deltas.items():
            of_member[key] = of_member.get(key, 0) + amount


def _seconds(function, *args) -> float:
    start = time.process_time()  # of this core alone, whoever else runs beside it
    function(*args)
    return time.process_time() - start


if __name__ == "__main__":
    main()
