"""What a reader asked for: a person, a field, a span of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.apps import apps
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from policies.history.entries import EVENT, KINDS

SYSTEM = "system"


@dataclass(frozen=True)
class Place:
    """A place in the order of a history: by moment, then by source, then by key; the newest first."""

    at: datetime
    source: int
    key: int

    def __str__(self):
        return f"{self.at.isoformat()}|{self.source}|{self.key}"

    @classmethod
    def of(cls, text: str) -> "Place | None":
        """From an address; None where it is none."""
        moment, *keys = text.split("|")
        at = _moment(moment)
        if at is None or len(keys) != 2 or not all(_is_key(key) for key in keys):
            return None
        return cls(at, *map(int, keys))

    def behind(self, at: str, key: str, source: int) -> Q:
        """The rows of a source that come behind this place; `at` and `key` are its columns."""
        found = Q(**{f"{at}__lt": self.at})
        if source > self.source:
            found |= Q(**{at: self.at})
        elif source == self.source:
            found |= Q(**{at: self.at, f"{key}__lt": self.key})
        return found


@dataclass(frozen=True)
class Wanted:
    """`person`: a user's key, SYSTEM for what no person did, "" for anyone. `field`: "app.model.field", or
    "app.model" for all about it. `kind`: one of the signs of entries. `since`, `until`: days (inclusive).
    `behind`: only what comes after a place.
    """

    person: str = ""
    field: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    behind: Place | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """From an address; what cannot be read is not asked for."""
        person = query.get("person", "")
        return cls(
            person=person if person == SYSTEM or _is_key(person) else "",
            field=query.get("field", "") if _is_field(query.get("field", "")) else "",
            kind=query.get("kind", "") if query.get("kind") in (*KINDS, EVENT) else "",
            since=_day(query.get("since")),
            until=_day(query.get("until")),
            behind=Place.of(query.get("behind", "")),
        )

    def times(self, name: str) -> Q:
        """The span of time, on a column of moments."""
        wanted = Q()
        if self.since is not None:
            wanted &= Q(**{f"{name}__gte": _midnight(self.since)})
        if self.until is not None:
            wanted &= Q(**{f"{name}__lt": _midnight(self.until + timedelta(days=1))})
        return wanted

    def people(self, name: str) -> Q:
        """The person, on a foreign key to users that is empty for what no person did."""
        if not self.person:
            return Q()
        return Q(**{f"{name}__isnull": True}) if self.person == SYSTEM else Q(**{name: int(self.person)})

    def about(self, model: type[Model]) -> bool:
        """Whether entries of a model are asked for at all."""
        label = model._meta.label_lower
        return not self.field or self.field == label or self.field.startswith(f"{label}.")

    def field_of(self, model: type[Model]) -> str:
        """The field of this model that is asked for; "" for all of it."""
        return self.field.removeprefix(model._meta.label_lower).removeprefix(".")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _is_field(text: str) -> bool:
    """Whether a text names a model, or a column of one."""
    parts = text.split(".")
    if len(parts) not in (2, 3):
        return False
    try:
        model = apps.get_model(parts[0], parts[1])
    except LookupError:
        return False
    return len(parts) == 2 or parts[2] in {field.name for field in model._meta.concrete_fields}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(text: str | None) -> date | None:
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day is None or 1900 < day.year < 9000 else None


def _moment(text: str | None) -> datetime | None:
    """A moment, or the end of a day where only that is given."""
    try:
        moment = parse_datetime(text or "")
    except ValueError:
        return None
    if moment is None or not 1900 < moment.year < 9000:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def end_of(text: str | None) -> datetime | None:
    """The moment that a reader typed: "2024-03-01T14:30", or a day, which means its end."""
    day = _day(text) if text and len(text) <= 10 else None
    return _midnight(day + timedelta(days=1)) if day is not None else _moment(text)
