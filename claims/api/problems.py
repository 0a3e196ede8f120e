"""Refusals of the API that are not about the content of a body. config.problems gives all of them their form."""

from django.utils.translation import get_language
from rest_framework.exceptions import APIException

from claims.engine.steps import EN, ZH
from claims.faults import Fault


def current_language() -> str:
    """The answer's language, "zh" or "en": by Accept-Language, Chinese where that asks for neither."""
    return EN if (get_language() or "").startswith("en") else ZH


class Conflict(APIException):
    """409: what is asked for does not fit what the claim is. `code` says why."""

    status_code = 409

    def __init__(self, code: str, pointer: str = "", **figures):
        super().__init__(code)
        self.faults = [Fault(pointer, code, figures)]


class UnsupportedFormat(APIException):
    """415: a body in none of the formats that the address takes, or compressed."""

    status_code = 415

    def __init__(self, code: str, **figures):
        super().__init__(code)
        self.faults = [Fault("", code, figures)]


class Overloaded(APIException):
    """503: too many claims wait already, or for too long. `wait` is in seconds."""

    status_code = 503

    def __init__(self, wait: float):
        super().__init__()
        self.wait = wait


class LengthRequired(APIException):
    """411: a body whose length is not said beforehand."""

    status_code = 411


class BodyTooLarge(APIException):
    """413: a body over its limit (bytes), refused before it is read."""

    status_code = 413

    def __init__(self, most: int):
        super().__init__()
        self.most = most
