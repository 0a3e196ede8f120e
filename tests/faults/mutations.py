"""Whether the harness notices: each guard is taken out in turn, and the scenario that it guards must fail.

python -m tests.faults.mutations [--seed N] [--only GUARD]
"""

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.commands import SHORT_MEMBERS, played, world


@dataclass(frozen=True)
class Mutation:
    """`scenario` without a guard: the environment of its processes, and statements for its database."""

    guard: str
    scenario: str
    environment: tuple[tuple[str, str], ...] = ()
    statements: tuple[str, ...] = ()
    patience: float = 40


def _without_triggers(*tables: str) -> tuple[str, ...]:
    return tuple(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)


# The table's own, or one of each part in which it is kept.
_PLACES = """
DO $$ DECLARE place record; BEGIN
    FOR place IN
        SELECT conrelid::regclass AS part, conname FROM pg_constraint
        WHERE contype = 'u' AND conparentid = 0
          AND conrelid IN (SELECT relid FROM pg_partition_tree('claims_settlement')
                           UNION SELECT 'claims_settlement'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', place.part, place.conname);
    END LOOP;
END $$
"""

MUTATIONS = (
    Mutation("the shard's lock", "hot_member", (("FAULTS_UNGUARDED", "lock"),), patience=120),
    Mutation(
        "the unique claim number",
        "cut_off_and_at_once",
        statements=("ALTER TABLE claims_claimkey DROP CONSTRAINT claim_number_once",),
        patience=120,
    ),
    Mutation(
        "the unique revision and place",
        "tampered_with",
        statements=(
            "ALTER TABLE claims_settlement DROP CONSTRAINT settlement_revision_once CASCADE",
            _PLACES,
        ),
        patience=120,
    ),
    Mutation("the sweep", "messages_lost", (("FAULTS_UNGUARDED", "no-sweep"),)),
    Mutation(
        "the append-only triggers",
        "tampered_with",
        statements=_without_triggers("claims_settlement", "claims_claim", "members_accountentry"),
        patience=120,
    ),
    Mutation("the count of sets that never ended", "poison", (("FAULTS_UNGUARDED", "deaths"),), patience=90),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations")
    parser.add_argument("--seed", default="")
    parser.add_argument("--only", action="append", metavar="GUARD")
    options = parser.parse_args()
    seed = options.seed or str(random.randrange(10**6))
    print(f"seed {seed}", flush=True)
    unnoticed = []
    with world(seed, SHORT_MEMBERS) as shared:
        for mutation in MUTATIONS:
            if options.only and mutation.guard not in options.only:
                continue
            if not _is_noticed(shared, mutation):
                unnoticed.append(mutation.guard)
    print(f"NOT NOTICED: {', '.join(unnoticed)}" if unnoticed else "Every guard taken out was noticed.")
    sys.exit(bool(unnoticed))


def _is_noticed(shared, mutation: Mutation) -> bool:
    """By what the checks found. That a scenario broke down is no finding."""
    shared.without = mutation.statements
    row = played(shared, _scenario(mutation.scenario), False, dict(mutation.environment), mutation.patience)
    found = row.play.findings
    print(
        f"without {mutation.guard}: {'noticed' if found else 'NOT noticed'} ({mutation.scenario})", flush=True
    )
    for line in row.lines():
        print(line, flush=True)
    return bool(found)


def _scenario(name: str) -> Callable:
    from tests.faults.scenarios import SCENARIOS

    return next(scenario for scenario in SCENARIOS if scenario.__name__ == name)


if __name__ == "__main__":
    main()
