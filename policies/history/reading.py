"""Reads history: of one record with all that belongs to it, or the latest of many."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth import get_user_model
from django.db.models import Model, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from policies import access
from policies.history.entries import Entry
from policies.history.registry import Source, readable_sources
from policies.history.sources import Happened, Kept, Records
from policies.history.telling import Speakers, Teller, shown_fields
from policies.history.wanted import SYSTEM, Place, Wanted

ON_A_PAGE = 500


@dataclass(frozen=True)
class Page:
    """Entries, the newest first. `last`: the place behind which there are more (None: there are none)."""

    entries: tuple[Entry, ...]
    last: Place | None


@dataclass(frozen=True)
class _Part:
    """A source as far as it is about some records."""

    source: Source
    records: QuerySet
    reader: object

    def rows(self) -> Q | QuerySet:
        """What belongs to the records: of all records of their model nothing has to be said."""
        everything = not self.records.query.has_filters()
        if isinstance(self.source, Records):
            return Q() if everything else self.source.of(self.records.order_by().values("pk"))
        events = access.in_scope(self.source.model._default_manager.all(), self.reader)
        return events if everything else events.filter(self.source.of(self.records.order_by()))

    def owner(self, row: Model):
        """The key of the record to which a row belongs; None where that is not known."""
        if not isinstance(self.source, Records):
            return self.source.owner(row)
        return next((key for name in self.source.owners if (key := getattr(row, name)) is not None), None)


class History:
    """The history of some records, as one reader may see it. `records`: querysets of different models.

    `latest`: of so many records that what has no index by time is left out (sources.Events.many).

    Of what belongs to them he sees what his roles let him read anyhow. The number of queries depends on what is
    registered for the models, not on how much happened.
    """

    def __init__(self, records: Sequence[QuerySet], reader, speakers: Speakers, *, latest: bool = False):
        self.speakers = speakers
        self.parts = [
            _Part(source, some, reader) for some in records for source in readable_sources(some.model, reader)
        ]
        if latest:
            self.parts = [part for part in self.parts if not getattr(part.source, "many", False)]

    def page(self, wanted: Wanted, size: int = ON_A_PAGE) -> Page:
        found = self._newest(wanted, size + 1)
        shown = found[:size]
        entries = tuple(Teller(shown, self.speakers).entries(shown))
        return Page(entries, shown[-1].place if len(found) > size else None)

    def linked_page(self, wanted: Wanted, size: int, link: Callable[[type[Model], object], str]) -> Page:
        """As `page`; each entry with the address that `link` gives for the record to which it belongs."""
        found = self._newest(wanted, size + 1)
        shown = found[:size]
        teller = Teller(shown, self.speakers)
        entries = []
        for item in shown:
            part = self.parts[item.place.source]
            for entry in teller.entries([item]):
                entries.append(replace(entry, address=link(part.records.model, part.owner(item.row))))
        return Page(tuple(entries), shown[-1].place if len(found) > size else None)

    def count(self, wanted: Wanted) -> int:
        """How many entries fit, with those in which nothing changed that a reader sees."""
        parts = [part for part in self.parts if wanted.about(part.source.model)]
        return sum(part.source.fitting(part.rows(), wanted).count() for part in parts)

    def all(self, wanted: Wanted) -> Iterator[Entry]:
        """Everything that fits, the newest first, page by page."""
        while True:
            page = self.page(wanted)
            yield from page.entries
            if page.last is None:
                return
            wanted = replace(wanted, behind=page.last)

    def _newest(self, wanted: Wanted, limit: int) -> list[Kept | Happened]:
        """The newest of all sources, newest first, each changed row with the one before it."""
        found: dict[tuple, Kept | Happened] = {}
        for number, part in enumerate(self.parts):
            if wanted.about(part.source.model):
                for item in part.source.newest(part.rows(), wanted, limit, number):
                    found.setdefault((part.source.model, item.row.pk), item)
        order = sorted(
            found.values(), key=lambda item: (item.place.at, -item.place.source, item.place.key), reverse=True
        )
        return _with_befores(order[:limit])

    # --- what can be asked for ------------------------------------------------------------------------

    def people(self) -> list[tuple[str, str]]:
        """Whoever stands in this history, by key and name; the system where it does. Two queries."""
        first, *others = [actors for part in self.parts if (actors := _actors(part)) is not None]
        keys = {key for (key,) in (first.union(*others) if others else first.distinct())}
        users = get_user_model()._default_manager.filter(pk__in=keys - {None})
        names = sorted((user.get_username(), str(user.pk)) for user in users)
        found = [(key, name) for name, key in names]
        return [*found, (SYSTEM, _("the system"))] if None in keys else found

    def fields(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be asked for: the models of this history with their fields."""
        found: dict[str, list[tuple[str, str]]] = {}
        for part in self.parts:
            model = part.source.model
            choices = [(model._meta.label_lower, _("all of it"))]
            if isinstance(part.source, Records):
                choices += self._field_choices(model)
            found[capfirst(str(model._meta.verbose_name))] = choices
        return list(found.items())

    def _field_choices(self, model: type[Model]) -> list[tuple[str, str]]:
        speaker, label = self.speakers(model), model._meta.label_lower
        fields = shown_fields(model, set(speaker.hidden_history))
        return [(f"{label}.{field.name}", capfirst(str(speaker.label(field.name)))) for field in fields]


def _actors(part: _Part) -> QuerySet | None:
    """The keys of whoever stands in a part, None for the system; None where nobody is named in it."""
    if isinstance(part.source, Records):
        return part.source.actors(part.rows())
    if not part.source.actor:
        return None
    return part.rows().order_by().values_list(f"{part.source.actor}_id")


def _with_befores(found: list[Kept | Happened]) -> list[Kept | Happened]:
    kept = [item for item in found if isinstance(item, Kept)]
    befores: dict[tuple, Model] = {}
    for model, source in {item.source.model: item.source for item in kept}.items():
        rows = source.befores([item.row for item in kept if item.source.model is model])
        befores |= {(model, key): row for key, row in rows.items()}
    return [
        replace(item, before=befores.get((item.source.model, item.row.history_id)))
        if isinstance(item, Kept)
        else item
        for item in found
    ]
