"""Killing a worker process at a named point of its work.

The harness lays an order "<point>.<n>.<id>" into a folder; the first process that comes to the point for its n-th
time takes the order away, writes the point into a log and kills itself, as a machine that loses its power would.
"""

import os
import signal
from collections import Counter
from pathlib import Path

# What a set goes through; each function has a point before and one after it. `ack` lies behind "after commit".
STEPS = (
    "shard_lock",
    "take",
    "settle_set",
    "write_settlements",
    "add_accumulators",
    "post_entries",
    "update_claims",
    "commit",
)
POINTS = tuple(f"{when}-{step}" for step in STEPS for when in ("before", "after"))


class Orders:
    """The harness's side: what was ordered, and what was done."""

    def __init__(self, folder: Path):
        self._folder, self._log = folder / "orders", folder / "kills"
        self._folder.mkdir(parents=True)
        self._given = 0

    def kill(self, point: str, nth: int) -> None:
        self._given += 1
        (self._folder / f"{point}.{nth}.{self._given}").touch()

    def waiting(self) -> int:
        return len(list(self._folder.iterdir()))

    def cancel(self) -> None:
        for order in self._folder.iterdir():
            order.unlink(missing_ok=True)

    def done(self) -> Counter:
        """How many processes died at each point."""
        return Counter(self._log.read_text().split()) if self._log.exists() else Counter()


def watch(folder: str) -> None:
    """Within a worker process: put the points around the steps."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    from claims import store
    from claims.services import adjudication

    watcher = _Watcher(Path(folder))
    for name in ("shard_lock", "take", "write_settlements", "add_accumulators", "update_claims"):
        watcher.surround(store, name)
    for name in ("settle_set", "post_entries"):
        watcher.surround(adjudication, name)
    watcher.surround(BaseDatabaseWrapper, "commit", only=lambda: watcher.in_set)


class _Watcher:
    def __init__(self, folder: Path):
        self._orders, self._log = folder / "orders", folder / "kills"
        self._passed = Counter()
        self.in_set = False  # between reading a set and its commit: other commits are not meant

    def surround(self, owner, name: str, only=lambda: True) -> None:
        step = getattr(owner, name)

        def surrounded(*args, **kwargs):
            meant = only()
            if meant:
                self._pass(f"before-{name}")
            result = step(*args, **kwargs)
            if name == "take":
                self.in_set = bool(result)
            if meant:
                self._pass(f"after-{name}")
            if name == "commit":
                self.in_set = False
            return result

        setattr(owner, name, surrounded)

    def _pass(self, point: str) -> None:
        self._passed[point] += 1
        for order in self._orders.glob(f"{point}.*"):
            if self._passed[point] >= int(order.name.split(".")[1]):
                self._die(point, order)

    def _die(self, point: str, order: Path) -> None:
        try:
            order.unlink()
        except FileNotFoundError:
            return  # another process took it
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
