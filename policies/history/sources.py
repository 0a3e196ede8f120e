"""Where entries come from: rows that django-simple-history keeps, and append-only rows that are events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery

from policies.history.entries import CHANGED, EVENT, Change
from policies.history.wanted import SYSTEM, Place, Wanted

# In a statement; SQLite takes no more parameters on some machines.
_KEYS = 900


@dataclass(frozen=True)
class Kept:
    """A row of a model's history, with the one before it where that is needed to say what changed."""

    source: "Records"
    place: Place
    row: Model
    before: Model | None = None


@dataclass(frozen=True)
class Happened:
    """An event."""

    source: "Events"
    place: Place
    row: Model


@dataclass(frozen=True)
class Records:
    """The history of a model. `owners`: the columns that name the record on whose page it stands."""

    model: type[Model]
    owners: tuple[str, ...]

    def of(self, keys) -> Q:
        """The rows that belong to some records: a key, or a subquery of keys."""
        found = Q()
        for owner in self.owners:
            found |= Q(**{f"{owner}__in": keys})
        return found

    def fitting(self, belongs: Q, wanted: Wanted) -> QuerySet:
        """The rows that fit, wherever on the page."""
        kept = self.model.history.filter(belongs, wanted.times("history_date"), wanted.people("history_user"))
        if wanted.kind:
            kept = kept.filter(history_type=wanted.kind)
        name = wanted.field_of(self.model)
        return self._touching(kept, name) if name else kept

    def newest(self, belongs: Q, wanted: Wanted, limit: int, number: int) -> list[Kept]:
        """The newest rows that fit, newest first. `number`: the source's own among those of its page."""
        kept = self.fitting(belongs, wanted)
        if wanted.behind is not None:
            kept = kept.filter(wanted.behind.behind("history_date", "history_id", number))
        rows = kept.order_by("-history_date", "-history_id")[:limit]
        return [Kept(self, Place(row.history_date, number, row.history_id), row) for row in rows]

    def _touching(self, kept: QuerySet, name: str) -> QuerySet:
        """Only rows in which a column is not what it was before."""
        column = self.model._meta.get_field(name).attname
        kept = kept.annotate(
            was=Subquery(self._older().values(column)[:1]), older=Subquery(self._older().values("pk")[:1])
        )
        same = Q(was=F(column)) | Q(was__isnull=True, **{f"{column}__isnull": True})
        return kept.exclude(Q(older__isnull=False) & same).exclude(history_type="-")

    def _older(self) -> QuerySet:
        """The rows before an outer row of the same record, the newest first."""
        key = self.model._meta.pk.attname
        same = {key: OuterRef(key), "history_id__lt": OuterRef("history_id")}
        return self.model.history.filter(**same).order_by("-history_id")

    def befores(self, rows: Iterable[Model]) -> dict[int, Model]:
        """The row before each of these, by its history key. One query for those that say "changed"."""
        keys = [row.history_id for row in rows if row.history_type == CHANGED]
        found: dict[int, Model] = {}
        for start in range(0, len(keys), _KEYS):
            some = self.model.history.filter(history_id__in=keys[start : start + _KEYS])
            older = some.annotate(older=Subquery(self._older().values("history_id")[:1]))
            pairs = dict(older.values_list("history_id", "older"))
            rows_before = self.model.history.in_bulk([older for older in pairs.values() if older is not None])
            found |= {key: rows_before[older] for key, older in pairs.items() if older is not None}
        return found

    def actors(self, belongs: Q) -> QuerySet:
        """The keys of whoever made changes, with None for what no person did."""
        return self.model.history.filter(belongs).order_by().values_list("history_user_id")

    def at(self, belongs: Q, moment: datetime) -> list[Model]:
        """The rows as they stood at a moment; what had been removed by then is left out."""
        key = self.model._meta.pk.attname
        until = self.model.history.filter(**{key: OuterRef(key)}, history_date__lte=moment)
        last = Subquery(until.order_by("-history_date", "-history_id").values("history_id")[:1])
        kept = self.model.history.filter(belongs, history_id=last).exclude(history_type="-")
        return [row.instance for row in kept.order_by(key)]


@dataclass(frozen=True)
class Told:
    """What an event says. `who` and `origin` may be left to what is known otherwise."""

    told: str
    what: str = ""
    changes: tuple[Change, ...] = ()
    reason: str = ""
    who: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Events:
    """Append-only rows. `of`: those of some records (a queryset of the records); `tell`: what one says.

    `at` and `actor`: its columns for when, and who ("" where nobody is named). `related`: what `tell` reads.
    `owner`: from an event to the key of the record on whose page it stands. `many`: too many, and without an
    index on their time, to be looked through for the latest of all records.
    """

    model: type[Model]
    of: Callable[[QuerySet], Q]
    tell: Callable[[Model], Told]
    owner: Callable[[Model], object]
    at: str = "at"
    actor: str = "actor"
    related: tuple[str, ...] = ()
    many: bool = False

    def fitting(self, rows: QuerySet, wanted: Wanted) -> QuerySet:
        """Those of these events that fit, wherever on the page."""
        if wanted.kind not in ("", EVENT) or (not self.actor and wanted.person not in ("", SYSTEM)):
            return rows.none()
        found = rows.filter(wanted.times(self.at))
        return found.filter(wanted.people(self.actor)) if self.actor else found

    def newest(self, rows: QuerySet, wanted: Wanted, limit: int, number: int) -> list[Happened]:
        """The newest of these events that fit, newest first. `number` as above."""
        found = self.fitting(rows, wanted)
        if wanted.behind is not None:
            found = found.filter(wanted.behind.behind(self.at, "pk", number))
        related = [*self.related, self.actor] if self.actor else self.related
        found = found.select_related(*related).order_by(f"-{self.at}", "-pk")[:limit]
        return [Happened(self, Place(getattr(row, self.at), number, row.pk), row) for row in found]
