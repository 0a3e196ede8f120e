"""From what is stored to what a reader is told: names for what keys point at, figures in yuan and percent."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Protocol

from django.contrib.auth import get_user_model
from django.db.models import Field, Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from policies.history.entries import ADDED, CHANGED, EVENT, KINDS, REMOVED, Change, Entry
from policies.history.registry import origins_between
from policies.history.sources import Happened, Kept

_CITIZEN_NUMBER = re.compile(r"(?<![0-9A-Za-z])([0-9]{4})[0-9]{10}([0-9]{3}[0-9Xx])(?![0-9A-Za-z])")


class Speaker(Protocol):
    """Who knows how a model's fields are called and read: its admin."""

    hidden_history: tuple[str, ...]

    def tell(self, name: str, value, record: Model) -> str | None: ...

    def label(self, name: str): ...

    def title(self, record: Model) -> str: ...


Speakers = Callable[[type[Model]], Speaker]


def masked(text: str) -> str:
    """A text that people typed, without whole citizen numbers: "370600**********001X"."""
    return _CITIZEN_NUMBER.sub(lambda found: f"{found[1]}{'*' * 10}{found[2]}", text)


class Words:
    """Says rows and their fields; what they point at is fetched once for all of them."""

    def __init__(self, rows: Iterable[Model], speakers: Speakers):
        self.speakers = speakers
        self.named = Named(rows)

    def what(self, model: type[Model], row: Model) -> str:
        """A row by its own name, with what it points at taken from the queries that fetched it."""
        instance = row.instance if hasattr(row, "history_type") else row
        for field in model._meta.concrete_fields:
            if field.remote_field and (target := self.named.of(field, row)) is not None:
                setattr(instance, field.name, target)
        return self.speakers(model).title(instance)

    def value(self, field: Field, row: Model, speaker: Speaker) -> str:
        """A field as people read it; "" where it is empty."""
        value = getattr(row, field.attname)
        if value is None or value in ("", [], {}):
            return ""
        if (told := speaker.tell(field.name, value, row)) is not None:
            return told
        if field.remote_field:
            target = self.named.of(field, row)
            return str(value) if target is None else self.speakers(type(target)).title(target)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, datetime):
            return date_format(timezone.localtime(value), "Y-m-d H:i")
        return masked(str(value))


class Teller:
    """Turns rows into entries."""

    def __init__(self, found: Sequence[Kept | Happened], speakers: Speakers):
        kept = [item for item in found if isinstance(item, Kept)]
        rows = [row for item in kept for row in (item.row, item.before) if row is not None]
        self.words = Words(rows, speakers)
        keys = {item.row.history_user_id for item in kept} - {None}
        self.users = get_user_model()._default_manager.in_bulk(keys) if keys else {}
        moments = [item.place.at for item in found]
        self.origins = origins_between(min(moments), max(moments)) if moments else {}

    def entries(self, found: Iterable[Kept | Happened]) -> Iterable[Entry]:
        """An entry of each, without those in which nothing changed that a reader sees."""
        for item in found:
            entry = self._event(item) if isinstance(item, Happened) else self._change_of(item)
            if entry is not None:
                yield entry

    def _event(self, item: Happened) -> Entry:
        told = item.source.tell(item.row)
        actor = getattr(item.row, item.source.actor) if item.source.actor else None
        return Entry(
            at=item.place.at,
            who=told.who or (actor.get_username() if actor else _("the system")),
            model=_name(item.source.model),
            what=masked(told.what),
            kind=EVENT,
            told=told.told,
            changes=tuple(Change(c.label, masked(c.old), masked(c.new)) for c in told.changes),
            reason=masked(told.reason),
            origin=told.origin or self.origins.get((item.place.at, actor.pk if actor else None), ""),
        )

    def _change_of(self, item: Kept) -> Entry | None:
        row, kind = item.row, item.row.history_type
        if kind == CHANGED and item.before is None:
            kind = ADDED  # its beginning is not on record
        before = item.before if kind == CHANGED else None
        changes = () if kind == REMOVED else self._changes(item, before)
        if kind == CHANGED and not changes:
            return None
        return Entry(
            at=item.place.at,
            who=self._who(row.history_user_id),
            model=_name(item.source.model),
            what=self.words.what(item.source.model, row),
            kind=kind,
            told=str(KINDS[kind]),
            changes=changes,
            reason=masked(row.history_change_reason or ""),
            origin=self._origin(item),
        )

    def _who(self, key: int | None) -> str:
        return self.users[key].get_username() if key in self.users else _("the system")

    def _origin(self, item: Kept) -> str:
        """From where a change came: as it is on record, else by who made it."""
        user = item.row.history_user_id
        known = self.origins.get((item.place.at, user))
        if known:
            return known
        return _("page") if user is not None else _("command")

    def _changes(self, item: Kept, before: Model | None) -> tuple[Change, ...]:
        """The fields that differ. Of the record whose page this is, its owner goes without saying."""
        speaker = self.words.speakers(item.source.model)
        hidden = {*speaker.hidden_history, *item.source.owners}
        found = []
        for field in shown_fields(item.source.model, hidden):
            old = "" if before is None else self.words.value(field, before, speaker)
            new = self.words.value(field, item.row, speaker)
            if old != new:
                label = capfirst(str(speaker.label(field.name)))
                found.append(Change(label, *differing_lines(old, new)))
        return tuple(found)


