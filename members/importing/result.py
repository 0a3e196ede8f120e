"""What an import came to, and the changes that it tells the listeners, gathered so that there are few."""

from collections import defaultdict
from dataclasses import dataclass, field

from members.periods import Span
from members.registry import Fact, FactsChanged, facts_changed


class Changes:
    """The changes of a chunk: one event for all parties that the same change happened to."""

    def __init__(self, institutions: bool = False):
        self.parties = "institution_ids" if institutions else "member_ids"
        self.groups: dict[tuple, set[int]] = defaultdict(set)

    def add(self, fact: Fact, span: Span, cause: str, party: int) -> None:
        self.groups[fact, span, cause].add(party)

    def tell(self) -> None:
        for (fact, span, cause), parties in self.groups.items():
            facts_changed(FactsChanged(fact, *span, cause, **{self.parties: tuple(sorted(parties))}))
        self.groups.clear()


@dataclass
class Result:
    """Counts of an import; `refused`: the lines that what is on record ruled out."""

    created: int = 0
    updated: int = 0
    refused: set[int] = field(default_factory=set)
