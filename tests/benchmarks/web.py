"""The web server as operators start it, and clients that cost little beside it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from claims.submission import Submission
from members.models import Institution
from members.services.keys import create_key
from policies.money import yuan

HOST = "127.0.0.1"
_NO_LIMIT = {
    "API_REQUESTS_PER_MINUTE_AND_KEY": "1000000000",
    "API_REQUESTS_PER_MINUTE_AND_ADDRESS": "1000000000",
    # The claims that are there already are of long ago.
    "API_OLDEST_QUEUED_SECONDS": "0",
}


@contextmanager
def web(*, processes: int = 2) -> Iterator[int]:
    """A web server on this process's database; its port. Requests are counted for limits, and never refused."""
    with closing(socket.socket()) as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "tests.benchmarks.wsgi"]
    given = {"LOG_LEVEL": "WARNING", "PORT": str(port), "WEB_WORKERS": str(processes)}
    process = subprocess.Popen(command, env=os.environ | _NO_LIMIT | given)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("the web server did not come up") from None
            time.sleep(0.1)


@dataclass
class Answer:
    status: int
    body: bytes


class Client:
    """Sends requests made beforehand over a connection that stays open."""

    def __init__(self, port: int):
        self._port = port
        self._socket = None

    def send(self, request: bytes) -> Answer:
        """Raises ConnectionError where the server ends the connection in the middle of an answer."""
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port), 60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = self._receive(b"")
        while b"\r\n\r\n" not in received:
            received = self._receive(received)
        head, _, body = received.partition(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.partition(b"\r\ncontent-length: ")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body = self._receive(body)
        if b"\r\nconnection: close" in lowered:
            self._socket.close()
            self._socket = None
        return Answer(int(head.split(b" ", 2)[1]), body)

    def _receive(self, before: bytes) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return before + more


def post(path: str, secret: str, body: dict, *headers: str) -> bytes:
    """A request's bytes."""
    content = json.dumps(body, ensure_ascii=False).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Authorization: Bearer {secret}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def secrets() -> dict[str, str]:
    """A new key of every institution, by its code."""
    common = {"at": datetime(2023, 1, 1, tzinfo=UTC), "actor": None, "reason": "benchmark"}
    return {x.code: create_key(institution=x, **common)[1] for x in Institution.objects.order_by("pk")}


def body_of(submission: Submission) -> dict:
    """A claim as an institution's system writes it."""
    content = submission.content
    return {
        "claim_number": submission.claim_number,
        "member_number": content.member_number,
        "benefit": content.benefit,
        "service_date": content.service_date.isoformat(),
        "total": yuan(content.amount),
        "lines": [
            {
                "item_code": line.item,
                "name": line.name,
                "quantity": str(line.quantity // 10_000),
                "unit_price": yuan(line.unit_price // 100),
                "amount": yuan(line.amount),
            }
            for line in content.lines
        ],
    }


def timed(send: Callable[[], Answer], *, expect: int) -> float:
    """Seconds that a request took. Ends the benchmark where the answer is not the expected one."""
    start = time.perf_counter()
    answer = send()
    seconds = time.perf_counter() - start
    if answer.status != expect:
        raise SystemExit(f"{answer.status} instead of {expect}: {answer.body[:300]!r}")
    return seconds
