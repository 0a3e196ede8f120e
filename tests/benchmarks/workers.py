"""Celery workers as operators start them, for the length of a measurement."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from celery import shared_task

from claims import store
from claims.content import decode
from claims.facts import load_facts
from claims.selectors import waiting_shards
from claims.sets import Incoming, settle_set
from config.celery import app

PROCESSES = 2


@contextmanager
def workers(*options: str, processes: int = PROCESSES) -> Iterator[int]:
    """A worker on this process's database; the id of its processes' parent. They are warm: see `warm`."""
    app.control.purge()
    command = [sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "-c", str(processes)]
    command += ["-I", "tests.benchmarks.usual,tests.benchmarks.workers", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", *options]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, env=os.environ | {"LOG_LEVEL": "WARNING"})
        try:
            _warm_up(Path(folder), processes)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _warm_up(folder: Path, processes: int) -> None:
    for _ in range(processes):
        warm.delay(str(folder))
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < processes:
        if time.monotonic() > deadline:
            raise SystemExit("the workers did not come up")
        time.sleep(0.05)


@shared_task
def warm(folder: str) -> None:
    """What a worker that has run for a while has behind it: imports, a connection, compiled versions.

    Some claims are read and settled in memory, nothing is written. Long enough for each process to get one.
    """
    taken = [claim for shard in waiting_shards()[:4] for claim in store.take(shard, 100)]
    claims = [Incoming(c.id, c.claim_number, c.institution, decode(c.content), c.received_on) for c in taken]
    if claims:
        settle_set(load_facts(claims, on=date.today(), lock=False), claims)
    time.sleep(1)
    Path(folder, str(os.getpid())).touch()
