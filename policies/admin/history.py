"""One page with everything that changed about a record and its rows: when, who, what (old → new), why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies.admin.labels import plain_label

KINDS = {"+": gettext_lazy("added"), "~": gettext_lazy("changed"), "-": gettext_lazy("removed")}
SHOWN_AT_MOST = 500


@dataclass(frozen=True)
class Change:
    """One field of an entry. `old` is "" where the record was added, `new` where it was removed."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One change of one record."""

    at: datetime
    who: str
    model: str
    what: str
    kind: str
    changes: tuple[Change, ...]
    reason: str


class HistoryPage:
    """For a ModelAdmin: its history page lists the record and the rows named in `history_children`.

    `history_children`: (model, name of its foreign key to the record). `hidden_history`: fields that are
    bookkeeping and say nothing to people.
    """

    history_children: tuple[tuple[type[models.Model], str], ...] = ()
    hidden_history: tuple[str, ...] = ()

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = self._entries(obj)
        chosen = _Filter(request.GET)
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": obj},
            "opts": self.opts,
            "original": obj,
            "entries": [entry for entry in entries if chosen.fits(entry)],
            "people": sorted({entry.who for entry in entries}),
            "fields": sorted({change.label for entry in entries for change in entry.changes}),
            "chosen": chosen,
            "shown_at_most": SHOWN_AT_MOST if len(entries) >= SHOWN_AT_MOST else None,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/history.html", context)

    def _entries(self, obj) -> list[Entry]:
        """The newest changes of the record and its rows, newest first."""
        found = list(self._of_model(self.model, {self.model._meta.pk.attname: obj.pk}))
        for model, name in self.history_children:
            found += self._of_model(model, {name: obj.pk}, parent=name)
        found.sort(key=lambda pair: pair[0], reverse=True)
        return [entry for _key, entry in found[:SHOWN_AT_MOST]]

    def _of_model(self, model, lookup, parent="") -> Iterable[tuple[tuple, Entry]]:
        admin = self.admin_site.get_model_admin(model)
        records = model.history.filter(**lookup).select_related("history_user").order_by("history_id")
        records = list(records)
        if not records:
            return
        teller = _Teller(model, admin, records, parent)
        last: dict[object, models.Model] = {}
        for record in records:
            pk = getattr(record, model._meta.pk.attname)
            entry = teller.entry(record, last.get(pk))
            last[pk] = record
            if entry is not None:
                yield (record.history_date, model is self.model, record.history_id), entry


class _Filter:
    """What the reader asked for: a person, a field, a span of days."""

    def __init__(self, query):
        self.person = query.get("person", "")
        self.field = query.get("field", "")
        self.since = _day(query.get("since"))
        self.until = _day(query.get("until"))

    def fits(self, entry: Entry) -> bool:
        day = timezone.localdate(entry.at)
        return (
            (not self.person or entry.who == self.person)
            and (not self.field or any(change.label == self.field for change in entry.changes))
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text or "")
    except ValueError:
        return None


class _Teller:
    """Turns history rows of one model into entries, in the units that people use."""

    def __init__(self, model, admin, records, parent):
        self.model = model
        self.admin = admin
        skipped = {parent, *admin.hidden_history}
        tracked = {field.name for field in model.history.model.tracked_fields}
        self.fields = [
            field
            for field in model._meta.concrete_fields
            if field.name in tracked and not field.primary_key and field.name not in skipped
        ]
        self.related = {field.name: self._related(field, records) for field in self.fields if field.remote_field}

    def _related(self, field, records) -> dict:
        """What the records' foreign keys point at, in one query."""
        keys = {getattr(record, field.attname) for record in records} - {None}
        return field.remote_field.model._default_manager.in_bulk(keys) if keys else {}

    def entry(self, record, before) -> Entry | None:
        kind = record.history_type
        if kind == "~" and before is not None:
            changes = [self._change(field, before, record) for field in self.fields]
        elif kind == "-":
            changes = []
        else:
            changes = [self._change(field, None, record) for field in self.fields]
        changes = [change for change in changes if change is not None]
        if kind == "~" and not changes:
            return None
        return Entry(
            at=record.history_date,
            who=str(record.history_user) if record.history_user else _("the system"),
            model=capfirst(str(self.model._meta.verbose_name)),
            what=self._name(record),
            kind=str(KINDS[kind]),
            changes=tuple(changes),
            reason=record.history_change_reason or "",
        )

    def _name(self, record) -> str:
        """The record by its own name, with what it points at taken from the one query that fetched it."""
        instance = record.instance
        for field in self.fields:
            if field.remote_field and getattr(record, field.attname) in self.related[field.name]:
                setattr(instance, field.name, self.related[field.name][getattr(record, field.attname)])
        return str(instance)

    def _change(self, field, before, after) -> Change | None:
        old = "" if before is None else self._shown(field, before)
        new = self._shown(field, after)
        return None if old == new else Change(self._label(field), old, new)

    def _label(self, field) -> str:
        return capfirst(str(plain_label(self.model, field.name)))

    def _shown(self, field, record) -> str:
        value = getattr(record, field.attname)
        if value is None or value in ("", [], {}):
            return ""
        if (told := self.admin.tell(field.name, value, record)) is not None:
            return told
        if field.remote_field:
            return str(self.related[field.name].get(value, value))
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, datetime):
            return date_format(timezone.localtime(value), "Y-m-d H:i")
        return str(value)
