"""Refusing claims while there are more than workers will settle in useful time: 503, and when to come again.

What is refused is not stored, and sent again it is taken once; what is read goes on.
"""

import time
from threading import Lock

from django.conf import settings

from claims.api.problems import Overloaded
from claims.selectors import queue_state

_LASTS_SECONDS = 1.0
# Counting a long queue takes a while: at most so much of a process's time goes into it.
_SHARE = 0.05

_looking = Lock()
_overloaded, _until = False, 0.0


def refuse_when_overloaded() -> None:
    """Raises Overloaded by what the queue was a second ago at most, or longer where looking takes long."""
    global _overloaded, _until
    if time.monotonic() >= _until and _looking.acquire(blocking=False):
        try:
            started = time.monotonic()
            _overloaded = _is_overloaded()
            ended = time.monotonic()
            _until = ended + max(_LASTS_SECONDS, (ended - started) / _SHARE)
        finally:
            _looking.release()
    if _overloaded:
        raise Overloaded(settings.API_RETRY_SECONDS)


def _is_overloaded() -> bool:
    most, oldest = settings.API_MOST_QUEUED, settings.API_OLDEST_QUEUED_SECONDS
    if not most and not oldest:
        return False
    state = queue_state()
    age = state["oldest_queued_age_seconds"] or 0
    return bool((most and state["queued"] >= most) or (oldest and age >= oldest))
