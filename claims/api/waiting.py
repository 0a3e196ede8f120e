"""`Prefer: wait=N` (RFC 7240): an answer may wait some seconds for its settlement."""

import re
import time
from collections.abc import Callable
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings

from claims.institution_claims import is_waiting

LONGEST = 10
_WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?=$|[,;])', re.IGNORECASE)
# A settlement takes some milliseconds where nothing else is going on, and a look a fraction of one
# (docs/decisions/0009-waiting.md).
_FIRST_LOOK, _NEXT_LOOK, _SLOWER_BY, _SLOWEST_LOOK = 0.005, 0.0015, 1.15, 0.25

# Each waiting request holds a thread of the web server, so most threads stay free for others.
_places = BoundedSemaphore(settings.API_WAITING_REQUESTS)
_is_ending: Callable[[], bool] = lambda: False  # noqa: E731


def end_waiting_when(is_ending: Callable[[], bool]) -> None:
    """Who runs the web server says how to know that it ends: then whoever waits is answered at once."""
    global _is_ending
    _is_ending = is_ending


def preferred_wait(header: str) -> int:
    """The seconds that a Prefer header asks to wait, LONGEST at most; 0 where it does not."""
    found = _WAIT.search(header)
    return min(int(found[1]), LONGEST) if found else 0


def wait_for_settlement(claim_id: UUID, seconds: int) -> bool:
    """Wait until the claim is adjudicated, the time is up or the server ends.

    False, at once, with too many waiting already.
    """
    if not _places.acquire(blocking=False):
        return False
    try:
        ends, pause = time.monotonic() + seconds, _NEXT_LOOK
        time.sleep(_FIRST_LOOK)
        while not _is_ending() and is_waiting(claim_id) and (left := ends - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * _SLOWER_BY, _SLOWEST_LOOK)
        return True
    finally:
        _places.release()
