import re
import time
import uuid

import structlog
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware

from config.metrics import observe

log = structlog.get_logger("request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What an address of ours names: a key of ours (shorter than anybody's number), a UUID, a word.
_PLAIN = re.compile(r"[0-9]{1,12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z_]{1,40}")


class RequestLog:
    """One line a request: method, path without query (queries may name people), status, ms, id.

    The id is the caller's X-Request-ID where it is a plain one, goes back in the answer and stands in
    every line logged meanwhile, so that an institution and the bureau can speak of the same request.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.id = given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.id):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            observe(request, response, seconds)
            log.info(
                "request",
                method=request.method,
                path=_known_path(request),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
            )
        response["X-Request-ID"] = request.id
        return response


class _PagesOnly:
    """For people's pages alone: the API has no sessions, and each layer costs every claim its share of time."""

    def __call__(self, request):
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        return super().__call__(request)


class PageSessions(_PagesOnly, SessionMiddleware):
    pass


class PageUsers(_PagesOnly, AuthenticationMiddleware):
    pass


class PageMessages(_PagesOnly, MessageMiddleware):
    pass


def _known_path(request) -> str:
    """The address, where it is one of ours; the pattern that it fits, where part of it is free text.

    Whoever made up that part may have put a name or a member's number in it.
    """
    match = request.resolver_match
    if match is None:
        return "(unknown)"
    parts = (*match.args, *match.kwargs.values())
    return request.path if all(_PLAIN.fullmatch(str(part)) for part in parts) else match.route


def client_address(request) -> str:
    """The visitor's address: what the outermost of our proxies saw, or the peer where there is none."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-settings.TRUSTED_PROXIES :]
    if settings.TRUSTED_PROXIES and forwarded[0].strip():
        return forwarded[0].strip()
    return request.META["REMOTE_ADDR"]
