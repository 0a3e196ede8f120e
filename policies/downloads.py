"""Handing out the files of documents, to whoever a page let through: unchanged, and never run by a browser."""

import hashlib

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage
from django.http import FileResponse

from policies.models import DocumentFile


def digest_of(storage: Storage, name: str) -> str:
    """The hash of a file as it lies there now."""
    with storage.open(name, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_of(stored: DocumentFile) -> bytes:
    """What was uploaded. Raises SuspiciousFileOperation where the file is another by now, OSError where it is gone."""
    with stored.file.open("rb") as stream:
        data = stream.read()
    if (digest := hashlib.sha256(data).hexdigest()) != stored.sha256:
        raise SuspiciousFileOperation(f"document file {stored.pk}: kept {stored.sha256}, found {digest}")
    return data


def file_answer(stored: DocumentFile) -> FileResponse:
    """The file as a download. Raises SuspiciousFileOperation where it is no longer the one that was uploaded."""
    digest = digest_of(stored.file.storage, stored.file.name)
    if digest != stored.sha256:
        raise SuspiciousFileOperation(f"document file {stored.pk}: kept {stored.sha256}, found {digest}")
    return FileResponse(
        stored.file.open("rb"),
        as_attachment=True,
        filename=stored.name,
        content_type=stored.media_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "private, no-store",
        },
    )