def differing_lines(old: str, new: str) -> tuple[str, str]:
    """Of two texts of many lines only the lines that differ; any others as they are."""
    if "\n" not in old or "\n" not in new:
        return old, new
    before, after = old.splitlines(), new.splitlines()
    gone, come = [], []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += before[a:b]
            come += after[c:d]
    return ("\n".join(gone), "\n".join(come)) if gone or come else (old, new)


def shown_fields(model: type[Model], hidden: set[str]) -> list[Field]:
    """The fields of a model whose changes a reader is told."""
    tracked = {field.name for field in model.history.model.tracked_fields}
    return [
        field
        for field in model._meta.concrete_fields
        if field.name in tracked and not field.primary_key and hidden.isdisjoint((field.name, field.attname))
    ]


def _name(model: type[Model]) -> str:
    return capfirst(str(model._meta.verbose_name))


class Named:
    """What foreign keys point at: as it is now, or as it was last where it is gone. Two queries a model."""

    def __init__(self, rows: Iterable[Model]):
        wanted: dict[type[Model], set] = defaultdict(set)
        for row in rows:
            for field in _relations(type(row)):
                wanted[field.remote_field.model].add(getattr(row, field.attname))
        self.found = {model: _by_key(model, keys - {None}) for model, keys in wanted.items()}
        self._complete()

    def of(self, field: Field, row: Model) -> Model | None:
        return self.found.get(field.remote_field.model, {}).get(getattr(row, field.attname))

    def _complete(self) -> None:
        """What these point at in turn, where it is among what was found: names are made of it."""
        for things in list(self.found.values()):
            for thing in things.values():
                for field in thing._meta.concrete_fields:
                    if field.remote_field and (target := self.of(field, thing)) is not None:
                        setattr(thing, field.name, target)


def _relations(model: type[Model]) -> list[Field]:
    """The foreign keys that a history row has of its own record."""
    own = {field.name for field in getattr(model, "tracked_fields", model._meta.concrete_fields)}
    return [field for field in model._meta.concrete_fields if field.remote_field and field.name in own]


def _by_key(model: type[Model], keys: set) -> dict:
    if not keys:
        return {}
    found = model._default_manager.in_bulk(keys)
    gone = keys - found.keys()
    if gone and hasattr(model, "history"):
        key = model._meta.pk.attname
        for row in model.history.filter(**{f"{key}__in": gone}).order_by("history_id"):
            found[getattr(row, key)] = row.instance
    return found
