"""The demo's web server, worker and beat: started together, and none of them outlives the demo."""

import http.client
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from claims.demo import guard

_WORKER = (
    "celery -A config worker --concurrency 2 --hostname demo@%h"
    # Keeps the file broker free of messages between workers.
    " --without-gossip --without-mingle --without-heartbeat"
)
COMMANDS = {
    "web": "gunicorn -c python:config.gunicorn config.wsgi",
    "worker": _WORKER,
    "beat": "celery -A config beat",
}
_LOG_LINES = 12
_BACKLOG = 128


class ProcessEnded(Exception):
    """A process of the demo ended by itself: its name, its exit status, the end of its log."""


@dataclass
class Processes:
    """Processes in groups of their own, so that Ctrl-C reaches only the demo, which ends them in order.

    The guard ends them, also where the demo itself is killed: see `claims.demo.guard`.
    """

    folder: Path
    logs: Path
    listener: socket.socket
    environment: dict[str, str]
    _guard: subprocess.Popen | None = None
    _running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self) -> None:
        """Starts them: the web server on the listening socket that is held since before."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._guard = subprocess.Popen(
            (sys.executable, "-m", "claims.demo.guard"),
            stdin=subprocess.PIPE,
            cwd=self.folder,
            start_new_session=True,
        )
        for name, command in COMMANDS.items():
            self._start(name, (sys.executable, "-m", *command.split()))

    def _start(self, name: str, command: tuple[str, ...]) -> None:
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | self.environment | {"LISTEN": f"fd://{self.listener.fileno()}"},
                pass_fds=[self.listener.fileno()] if name == "web" else [],
                start_new_session=True,
            )
        self._running[name] = process
        self._guard.stdin.write(f"{process.pid}\n".encode())
        self._guard.stdin.flush()

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def check(self) -> None:
        """Raises ProcessEnded where one of them is gone."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProcessEnded(name, process.returncode, self._tail(name))
        if self._guard is not None and self._guard.poll() is not None:
            raise ProcessEnded("guard", self._guard.returncode, "")

    def _tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-_LOG_LINES:])

    def stop(self) -> None:
        """Returns when all of them are gone."""
        if self._guard is None:
            return
        if self._guard.poll() is None:
            self._guard.stdin.close()
            while self._guard.poll() is None:
                self._reap()
                time.sleep(0.05)
        else:
            left = [process.pid for process in self._running.values() if process.poll() is None]
            guard.stop(left, self._reap)
        self._running.clear()

    def _reap(self) -> None:
        """Takes the exit status of those that ended; until then the guard sees them as there."""
        for process in self._running.values():
            process.poll()


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the web server will listen: from now on the port is taken. Raises OSError."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def answers(host: str, port: int) -> bool:
    """Whether the web server is alive there."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
