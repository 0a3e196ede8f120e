"""The demo as people start it: its own processes, a real worker, a real port."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claims.demo.people import PEOPLE
from claims.demo.processes import listen
from claims.demo.stories import YANTAI, line
from tests.demo.test_processes import ROOT, gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="runs once, on the embedded database and broker"),
]
_START_SECONDS = 400
VISIT = {
    "claim_number": "E2E-1",
    "member_number": PEOPLE[YANTAI]["worker"].number,
    "benefit": "ordinary",
    "service_date": "2024-03-01",
    "lines": [line("A10BA02 2")],
}


@contextmanager
def demo(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen, Path]]:
    """The demo in a folder of its own, from its start to its ready line."""
    told = folder / "told.txt"
    command = [sys.executable, "manage.py", "demo"]
    environment = os.environ | {"VAR_DIR": str(folder), "PORT": str(port), "COLUMNS": "200"}
    with told.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        ends = time.monotonic() + _START_SECONDS
        while "Ready." not in told.read_text():
            assert process.poll() is None, told.read_text()
            assert time.monotonic() < ends, told.read_text()
            time.sleep(0.2)
        yield process, told
    finally:
        process.kill()
        process.wait()


def descendants(pid: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


def call(url: str, key: str, body: dict | None = None, **headers: str) -> dict:
    data = None if body is None else json.dumps(body).encode()
    headers |= {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
        return json.load(answer)


def free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


def test_it_settles_claims_by_its_worker_and_leaves_no_process_behind(tmp_path):
    port = free_port()
    with demo(tmp_path, port) as (process, told):
        text = told.read_text()
        children = descendants(process.pid)
        assert len(children) >= 6  # guard, web and its two, worker and its two, beat

        key = re.search(r"Bearer (mz_\S+)'", text)[1]
        claims = f"http://localhost:{port}/api/v1/claims/"
        [settled, *_] = call(f"{claims}?status=settled", key)["results"]
        assert settled["settlement"]["steps"]
        answer = call(claims, key, VISIT, Prefer="wait=10")
        assert answer["status"] == "settled"
        assert answer["settlement"]["total"] == "33.00"

        for address in re.findall(r"http://localhost:\S+/admin/\S*", text):
            with urllib.request.urlopen(address, timeout=30) as page:  # the log-in page
                assert page.status == 200
        with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=30) as page:
            assert json.load(page)["workers"] == 1

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert gone(children)
        assert "Traceback" not in told.read_text()

    # A second time: the data is there, and even a kill that nobody can catch leaves nothing.
    with demo(tmp_path, port) as (process, told):
        assert "no new claims" in told.read_text()
        assert call(f"{claims}?status=settled", key)["results"][0]["claim_number"] == "E2E-1"
        children = descendants(process.pid)
        process.kill()
        process.wait()
        assert gone(children)
