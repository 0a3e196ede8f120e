"""Editing drafts: by a page that has all of one, from a file, or row by row; each edit with who, when and why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from policies import changes, rows, selectors, store
from policies.changes import Edited
from policies.files import read_upload
from policies.models import PolicyDocument, PolicyVersion, VersionEdit
from policies.services import steps
from policies.services.steps import Source, VersionRefused, refuse
from policies.services.versions import create_draft


@transaction.atomic
def edit_draft(
    *,
    version: PolicyVersion,
    content: rows.VersionRows,
    actor,
    reason: str,
    at: datetime,
    source: str = Source.PAGE,
    seen: str = "",
) -> Edited:
    """Makes a draft say `content`, and records who edited it. Where nothing differs nothing is written.

    Gaps may stay. A version in review or approved may be edited too, which voids its approval. `seen`: the
    fingerprint of the content that the edit began with ("" : whatever it is). Raises VersionRefused where the
    version is published or withdrawn, became another meanwhile, or the content cannot be stored.
    """
    version = steps.hold(version)
    content = rows.canonical(content)
    refuse([*steps.reason_problem(reason), *_not_editable(version), *_not_storable(version, content)])
    if seen and seen != rows.fingerprint(store.rows_of(version)):
        raise VersionRefused([_("Somebody else has edited it meanwhile: look at what it says now.")])
    head = _write_head(version, content, actor, reason, at)
    try:
        written = changes.write_changes(version, content, actor=actor, reason=reason, at=at)
    except store.UnknownDocument as error:
        raise VersionRefused([str(error)]) from error
    edited = Edited(written.created, written.changed, written.removed, head)
    if edited:
        steps.record_edit(version, actor=actor, reason=reason, at=at, source=source)
    return edited


@transaction.atomic
def draft_from_file(*, data: bytes, name: str, actor, reason: str, at: datetime) -> PolicyVersion:
    """A draft with what a YAML or XLSX file says. Raises FileFaults with every fault of the file, VersionRefused.

    It corrects what is published for its date, or else follows what applies on it.
    """
    content = read_upload(data, name)
    refuse([_("It says twice: %(what)s.") % {"what": what} for what in changes.repeated(content)])
    before = selectors.published_for(content.city, content.effective_from)
    if before is None and content.effective_from is not None:
        found = selectors.version_id_on(content.city, content.effective_from)
        before = found and PolicyVersion.objects.get(pk=found)
    return create_draft(
        content=content, actor=actor, reason=reason, at=at, based_on=before, source=Source.FILE
    )


@transaction.atomic
def record_edit(
    *, version: PolicyVersion, actor, reason: str, at: datetime, source: str = Source.PAGE
) -> VersionEdit:
    """For forms that store single rows of a draft: to be called before they do, in their transaction.

    Raises VersionRefused where the version cannot be edited.
    """
    version = steps.hold(version)
    refuse([*steps.reason_problem(reason), *_not_editable(version)])
    return steps.record_edit(version, actor=actor, reason=reason, at=at, source=source)


def _not_editable(version: PolicyVersion) -> list[str]:
    if version.is_published:
        return [_("It is published: it can only be followed by another version, or corrected.")]
    return [_("It is withdrawn.")] if selectors.is_withdrawn(version) else []


def _not_storable(version: PolicyVersion, content: rows.VersionRows) -> list[str]:
    problems = [_("It says twice: %(what)s.") % {"what": what} for what in changes.repeated(content)]
    if content.city != version.city_id:
        problems.append(_("It is about another city: %(code)s.") % {"code": content.city})
    if not PolicyDocument.objects.filter(number=content.document).exists():
        problems.append(str(store.UnknownDocument([content.document])))
    return problems


def _write_head(version: PolicyVersion, content: rows.VersionRows, actor, reason: str, at: datetime) -> bool:
    """The version's own fields; whether any differs."""
    wanted = store.head_fields(content)
    wanted["document_id"] = PolicyDocument.objects.values_list("pk", flat=True).get(number=content.document)
    if all(getattr(version, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(version, name, value)
    version.revision = steps.next_revision(version.city_id, version.effective_from)
    steps.save(version, actor, reason, at)
    return True
