"""Handing out the files of documents, to whoever a page let through: unchanged, and never run by a browser."""

import hashlib

from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse

from policies.models import DocumentFile


def file_answer(stored: DocumentFile) -> FileResponse:
    """The file as a download. Raises SuspiciousFileOperation where it is no longer the one that was uploaded."""
    with stored.file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
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
