"""Which versions there are, which one applies on a day, and its terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from policies import store
from policies.compiler import compile_terms
from policies.models import PolicyVersion, VersionTransition
from policies.terms import Terms

DRAFT, SCHEDULED, IN_FORCE, SUPERSEDED, WITHDRAWN = (
    "draft",
    "scheduled",
    "in_force",
    "superseded",
    "withdrawn",
)
STATE_LABELS = {
    DRAFT: _("draft"),
    SCHEDULED: _("scheduled"),
    IN_FORCE: _("in force"),
    SUPERSEDED: _("superseded"),
    WITHDRAWN: _("withdrawn"),
}


@dataclass(frozen=True)
class Entry:
    """A published version in the index."""

    effective_from: date
    version_id: int
    fingerprint: str


class TamperedVersion(RuntimeError):
    """The rows of a published version are not those that were published."""


def with_withdrawal() -> QuerySet[PolicyVersion]:
    """All versions, each annotated with `withdrawn`."""
    kind = VersionTransition.Kind.WITHDRAWN
    withdrawals = VersionTransition.objects.filter(version=OuterRef("pk"), kind=kind)
    return PolicyVersion.objects.annotate(withdrawn=Exists(withdrawals))


def published() -> QuerySet[PolicyVersion]:
    """Published versions, without the withdrawn."""
    return with_withdrawal().filter(published_at__isnull=False, withdrawn=False)


def drafts(city: str) -> QuerySet[PolicyVersion]:
    """A city's drafts, without the discarded."""
    return with_withdrawal().filter(city_id=city, published_at__isnull=True, withdrawn=False)


def is_withdrawn(version: PolicyVersion) -> bool:
    return version.transitions.filter(kind=VersionTransition.Kind.WITHDRAWN).exists()


def published_for(city: str, day: date | None) -> PolicyVersion | None:
    """The highest published revision for exactly this effective date."""
    return published().filter(city_id=city, effective_from=day).order_by("-revision").first()


@dataclass(frozen=True)
class VersionIndex:
    """Which version applies where and when, as one query found it. `by_city`: ascending effective dates."""

    by_city: Mapping[str, list[Entry]]

    def entry(self, city: str, day: date) -> Entry | None:
        """The version that applies in a city on a service date; None before its first."""
        return next((e for e in reversed(self.by_city.get(city, [])) if e.effective_from <= day), None)

    def terms(self, city: str, day: date) -> Terms | None:
        found = self.entry(city, day)
        return found and _published_terms(found.version_id, found.fingerprint)

    def longest_waiting(self, first: int, last: int) -> int:
        """The most waiting months that any version sets which applies between two months (year × 12 + month - 1)."""
        longest = 0
        for entries in self.by_city.values():
            for entry, following in zip(entries, [*entries[1:], None], strict=True):
                starts = _month(entry.effective_from)
                over = following is not None and _month(following.effective_from - timedelta(days=1)) < first
                if starts <= last and not over:
                    waiting = _published_terms(entry.version_id, entry.fingerprint).entitlement.waiting
                    longest = max([longest, *(months.value for months in waiting.values())])
        return longest


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def version_index() -> VersionIndex:
    """The published versions of all cities, of each date the highest revision. One query."""
    chosen: dict[str, dict[date, Entry]] = {}
    ordered = published().order_by("city_id", "effective_from", "revision")
    for city, day, pk, fingerprint in ordered.values_list("city_id", "effective_from", "pk", "fingerprint"):
        chosen.setdefault(city, {})[day] = Entry(day, pk, fingerprint)
    return VersionIndex({city: list(days.values()) for city, days in chosen.items()})


def versions_index() -> dict[str, list[tuple[date, int]]]:
    """The same as plain (effective date, version) pairs, ascending."""
    index = version_index().by_city
    return {
        city: [(entry.effective_from, entry.version_id) for entry in found] for city, found in index.items()
    }


def version_id_on(city: str, day: date) -> int | None:
    """The version that applies in a city on a service date; None before its first."""
    fitting = published().filter(city_id=city, effective_from__lte=day)
    return fitting.order_by("-effective_from", "-revision").values_list("pk", flat=True).first()


def terms_in_force(city: str, day: date) -> Terms | None:
    """The terms that apply in a city on a service date; None before its first version."""
    version_id = version_id_on(city, day)
    return None if version_id is None else terms_of(version_id)


def terms_of(version_id: int) -> Terms:
    """A version's terms. Those of a published one are kept in memory: it never changes.

    Raises PolicyVersion.DoesNotExist, GapsError for an unfinished draft, and TamperedVersion where the rows
    are no longer those that were published.
    """
    fingerprint = PolicyVersion.objects.values_list("fingerprint", flat=True).get(pk=version_id)
    return _published_terms(version_id, fingerprint) if fingerprint else _compiled(version_id)


def _compiled(version_id: int) -> Terms:
    version = PolicyVersion.objects.get(pk=version_id)
    return compile_terms(store.rows_of(version), revision=version.revision, version_id=version.pk)


@lru_cache(maxsize=256)
def _published_terms(version_id: int, fingerprint: str) -> Terms:
    terms = _compiled(version_id)
    if terms.fingerprint != fingerprint:
        raise TamperedVersion(f"version {version_id}: published as {fingerprint}, found {terms.fingerprint}")
    return terms


@dataclass(frozen=True)
class TimelineEntry:
    """A version on its city's line of time; `ends_on` (inclusive) follows from the next version's date."""

    version: PolicyVersion
    state: str
    ends_on: date | None = None

    @property
    def label(self):
        return STATE_LABELS[self.state]


def timeline(city: str, on: date) -> list[TimelineEntry]:
    """A city's versions in order: by date and revision, drafts without a date last; states as of `on`."""
    versions = with_withdrawal().filter(city_id=city).select_related("document")
    index = version_index().by_city.get(city, [])
    entries = [
        _entry(version, index, on) for version in versions.order_by("effective_from", "revision", "pk")
    ]
    return sorted(entries, key=lambda e: (e.version.effective_from is None, e.version.effective_from or on))


def state_of(version: PolicyVersion, on: date) -> str:
    """draft, scheduled, in_force, superseded or withdrawn, as of a day."""
    marked = with_withdrawal().get(pk=version.pk)
    return _entry(marked, version_index().by_city.get(version.city_id, []), on).state


def _entry(version: PolicyVersion, index: list[Entry], on: date) -> TimelineEntry:
    if version.withdrawn:
        return TimelineEntry(version, WITHDRAWN)
    if not version.is_published:
        return TimelineEntry(version, DRAFT)
    place = next((i for i, entry in enumerate(index) if entry.version_id == version.pk), None)
    if place is None:
        return TimelineEntry(version, SUPERSEDED)
    following = index[place + 1].effective_from - timedelta(days=1) if place + 1 < len(index) else None
    if version.effective_from > on:
        return TimelineEntry(version, SCHEDULED, following)
    over = following is not None and following < on
    return TimelineEntry(version, SUPERSEDED if over else IN_FORCE, following)
