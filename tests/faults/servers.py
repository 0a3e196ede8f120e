"""A PostgreSQL cluster and a Redis of the harness's own, to be stopped, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_BINARIES = ("initdb", "pg_ctl", "postgres")
# Who committed first is part of what is checked (checks.order_of_receipt).
_SETTINGS = ("-c track_commit_timestamp=on", "-c max_connections=150", "-c listen_addresses=127.0.0.1")


class Missing(Exception):
    """What the harness needs is not on this machine; the message says what."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, *, seconds: float, what: str) -> None:
    """Raises TimeoutError where `condition()` has not come true by then."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(what)
        time.sleep(0.05)


class Postgres:
    """A cluster in a folder of its own. As root it is run by the user postgres, as PostgreSQL demands."""

    def __init__(self):
        self._bin = _binaries()
        self._as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_postgres and shutil.which("runuser") is None:
            raise Missing("runuser, to start PostgreSQL as another user than root")
        self.folder = Path(tempfile.mkdtemp(prefix="faults-pg-"))
        self.port = free_port()
        if self._as_postgres:
            shutil.chown(self.folder, "postgres", "postgres")
        self._data = self.folder / "data"
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C")
        self.start()

    def start(self) -> None:
        options = " ".join((*_SETTINGS, f"-p {self.port}", f"-c unix_socket_directories={self.folder}"))
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is what a power cut does: no checkpoint, recovery at the next start."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments) -> None:
        command = [*self._as_postgres, self._bin / program, *map(str, arguments)]
        # pg_ctl's server inherits what it is given: a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program}: {output.read().decode(errors='replace')}")


def _binaries() -> Path:
    """The folder of PostgreSQL's server programs. Raises Missing."""
    folders = [Path(found).parent for found in (shutil.which("pg_ctl"),) if found]
    if shutil.which("pg_config"):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
        folders.append(Path(told.stdout.strip()))
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True
    )
    for folder in folders:
        if all((folder / name).exists() for name in _BINARIES):
            return folder
    raise Missing(f"PostgreSQL's server programs ({', '.join(_BINARIES)})")


class Redis:
    def __init__(self):
        if shutil.which("redis-server") is None:
            raise Missing("redis-server")
        self.folder = Path(tempfile.mkdtemp(prefix="faults-redis-"))
        self.port = free_port()
        self._process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        """Empty, as after a restart without persistence."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: answers(self.port), seconds=10, what="redis-server does not answer")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            if not connection.recv(64).startswith(b"+OK"):
                raise RuntimeError("redis refused FLUSHALL")

    def remove(self) -> None:
        if self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
