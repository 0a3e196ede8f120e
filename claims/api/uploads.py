"""A file as a request's body: its format by Content-Type, written to disk as it comes, never larger than allowed."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings
from rest_framework.request import Request

from claims.api.problems import BodyTooLarge, UnsupportedFormat
from claims.faults import Fault, Refused
from claims.models import ClaimBatch
from claims.services.batches import LONGEST_KEY

MEDIA_TYPES = {
    "application/json": ClaimBatch.Format.JSON,
    "application/x-ndjson": ClaimBatch.Format.NDJSON,
    "text/csv": ClaimBatch.Format.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ClaimBatch.Format.XLSX,
}
_PIECE = 2**16
# Smaller bodies do not pay for a file.
_IN_MEMORY = 2**18
_KEY = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")


def format_of(request: Request) -> tuple[str, str]:
    """(format, charset) of the body. Raises UnsupportedFormat."""
    found = MEDIA_TYPES.get(request.content_type.partition(";")[0].strip().lower())
    if found is None or request.META.get("HTTP_CONTENT_ENCODING"):
        raise UnsupportedFormat("unsupported_format", allowed=tuple(MEDIA_TYPES))
    return found, request.content_params.get("charset", "")


def idempotency_key_of(request: Request) -> str:
    """The Idempotency-Key, "" where there is none. Raises Refused for one that is no such key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise Refused([Fault("", "invalid_idempotency_key", {"most": LONGEST_KEY})])
    return key


@contextmanager
def spooled(request: Request) -> Iterator[BinaryIO]:
    """The body as a file. Raises BodyTooLarge before reading, Refused where it ended too early.

    A table that was cut off would look whole, so its length is what tells.
    """
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.API_MAX_BATCH_BYTES:
        raise BodyTooLarge(settings.API_MAX_BATCH_BYTES)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        while piece := request._request.read(_PIECE):
            file.write(piece)
        if file.tell() != length:
            raise Refused([Fault("", "incomplete_body")])
        file.seek(0)
        yield file
