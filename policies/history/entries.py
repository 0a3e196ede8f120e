"""What a history page says, in final texts: entries, and steps of work that belong together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext_lazy as _

ADDED, CHANGED, REMOVED, EVENT = "+", "~", "-", "!"
KINDS = {ADDED: _("added"), CHANGED: _("changed"), REMOVED: _("removed")}


@dataclass(frozen=True)
class Change:
    """One field of an entry. `old` is "" where there was nothing before, `new` where nothing is left."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One change of one record, or one event. `what` names the record, `origin` says from where it came.

    `kind` is one of the signs above, `told` its word; `address` is the page of what it belongs to, where the
    entry stands among those of others.
    """

    at: datetime
    who: str
    model: str
    what: str
    kind: str
    told: str
    changes: tuple[Change, ...]
    reason: str
    origin: str
    address: str = ""


@dataclass(frozen=True)
class Step:
    """Entries of one moment, by one person, for one reason."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        return self.entries[0]


def steps(entries: Iterable[Entry]) -> list[Step]:
    """Records added together (a version's rows, an import) as one step; every other entry by itself."""
    found = []
    for (added, *_rest), group in groupby(entries, key=_step):
        members = tuple(group)
        found += [Step(members)] if added else [Step((entry,)) for entry in members]
    return found


def _step(entry: Entry) -> tuple:
    return entry.kind == ADDED, entry.at.replace(microsecond=0), entry.who, entry.reason, entry.address
