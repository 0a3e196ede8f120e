"""One demo at a time on one database: two beats would do everything twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another demo holds the lock: what it wrote there about itself."""


@contextmanager
def only_one(file: Path, about: str) -> Iterator[None]:
    """Holds the lock while the block runs; the system lets go of it however this process ends."""
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(file.read_text().strip()) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {about}\n")
        lock.flush()
        yield
