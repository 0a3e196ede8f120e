"""Saying that shards have work: at once, and while claims go on coming once for all that came meanwhile."""

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock, Timer

# So many shards share a message: the worker that takes it serves them one after another.
SHARDS_IN_MESSAGE = 4


class Herald:
    """Tells of shards, but not again within `pause` seconds: then once more, for all that were held back.

    Many claims a second would otherwise be as many messages, each of which costs the web as much as storing
    its claim. An urgent call, for which somebody waits, is passed on at once. What is held back when the
    process ends is found by the sweep.
    """

    def __init__(self, tell: Callable[[Sequence[int]], None], pause: float):
        self._tell = tell
        self._pause = pause
        self._told = float("-inf")
        self._held_back: set[int] = set()
        self._lock = Lock()

    def __call__(self, shards: Iterable[int], urgent: bool = False) -> None:
        with self._lock:
            now = time.monotonic()
            if not urgent and (wait := self._told + self._pause - now) > 0:
                self._hold_back(shards, wait)
                return
            self._told = now
        self._tell_all(shards)

    def _hold_back(self, shards: Iterable[int], seconds: float) -> None:
        is_first = not self._held_back
        self._held_back.update(shards)
        if is_first:
            timer = Timer(seconds, self._release)
            timer.daemon = True
            timer.start()

    def _release(self) -> None:
        with self._lock:
            shards, self._held_back = self._held_back, set()
            self._told = time.monotonic()
        self._tell_all(shards)

    def _tell_all(self, shards: Iterable[int]) -> None:
        ordered = sorted(shards)
        for start in range(0, len(ordered), SHARDS_IN_MESSAGE):
            self._tell(ordered[start : start + SHARDS_IN_MESSAGE])
