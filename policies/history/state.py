"""A record and all that belongs to it as they stood at a past moment."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from policies import store
from policies.history.registry import readable_sources
from policies.history.sources import Records
from policies.history.telling import Speakers, Words, shown_fields
from policies.models import PolicyDocument, PolicyVersion
from policies.statements import statements


@dataclass(frozen=True)
class Standing:
    """One row as it stood: its name, and what it said (label, text)."""

    name: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Block:
    title: str
    rows: tuple[Standing, ...]


def state_at(record: Model, moment: datetime, reader, speakers: Speakers) -> list[Block]:
    """What was on record at a moment, as far as someone may read it; nothing where the record came later."""
    special = _STATES.get(type(record))
    return special(record, moment) if special else _rows_at(record, moment, reader, speakers)


def _rows_at(record: Model, moment: datetime, reader, speakers: Speakers) -> list[Block]:
    found = []
    for source in readable_sources(type(record), reader):
        if isinstance(source, Records):
            rows = source.at(source.of([record.pk]), moment)
            if rows:
                found.append((source, rows))
    words = Words([row for _source, rows in found for row in rows], speakers)
    return [_block(source, rows, words) for source, rows in found]


def _block(source: Records, rows: list[Model], words: Words) -> Block:
    model = source.model
    speaker = words.speakers(model)
    fields = shown_fields(model, {*speaker.hidden_history, *source.owners})

    def values(row):
        for field in fields:
            if text := words.value(field, row, speaker):
                yield capfirst(str(speaker.label(field.name))), text

    standings = tuple(Standing(words.what(model, row), tuple(values(row))) for row in rows)
    return Block(capfirst(str(model._meta.verbose_name_plural)), standings)


def _version_at(version: PolicyVersion, moment: datetime) -> list[Block]:
    """A version in its own words: statement by statement, with the clause of each."""
    own = Records(PolicyVersion, ("id",))
    heads = own.at(own.of([version.pk]), moment)
    if not heads:
        return []
    blocks: dict[str, list[Standing]] = defaultdict(list)
    for statement in statements(store.content_from(heads[0], _PastTables(moment))).values():
        clause = ((_("clause"), statement.clause),) if statement.clause else ()
        blocks[statement.title].append(Standing(statement.subject, (("", statement.text), *clause)))
    return [Block(title, tuple(rows)) for title, rows in blocks.items()]


class _PastTables:
    """The tables of a version's rows as they stood at a moment, for `store.content_from`."""

    def __init__(self, moment: datetime):
        self.moment = moment
        self.numbers = dict(PolicyDocument.objects.values_list("pk", "number"))

    def rows(self, model: type[Model], version_id: int) -> list[Model]:
        source = Records(model, ("version_id",))
        rows = source.at(source.of([version_id]), self.moment)
        return sorted(rows, key=lambda row: (getattr(row, "position", 0), row.pk))


_STATES: dict[type[Model], Callable[[Model, datetime], list[Block]]] = {PolicyVersion: _version_at}
