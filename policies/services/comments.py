"""Remarks at the figures of a version: said, answered, settled, opened again; nothing of it is ever taken back."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from policies.models import PolicyVersion, VersionComment

Kind = VersionComment.Kind


@transaction.atomic
def add_comment(
    *,
    version: PolicyVersion,
    place: str,
    text: str,
    author,
    at: datetime,
    about: VersionComment | None = None,
) -> VersionComment:
    """A remark at a figure ("" : the version as a whole), or an answer to one. Raises ValidationError without text."""
    if not text.strip():
        raise ValidationError(_("Write what you want to say."))
    first = _first(about)
    place = first.place if first else place
    return _written(version, Kind.COMMENT, text, author, at, place=place, about=first)


@transaction.atomic
def resolve_comment(*, comment: VersionComment, author, at: datetime, text: str = "") -> VersionComment:
    """The thread of a remark is settled."""
    first = _first(comment)
    return _written(first.version, Kind.RESOLVED, text, author, at, place=first.place, about=first)


@transaction.atomic
def reopen_comment(*, comment: VersionComment, author, at: datetime, text: str = "") -> VersionComment:
    """It is not settled after all."""
    first = _first(comment)
    return _written(first.version, Kind.REOPENED, text, author, at, place=first.place, about=first)


def _first(comment: VersionComment | None) -> VersionComment | None:
    """The remark with which a thread began."""
    return comment.about if comment is not None and comment.about_id else comment


def _written(version, kind: str, text: str, author, at: datetime, **where) -> VersionComment:
    written = VersionComment(
        version=version,
        kind=kind,
        text=text.strip(),
        author=author,
        author_name=author.get_username(),
        at=at,
        **where,
    )
    written.full_clean()
    written.save()
    return written
