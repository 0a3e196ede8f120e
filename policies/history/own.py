"""What belongs to the records of this app, and from where its changes came."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from django.db.models import Q
from django.utils.translation import gettext as _

from policies import desk, models
from policies.cities import version_name
from policies.history import registry
from policies.history.entries import Change
from policies.history.sources import Events, Records, Told
from policies.models import DocumentFile, UserEvent, VersionComment, VersionEdit, VersionTransition
from policies.wording import place_text


def _transition(row: VersionTransition) -> Told:
    return Told(
        told=row.get_kind_display(),
        what=version_name(row.version),
        reason=row.reason,
        who=row.actor_name,
        origin=_("page") if row.actor_id else _("command"),
    )


def _comment(row: VersionComment) -> Told:
    said = (Change("", "", row.text),) if row.text else ()
    return Told(told=row.get_kind_display(), what=place_text(row.place), changes=said, who=row.author_name)


def _file(row: DocumentFile) -> Told:
    said = (
        Change(_("size"), "", f"{row.size:,} B"),
        Change("SHA-256", "", row.sha256),
    )
    return Told(told=_("file attached"), what=row.name, changes=said, who=row.uploaded_by_name)


def _user_event(row: UserEvent) -> Told:
    said = (Change("", "", row.detail),) if row.detail else ()
    return Told(
        told=row.get_kind_display(),
        what=row.user.get_username(),
        changes=said,
        reason=row.reason,
        who=row.actor_name,
    )


_VERSION_EVENTS = (
    Events(
        VersionTransition,
        of=lambda versions: Q(version__in=versions),
        tell=_transition,
        owner=attrgetter("version_id"),
        related=("version__city",),
    ),
    Events(
        VersionComment,
        of=lambda versions: Q(version__in=versions),
        tell=_comment,
        owner=attrgetter("version_id"),
        actor="author",
    ),
)


def register() -> None:
    """Called when the app starts."""
    rows = (Records(model, ("version_id",)) for model in (*desk.ROW_MODELS, models.AcceptanceCase))
    registry.register(models.PolicyVersion, *_VERSION_EVENTS, *rows)
    registry.register(
        models.City,
        Events(
            VersionTransition,
            of=lambda cities: Q(version__city__in=cities),
            tell=_transition,
            owner=attrgetter("version.city_id"),
            related=("version__city",),
        ),
        Records(models.PolicyVersion, ("city_id",)),
        Records(models.PolicyDocument, ("city_id",)),
        Records(models.FrameworkBound, ("city_id",)),
        Records(models.CatalogueItem, ("city_id",)),
    )
    registry.register(
        models.PolicyDocument,
        Events(
            DocumentFile,
            of=lambda documents: Q(document__in=documents),
            tell=_file,
            owner=attrgetter("document_id"),
            actor="uploaded_by",
        ),
    )
    registry.register(
        models.User,
        Events(
            UserEvent,
            of=lambda users: Q(user__in=users),
            tell=_user_event,
            owner=attrgetter("user_id"),
            related=("user",),
        ),
    )
    registry.register_origin(_edits)


def _edits(first: datetime, last: datetime) -> Iterable[tuple[datetime, int | None, str]]:
    """The edits of drafts that were no work on a page: from a file, by a command, brought along."""
    edits = VersionEdit.objects.filter(at__range=(first, last)).exclude(source=VersionEdit.Source.PAGE)
    labels = dict(VersionEdit.Source.choices)
    for at, editor, source in edits.values_list("at", "editor_id", "source"):
        yield at, editor, str(labels[source])
