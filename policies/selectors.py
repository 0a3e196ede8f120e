"""Which versions there are, which one applies on a day, and its terms."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from policies import rows, store
from policies.compiler import compile_terms
from policies.models import AcceptanceCase, PolicyVersion, VersionTransition
from policies.terms import Terms

Kind = VersionTransition.Kind

DRAFT, IN_REVIEW, APPROVED, APPROVAL_VOID = "draft", "in_review", "approved", "approval_void"
SCHEDULED, IN_FORCE, SUPERSEDED, WITHDRAWN = "scheduled", "in_force", "superseded", "withdrawn"
STATE_LABELS = {
    DRAFT: _("draft"),
    IN_REVIEW: _("in review"),
    APPROVED: _("approved"),
    APPROVAL_VOID: _("edited since, approval void"),
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
    withdrawals = VersionTransition.objects.filter(version=OuterRef("pk"), kind=Kind.WITHDRAWN)
    return PolicyVersion.objects.annotate(withdrawn=Exists(withdrawals))


def with_last_word() -> QuerySet[PolicyVersion]:
    """All versions, each annotated with `withdrawn` and `last_word`, the key of its last transition."""
    words = VersionTransition.objects.filter(version=OuterRef("pk")).order_by("-pk")
    return with_withdrawal().annotate(last_word=Subquery(words.values("pk")[:1]))


def last_words(versions: Collection[PolicyVersion]) -> dict[int, VersionTransition]:
    """The last transition of each of these versions (`with_last_word`), in one query."""
    found = VersionTransition.objects.filter(pk__in=[version.last_word for version in versions])
    return {transition.version_id: transition for transition in found}


def content_fingerprints(versions: Collection[PolicyVersion]) -> dict[int, tuple[str, str]]:
    """What each version says now: the fingerprints of its content and of its acceptance cases.

    As many queries for any number of versions.
    """
    contents = store.rows_of_many(versions) if versions else {}
    stories = defaultdict(list)
    found = AcceptanceCase.objects.filter(version__in=versions) if versions else []
    for case in sorted(found, key=lambda case: (case.position, case.pk)):
        stories[case.version_id].append(case)
    return {
        pk: (rows.fingerprint(content), cases_fingerprint(stories[pk])) for pk, content in contents.items()
    }


def cases_fingerprint(cases: Iterable[AcceptanceCase]) -> str:
    """SHA-256 of the acceptance cases, in their order; "" where there are none."""
    texts = [[case.name, case.text] for case in cases]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest() if texts else ""


def published() -> QuerySet[PolicyVersion]:
    """Published versions, without the withdrawn."""
    return with_withdrawal().filter(published_at__isnull=False, withdrawn=False)


def drafts(city: str) -> QuerySet[PolicyVersion]:
    """A city's drafts, without the discarded."""
    return with_withdrawal().filter(city_id=city, published_at__isnull=True, withdrawn=False)


def is_withdrawn(version: PolicyVersion) -> bool:
    return version.transitions.filter(kind=Kind.WITHDRAWN).exists()


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
    for city, day, pk, fingerprint in _index_rows().all():
        chosen.setdefault(city, {})[day] = Entry(day, pk, fingerprint)
    return VersionIndex({city: list(days.values()) for city, days in chosen.items()})


@cache
def _index_rows() -> QuerySet:
    """Put together once, as every set of claims asks."""
    ordered = published().order_by("city_id", "effective_from", "revision")
    return ordered.values_list("city_id", "effective_from", "pk", "fingerprint")


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
    return _published_terms(version_id, fingerprint) if fingerprint else _compiled([version_id])[0]


def _compiled(version_ids: Collection[int]) -> list[Terms]:
    """Compiled from their rows as they are, in as many queries as for one."""
    versions = PolicyVersion.objects.in_bulk(version_ids)
    contents = store.rows_of_many(versions.values())
    return [compile_terms(contents[pk], revision=versions[pk].revision, version_id=pk) for pk in version_ids]


def library_of(city: str) -> dict[date, Terms]:
    """The terms published in a city by their dates, of each date the highest revision."""
    entries = version_index().by_city.get(city, [])
    found = {(e.version_id, e.fingerprint): _kept.get((e.version_id, e.fingerprint)) for e in entries}
    found |= _keep([key for key, terms in found.items() if terms is None])
    return {entry.effective_from: found[entry.version_id, entry.fingerprint] for entry in entries}


_Key = tuple[int, str]
# The terms of published versions, which never change, by key and fingerprint; the oldest make room.
_kept: dict[_Key, Terms] = {}
_MOST_KEPT = 256


def _published_terms(version_id: int, fingerprint: str) -> Terms:
    key = (version_id, fingerprint)
    terms = _kept.get(key)
    return _keep([key])[key] if terms is None else terms


def _keep(keys: Collection[_Key]) -> dict[_Key, Terms]:
    """Compiles published versions and keeps their terms."""
    found = dict(zip(keys, _compiled([pk for pk, _fingerprint in keys]), strict=True)) if keys else {}
    for (pk, fingerprint), terms in found.items():
        if terms.fingerprint != fingerprint:
            raise TamperedVersion(f"version {pk}: published as {fingerprint}, found {terms.fingerprint}")
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept), None), None)
        _kept[pk, fingerprint] = terms
    return found


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
    versions = with_last_word().filter(city_id=city).select_related("document")
    found = list(versions.order_by("effective_from", "revision", "pk"))
    index = version_index().by_city.get(city, [])
    unfinished = open_states(found)
    entries = [_entry(version, index, unfinished, on) for version in found]
    return sorted(entries, key=lambda e: (e.version.effective_from is None, e.version.effective_from or on))


def state_of(version: PolicyVersion, on: date) -> str:
    """One of the states above, as of a day."""
    marked = with_last_word().get(pk=version.pk)
    index = version_index().by_city.get(version.city_id, [])
    return _entry(marked, index, open_states([marked]), on).state


def open_states(versions: Iterable[PolicyVersion]) -> dict[int, str]:
    """The state of each version that is neither published nor withdrawn (`with_last_word`), by its key.

    An approval holds for what was approved: whatever has changed since, by whatever path, voids it.
    """
    unfinished = [v for v in versions if not v.is_published and not v.withdrawn]
    words = last_words(unfinished)
    approved = [v for v in unfinished if v.pk in words and words[v.pk].kind == Kind.APPROVED]
    now = content_fingerprints(approved)
    return {v.pk: _open_state(words.get(v.pk), now.get(v.pk)) for v in unfinished}


def _open_state(word: VersionTransition | None, now: tuple[str, str] | None) -> str:
    if word is None:
        return DRAFT
    if word.kind == Kind.APPROVED:
        return APPROVED if (word.fingerprint, word.cases) == now else APPROVAL_VOID
    return IN_REVIEW if word.kind == Kind.SUBMITTED else DRAFT


def _entry(
    version: PolicyVersion, index: list[Entry], unfinished: Mapping[int, str], on: date
) -> TimelineEntry:
    if version.withdrawn:
        return TimelineEntry(version, WITHDRAWN)
    if not version.is_published:
        return TimelineEntry(version, unfinished[version.pk])
    place = next((i for i, entry in enumerate(index) if entry.version_id == version.pk), None)
    if place is None:
        return TimelineEntry(version, SUPERSEDED)
    following = index[place + 1].effective_from - timedelta(days=1) if place + 1 < len(index) else None
    if version.effective_from > on:
        return TimelineEntry(version, SCHEDULED, following)
    over = following is not None and following < on
    return TimelineEntry(version, SUPERSEDED if over else IN_FORCE, following)
