"""The facts about one claim as of this moment, for whoever asks and writes nothing: quotes and entitlement.

All are of one moment: a settlement written meanwhile is seen whole or not at all. Nothing is locked, and
nobody's lock is waited for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection

from claims import one_statement
from claims.facts import load_facts
from claims.sets import Facts, Incoming
from members.selectors import paid_in


def facts_now(claim: Incoming, *, on: date) -> Facts:
    """What adjudicating the claim on the day `on` would be given, if it were next."""
    if one_statement.reads(claim):  # which is one moment by itself
        return one_statement.read_facts(claim, on)
    with _one_moment():
        return load_facts([claim], on=on, lock=False)


def standing_now(claim: Incoming, *, on: date) -> tuple[Facts, int]:
    """The same, and what the member's own account has paid in the claim's year (fen)."""
    with _one_moment():
        facts = load_facts([claim], on=on, lock=False)
        record = facts.members.get(claim.content.member_number)
        return facts, paid_in(record.id, claim.day.year) if record is not None else 0


@contextmanager
def _one_moment() -> Iterator[None]:
    """Reads inside see one state of the database; a transaction that is open already decides that itself."""
    if connection.in_atomic_block:
        yield
        return
    # Django's own way begins by taking SQLite's only write lock, which readers neither need nor may wait for.
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if connection.vendor == "postgresql" else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
