"""What a version would change that reaches into the past: a back-dated one, or a correction."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from policies import registry, selectors, store
from policies.compiler import GapsError, compile_terms
from policies.models import PolicyVersion
from policies.registry import Impact


def impact_of(version: PolicyVersion, *, at: datetime) -> Impact | None:
    """The settlements that a version touches, with the sum at stake; None where it has no past, or cannot apply.

    They are those of its city with a service date from its own until the next published version's. Published
    versions are listed with what claims keeps of them (notices), so this is about what is under way.
    """
    today = timezone.localdate(at)
    if version.is_published or version.effective_from is None or version.effective_from > today:
        return None
    try:
        terms = compile_terms(store.rows_of(version), revision=version.revision, version_id=version.pk)
    except GapsError:
        return None
    return registry.impact(version, terms, last_day(version), at)


def last_day(version: PolicyVersion) -> date | None:
    """The day before the next published version's date; None where none follows."""
    entries = selectors.version_index().by_city.get(version.city_id, [])
    following = [entry.effective_from for entry in entries if entry.effective_from > version.effective_from]
    return min(following) - timedelta(days=1) if following else None
