"""Where a worker counts, which must be known before anything that counts is imported (config.celery).

A worker and its processes have one folder, made anew when it starts. Those of workers that are gone for a day go.
"""

import os
import re
import shutil
import time
from pathlib import Path

_GONE_SECONDS = 24 * 3600


def count_into(folder: Path, worker: str) -> Path:
    """Let this process and its children count under `folder`, by the worker's name; returns where."""
    own = folder / f"worker-{re.sub(r'[^A-Za-z0-9@._-]', '_', worker)}"
    for other in folder.glob("worker-*"):
        if other == own or time.time() - _last_count(other) > _GONE_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
    own.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(own)
    return own


def _last_count(folder: Path) -> float:
    return max((file.stat().st_mtime for file in (folder, *folder.glob("*.db"))), default=0.0)


def serve(folder: Path, address: str, port: int) -> None:
    """Show what this worker counted at http://address:port/metrics, from a thread of its main process."""
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))
    start_http_server(port, address, registry)
