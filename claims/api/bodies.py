"""Request bodies: JSON only, of limited size, read strictly."""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from claims.api.problems import BodyTooLarge
from claims.strict import decode


class StrictJSON(BaseParser):
    """A body as plain objects (claims.strict). Raises BodyTooLarge before reading, Refused for bad JSON."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        if stream.META.get("HTTP_CONTENT_ENCODING"):
            raise UnsupportedMediaType(media_type)
        # The stream ends where Content-Length says, whatever else is sent.
        if int(stream.META.get("CONTENT_LENGTH") or 0) > settings.API_MAX_BODY_BYTES:
            raise BodyTooLarge(settings.API_MAX_BODY_BYTES)
        return decode(stream.read())
