"""Clauses as pages name them: where something stands, on what basis, and how it was read."""

from dataclasses import dataclass

from policies import terms
from policies.models.base import CiteKind


@dataclass(frozen=True)
class Cite:
    """Where something stands. `basis` is a label where it is assumed or illustrative, else ""."""

    document: str
    clause: str
    basis: str = ""
    note: str = ""


def cite(document: str, clause: str, kind: str, note: str = "") -> Cite:
    """Where something stands, as pages show it: a basis is named only where it is no text."""
    return Cite(document, clause, "" if kind == terms.TEXT else str(CiteKind(kind).label), note)


def note_mark(note: str) -> str:
    """ "I-6 …" → "I-6"; a note without a number of its own gets the sign for a remark."""
    first = note.split(" ", 1)[0]
    return first if first.startswith("I-") else "※"
