"""Policy documents: their texts as files, and those that others cite and nobody has yet."""

import hashlib
from datetime import datetime
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from policies.downloads import digest_of
from policies.models import City, DocumentFile, PolicyDocument
from policies.services.steps import name_of

MAX_BYTES = 20 * 1024 * 1024
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain; charset=utf-8"


@transaction.atomic
def attach_file(
    *,
    document: PolicyDocument,
    name: str,
    data: bytes,
    actor,
    reason: str,
    at: datetime,
    actor_name: str = "",
) -> DocumentFile:
    """Keeps the text of a document, which from then on is available; the same bytes a second time are the same file.

    What it is its bytes say, not its name. Raises ValidationError for anything but PDF, DOCX and plain text.
    """
    media_type = _media_type(data)
    digest = hashlib.sha256(data).hexdigest()
    document = PolicyDocument.objects.select_for_update().get(pk=document.pk)
    if (known := document.files.filter(sha256=digest).first()) is not None:
        return known
    stored = DocumentFile(
        document=document,
        name=_plain_name(name),
        media_type=media_type,
        size=len(data),
        sha256=digest,
        uploaded_by=actor,
        uploaded_by_name=name_of(actor, actor_name),
        at=at,
    )
    _keep(stored, data)
    stored.save()
    if not document.available:
        _save(document, {"available": True}, actor, reason, at)
    return stored


def _keep(stored: DocumentFile, data: bytes) -> None:
    """Stores the bytes under their hash, so that no name that somebody chose is ever a path.

    The same bytes are kept once, whatever documents they belong to.
    """
    field = stored.file
    name = field.field.generate_filename(stored, stored.sha256)
    if field.storage.exists(name) and digest_of(field.storage, name) == stored.sha256:
        stored.file = name
    else:
        field.save(stored.sha256, ContentFile(data), save=False)


@transaction.atomic
def register_cited(
    *, number: str, title: str, city: City | None, actor, reason: str, at: datetime
) -> PolicyDocument:
    """A document that a text cites and that is not at hand. Raises ValidationError where it is registered already."""
    document = PolicyDocument(
        number=number.strip(),
        title=title.strip(),
        city=city,
        kind=PolicyDocument.Kind.CITED,
        available=False,
    )
    document.full_clean()
    return _save(document, {}, actor, reason, at)


def _save(document: PolicyDocument, values: dict, actor, reason: str, at: datetime) -> PolicyDocument:
    for name, value in values.items():
        setattr(document, name, value)
    document._history_user, document._change_reason, document._history_date = actor, reason, at
    document.save()
    return document


def _media_type(data: bytes) -> str:
    if not data:
        raise ValidationError(_("The file is empty."))
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(most)s MB.") % {"most": MAX_BYTES // 1024**2})
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\x03\x04") and _is_docx(data):
        return DOCX
    try:
        if "\x00" not in data.decode("utf-8-sig"):
            return TEXT
    except UnicodeDecodeError:
        pass
    raise ValidationError(_("Only PDF, DOCX and plain text (UTF-8) can be kept."))


def _is_docx(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as archive:
            return "word/document.xml" in archive.namelist()
    except BadZipFile:
        return False


def _plain_name(name: str) -> str:
    """The last part of a path, without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:200] or _("document")
