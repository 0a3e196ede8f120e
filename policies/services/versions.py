"""How a version begins: as a draft with given content, from another version, or from a file."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from policies import rows, selectors, store
from policies.bulk_history import bulk_create
from policies.desk import editors_of
from policies.models import AcceptanceCase, City, PolicyDocument, PolicyVersion, User
from policies.services import steps
from policies.services.steps import Kind, Source, VersionRefused, refuse


@transaction.atomic
def create_draft(
    *,
    content: rows.VersionRows,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
    based_on: PolicyVersion | None = None,
    source: str = Source.PAGE,
) -> PolicyVersion:
    """A draft with this content; gaps are allowed. Its author counts as who edited it first.

    Without an `actor` a command makes it: it is marked as loaded. Raises VersionRefused for an unknown city or
    document, or without a reason.
    """
    content = rows.canonical(content)
    document = PolicyDocument.objects.filter(number=content.document).first()
    refuse(steps.reason_problem(reason))
    if not City.objects.filter(pk=content.city).exists():
        raise VersionRefused([_("Unknown city: %(code)s.") % {"code": content.city}])
    if document is None:
        raise VersionRefused([str(store.UnknownDocument([content.document]))])
    version = PolicyVersion(
        city_id=content.city,
        document=document,
        revision=steps.next_revision(content.city, content.effective_from),
        based_on=based_on,
        loaded=actor is None,
        **store.head_fields(content),
    )
    steps.save(version, actor, reason, at)
    try:
        store.write_rows(version, content, reason=reason, actor=actor, at=at)
    except store.UnknownDocument as error:
        raise VersionRefused([str(error)]) from error
    steps.record(version, Kind.CREATED, actor=actor, actor_name=actor_name, reason=reason, at=at)
    source = Source.COMMAND if actor is None else source
    steps.record_edit(version, actor=actor, actor_name=actor_name, reason=reason, at=at, source=source)
    return version


@transaction.atomic
def draft_from(
    *,
    version: PolicyVersion,
    actor,
    at: datetime,
    reason: str = "",
    actor_name: str = "",
    effective_from: date | None = None,
) -> PolicyVersion:
    """A draft with a version's content and acceptance cases: for another date, or to correct it on its own.

    Who edited an unpublished original counts as an editor of the copy, which says the same. Without a `reason`
    it is that the draft was made from that version.
    """
    content = store.rows_of(version)
    if effective_from is not None:
        content = msgspec.structs.replace(content, effective_from=effective_from)
    reason = reason.strip() or _("Made from %(version)s") % {"version": version}
    common = {"actor": actor, "reason": reason, "at": at}
    draft = create_draft(content=content, actor_name=actor_name, based_on=version, **common)
    copies = [
        AcceptanceCase(
            version=draft, name=case.name, text=case.text, last_on=case.last_on, position=case.position
        )
        for case in version.cases.all()
    ]
    bulk_create(AcceptanceCase, copies, **common)
    if not version.is_published:
        _bring_editors(draft, editors_of(version), reason, at)
    return draft


def _bring_editors(draft: PolicyVersion, editors: Iterable[int], reason: str, at: datetime) -> None:
    for editor in User.objects.filter(pk__in=editors):
        steps.record_edit(draft, actor=editor, reason=reason, at=at, source=Source.COPY)


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
        source=Source.FILE,
    )
    return draft, True
