"""Saying that a shard has work: at once, and while it is busy once for all that came meanwhile."""

import time
from collections.abc import Callable
from threading import Lock, Timer


class Herald:
    """Tells of a shard, but not again within `pause` seconds: then once more, for all that were held back.

    Many claims a second would otherwise be as many messages, each of which costs the web as much as storing
    its claim. An urgent call, for which somebody waits, is passed on at once. What is held back when the
    process ends is found by the sweep.
    """

    def __init__(self, tell: Callable[[int], None], pause: float):
        self._tell = tell
        self._pause = pause
        self._told: dict[int, float] = {}
        self._held_back: set[int] = set()
        self._lock = Lock()

    def __call__(self, shard: int, urgent: bool = False) -> None:
        with self._lock:
            now = time.monotonic()
            wait = self._told.get(shard, now - self._pause) + self._pause - now
            if wait > 0 and not urgent:
                self._hold_back(shard, wait)
                return
            self._told[shard] = now
        self._tell(shard)

    def _hold_back(self, shard: int, seconds: float) -> None:
        if shard not in self._held_back:
            self._held_back.add(shard)
            timer = Timer(seconds, self._release, [shard])
            timer.daemon = True
            timer.start()

    def _release(self, shard: int) -> None:
        with self._lock:
            self._held_back.discard(shard)
            self._told[shard] = time.monotonic()
        self._tell(shard)
