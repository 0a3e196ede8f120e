"""What the database itself refuses of claims and settlements, on PostgreSQL and on SQLite.

Plain append-only tables use the triggers of `policies`. The two below fire on the busiest tables, so they cost
nothing where there is nothing to check: a set's first settlements and its claims' states pass them unseen.
"""

from dataclasses import dataclass

from claims.engine.result import AMOUNTS
from policies.triggers import DELETE, INSERT, UPDATE, Trigger, append_only

CLAIM, SETTLEMENT = "claims_claim", "claims_settlement"
# What an institution sent, with what intake made of it: all of a claim's columns before `status`.
SENT = (
    "id",
    "seq",
    "institution_id",
    "claim_number",
    "member_number",
    "shard",
    "benefit",
    "service_date",
    "admitted_on",
    "discharged_on",
    "total",
    "content",
    "source",
    "entered_by_id",
    "received_at",
    "received_on",
)
# What a reversing revision repeats of the revision that it reverses.
REPEATED = ("member_id", "institution_id", "place", "city", "service_date", "version_id", "benefit", "reason")


@dataclass(frozen=True)
class SentTrigger(Trigger):
    """Refuses to change any of `columns` once the row is there."""

    columns: tuple[str, ...] = ()

    def create_sql(self, vendor: str) -> list[str]:
        differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
        moved = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in self.columns)
        head = f'CREATE TRIGGER "{self.name}" BEFORE UPDATE OF {", ".join(self.columns)} ON "{self.table}"'
        return _create(self, vendor, f"{head} FOR EACH ROW WHEN ({moved})", "")


@dataclass(frozen=True)
class FollowsTrigger(Trigger):
    """Refuses a revision without the one before it, and a reversal that is not its exact negation."""

    def create_sql(self, vendor: str) -> list[str]:
        negated = " AND ".join(f"p.{name} = -NEW.{name}" for name in AMOUNTS)
        repeated = " AND ".join(f"p.{name} = NEW.{name}" for name in REPEATED)
        follows = (
            f"EXISTS (SELECT 1 FROM {self.table} p WHERE p.claim_id = NEW.claim_id "
            f"AND p.revision = NEW.revision - 1 AND (NEW.revision % 2 = 1 OR ({negated} AND {repeated})))"
        )
        # AFTER: a BEFORE trigger would make PostgreSQL's COPY insert row by row.
        head = f'CREATE TRIGGER "{self.name}" AFTER INSERT ON "{self.table}"'
        return _create(self, vendor, f"{head} FOR EACH ROW WHEN (NEW.revision > 1)", f"NOT {follows}")


def _create(trigger: Trigger, vendor: str, head: str, refused: str) -> list[str]:
    """The statements for a trigger of which `head` says when it fires, and `refused` what it refuses ("": all)."""
    if vendor != "postgresql":
        where = f" WHERE {refused}" if refused else ""
        body = f"BEGIN SELECT RAISE(ABORT, '{trigger.text}'){where}; END"
        return [*trigger.drop_sql(vendor), f"{head} {body}"]
    function = f"{trigger.name}_fn"
    refuse = f"RAISE EXCEPTION '{trigger.text}' USING ERRCODE = 'integrity_constraint_violation'"
    check = f"IF {refused} THEN {refuse}; END IF" if refused else refuse
    body = f"BEGIN {check}; RETURN NEW; END"
    return [
        f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS $${body}$$',
        *trigger.drop_sql(vendor),
        f'{head} EXECUTE FUNCTION "{function}"()',
    ]


BATCH_TRIGGERS: list[Trigger] = [*append_only("claims_claimbatch"), *append_only("claims_claimbatchrow")]
CLAIM_TRIGGERS: list[Trigger] = [
    SentTrigger(CLAIM, UPDATE, "what an institution sent never changes", columns=SENT),
    Trigger(CLAIM, DELETE, "claims are never deleted"),
    *append_only("claims_claimkey"),
    *append_only("claims_claimevent"),
    *BATCH_TRIGGERS,
    *append_only("claims_readjudicationrun"),
    *append_only(SETTLEMENT),
    FollowsTrigger(
        SETTLEMENT,
        INSERT,
        "a revision follows the one before, and a reversal is its exact negation",
        tables=(SETTLEMENT,),
    ),
]
