"""A version's life: made as a draft, published for ever, corrected by a new revision, withdrawn."""

from datetime import date, datetime

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from policies import registry, rows, selectors, store
from policies.bounds import broken_bounds
from policies.compiler import GapsError, compile_terms
from policies.models import City, PolicyDocument, PolicyVersion, VersionTransition
from policies.terms import TEXT, Terms

CREATED, PUBLISHED, WITHDRAWN = VersionTransition.Kind


class VersionRefused(ValueError):
    """A version cannot be made, published or withdrawn as asked; `problems` says in words why."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("\n".join(problems))


@transaction.atomic
def create_draft(
    *,
    content: rows.VersionRows,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    based_on: PolicyVersion | None = None,
    loaded: bool = False,
) -> PolicyVersion:
    """A draft with this content; gaps are allowed. Raises VersionRefused for an unknown city or document."""
    content = rows.canonical(content)
    document = PolicyDocument.objects.filter(number=content.document).first()
    if not City.objects.filter(pk=content.city).exists():
        raise VersionRefused([_("Unknown city: %(code)s.") % {"code": content.city}])
    if document is None:
        raise VersionRefused([str(store.UnknownDocument([content.document]))])
    version = PolicyVersion(
        city_id=content.city,
        document=document,
        revision=_next_revision(content.city, content.effective_from),
        based_on=based_on,
        loaded=loaded,
        **store.head_fields(content),
    )
    _save(version, actor, reason, at)
    try:
        store.write_rows(version, content, reason=reason, actor=actor, at=at)
    except store.UnknownDocument as error:
        raise VersionRefused([str(error)]) from error
    _record(version, CREATED, actor, actor_name, reason, at)
    return version


def draft_from(
    *,
    version: PolicyVersion,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    effective_from: date | None = None,
) -> PolicyVersion:
    """A draft with a version's content: for another date, or (without one) to correct it on its own date."""
    content = store.rows_of(version)
    if effective_from is not None:
        content = msgspec.structs.replace(content, effective_from=effective_from)
    return create_draft(
        content=content, actor=actor, actor_name=actor_name, reason=reason, at=at, based_on=version
    )


@transaction.atomic
def load_version(
    *, content: rows.VersionRows, actor, reason: str, at: datetime, actor_name: str = ""
) -> tuple[PolicyVersion, bool]:
    """A version from a file, once: (version, whether it is new). Nothing is ever overwritten.

    What is published or drafted already with the same content is returned as it is. Content that differs
    from what is published for its date becomes a draft that corrects it.
    """
    content = rows.canonical(content)
    wanted = rows.fingerprint(content)
    published = selectors.published_for(content.city, content.effective_from)
    if published is not None and published.fingerprint == wanted:
        return published, False
    for draft in selectors.drafts(content.city).filter(effective_from=content.effective_from):
        if rows.fingerprint(store.rows_of(draft)) == wanted:
            return draft, False
    draft = create_draft(
        content=content,
        actor=actor,
        actor_name=actor_name,
        reason=reason,
        at=at,
        based_on=published,
        loaded=True,
    )
    return draft, True


@transaction.atomic
def publish_version(
    *,
    version: PolicyVersion,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    effective_from: date | None = None,
) -> PolicyVersion:
    """Publishes a draft, for ever. `effective_from` sets its date, and must where the text does not give it.

    Raises VersionRefused with everything that stands in the way: gaps, bounds of the framework, another
    revision published meanwhile, and what the registered checks find.
    """
    # One publication at a time in a city, or two drafts could both become its next revision.
    City.objects.select_for_update().get(pk=version.city_id)
    version = PolicyVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    problems = _not_publishable(version, reason, effective_from)
    if problems:
        raise VersionRefused(problems)
    version.effective_from = effective_from or version.effective_from
    version.revision = _next_revision(version.city_id, version.effective_from)
    try:
        terms = compile_terms(store.rows_of(version), revision=version.revision, version_id=version.pk)
    except GapsError as error:
        raise VersionRefused([str(gap) for gap in error.gaps]) from error
    problems = _bounds(version, terms) + registry.publication_problems(version, terms)
    if problems:
        raise VersionRefused(problems)
    version.published_at = at
    version.fingerprint = terms.fingerprint
    _save(version, actor, reason, at)
    _record(version, PUBLISHED, actor, actor_name, reason, at)
    registry.published(version, terms)
    return version


@transaction.atomic
def withdraw_version(
    *, version: PolicyVersion, actor, reason: str, at: datetime, actor_name: str = ""
) -> VersionTransition:
    """A draft is discarded; a published version applies no longer (the one before it does), and stays readable."""
    City.objects.select_for_update().get(pk=version.city_id)
    problems = [] if reason.strip() else [_("A reason is needed.")]
    if selectors.is_withdrawn(version):
        problems.append(_("It is withdrawn already."))
    if problems:
        raise VersionRefused(problems)
    transition = _record(version, WITHDRAWN, actor, actor_name, reason, at)
    if version.is_published:
        registry.withdrawn(version, selectors.terms_of(version.pk))
    return transition


def _not_publishable(version: PolicyVersion, reason: str, effective_from: date | None) -> list[str]:
    """What forbids publishing before its content is even looked at."""
    problems = []
    if version.is_published:
        problems.append(_("It is published already."))
    elif selectors.is_withdrawn(version):
        problems.append(_("It is withdrawn."))
    if not reason.strip():
        problems.append(_("A reason is needed."))
    if effective_from is None and version.effective_basis != TEXT:
        problems.append(_("The text gives no effective date: enter it."))
    elif (effective_from or version.effective_from) is None:
        problems.append(_("The effective date is missing."))
    elif not version.is_published:
        latest = selectors.published_for(version.city_id, effective_from or version.effective_from)
        if latest is not None and latest.pk != version.based_on_id:
            message = _(
                "Revision %(revision)s of that date was published without it: make a new draft from that."
            )
            problems.append(message % {"revision": latest.revision})
    return problems


def _bounds(version: PolicyVersion, terms: Terms) -> list[str]:
    bounds = version.city.bounds.select_related("document")
    others = selectors.version_index().by_city.get(version.city_id)
    return broken_bounds(terms, bounds, others[0].effective_from if others else None)


def _next_revision(city: str, day: date | None) -> int:
    """One above the highest revision ever published for the date (a withdrawn one keeps its number)."""
    if day is None:
        return 1
    published = PolicyVersion.objects.filter(city_id=city, effective_from=day, published_at__isnull=False)
    return max(published.values_list("revision", flat=True), default=0) + 1


def _save(version: PolicyVersion, actor, reason: str, at: datetime) -> None:
    version._history_user = actor
    version._change_reason = reason
    version._history_date = at
    version.save()


def _record(version, kind, actor, actor_name: str, reason: str, at: datetime) -> VersionTransition:
    return VersionTransition.objects.create(
        version=version,
        kind=kind,
        actor=actor,
        actor_name=actor_name or (actor.get_username() if actor else ""),
        reason=reason,
        fingerprint=version.fingerprint,
        at=at,
    )
