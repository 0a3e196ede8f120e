"""What differs between two versions, as pages show it: by title, with the remarks made at each figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.cites import Cite, cite
from policies.compare import Difference
from policies.desk import Thread
from policies.places import Placed, anchor
from policies.statements import Statement


@dataclass(frozen=True)
class Change:
    """A difference with the remarks made at it."""

    difference: Difference
    threads: tuple[Thread, ...] = ()

    @property
    def anchor(self) -> str:
        return anchor(self.difference.place)

    @property
    def cite(self) -> Cite:
        """Where the new figure stands."""
        return _cite(self.difference.given)

    @property
    def old_cite(self) -> Cite:
        """Where the old one stood."""
        return _cite(self.difference.old or self.difference.given)


def _cite(statement: Statement) -> Cite:
    return cite(statement.document, statement.clause, statement.basis, statement.note)


def by_title(
    found: Sequence[Difference], threads: Sequence[Thread] = ()
) -> tuple[list[tuple[str, list[Change]]], list[Thread]]:
    """The differences by title, each with its remarks; and the remarks at what does not differ."""
    placed = Placed((difference.place, difference.place) for difference in found)
    at: dict[str, list[Thread]] = {}
    others = []
    for thread in threads:
        place = placed.find(thread.place) if thread.place else None
        (others if place is None else at.setdefault(place, [])).append(thread)
    blocks: dict[str, list[Change]] = {}
    for difference in found:
        change = Change(difference, tuple(at.get(difference.place, ())))
        blocks.setdefault(difference.title, []).append(change)
    return list(blocks.items()), others
