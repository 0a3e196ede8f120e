"""The system under test: a database of its own, and web, worker and beat processes as operators start them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from django.db import Error, connection

from claims.models import Claim
from claims.services.requeue import requeue
from policies.models import User
from tests.benchmarks.database import filled, fresh, use
from tests.faults import people as parties
from tests.faults.client import Journal
from tests.faults.people import People
from tests.faults.servers import Postgres, Redis, free_port, wait_until

_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")


@dataclass
class World:
    """What all scenarios share: the servers, a template database with its people, a folder for logs and journals."""

    postgres: Postgres
    redis: Redis
    folder: Path
    seed: str
    template: str = ""
    people: People | None = None
    keep: bool = False  # the folder, at the end
    without: tuple[str, ...] = ()  # statements that take a guard out of each copy (mutations)

    @contextmanager
    def filled(self, members: int) -> Iterator["World"]:
        self.people = parties.invent(members, self.seed)
        with filled(self.people.population, "faults") as self.template:
            parties.write(self.people)
            connection.close()
            yield self

    @contextmanager
    def system(self, name: str) -> Iterator["System"]:
        """A fresh copy of the template with nothing running on it; all is ended with the block."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with fresh("faults_copy", self.template) as copy:
            use(copy)
            with connection.cursor() as cursor:
                for statement in self.without:
                    cursor.execute(statement)
            self.redis.flush()
            system = System(self, folder, Journal(folder / "journal"))
            try:
                yield system
            finally:
                system.stop()


def _answers(url: str) -> bool:
    """Whether a web server has loaded all that its requests need."""
    try:
        return requests.get(f"{url}/api/v1/claims/", timeout=10).status_code == 401
    except requests.RequestException:
        return False


@dataclass
class System:
    world: World
    folder: Path
    journal: Journal
    urls: list[str] = field(default_factory=list)
    # Whether processes that end by themselves are started again, as compose does (restart: unless-stopped).
    supervised: bool = False
    restarts: int = 0
    _running: dict[str, subprocess.Popen] = field(default_factory=dict)
    _started: dict[str, tuple] = field(default_factory=dict)

    # --- processes ---

    def start(self, *, workers: int = 1, processes: int = 2, **environment: str) -> None:
        """A web server, beat, and `workers` workers of so many processes each; returns when the web answers."""
        for number in range(workers):
            self.worker(f"worker{number}", processes=processes, **environment)
        self.beat()
        self.web("web", **environment)

    def web(self, name: str, **environment: str) -> str:
        port = free_port()
        command = ("gunicorn", "-c", "python:config.gunicorn", "tests.faults.wsgi")
        self._start(name, command, {"PORT": str(port), "LOG_LEVEL": "WARNING"} | environment)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), seconds=60, what=f"{name} does not answer")
        self.urls.append(url)
        return url

    def worker(self, name: str, *, processes: int = 2, **environment: str) -> None:
        command = ("celery", "-A", "tests.faults.app", "--quiet", "worker", "-c", str(processes))
        self._start(name, (*command, "-n", f"{name}@%h", *_QUIET), environment)

    def beat(self) -> None:
        schedule = str(self.folder / "schedule")
        self._start("beat", ("celery", "-A", "tests.faults.app", "--quiet", "beat", "-s", schedule), {})

    def _start(self, name: str, command: tuple[str, ...], environment: dict[str, str]) -> None:
        self._started[name] = (command, environment)
        ours = {"VAR_DIR": str(self.folder / "var"), "FAULTS_FOLDER": str(self.folder)}
        ours |= {"API_REQUESTS_PER_MINUTE_AND_KEY": "0", "API_REQUESTS_PER_MINUTE_AND_ADDRESS": "0"}
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                (sys.executable, "-m", *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | ours | environment,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """The process and all that it started, at once."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ended(self) -> list[str]:
        """Processes that ended by themselves, which none should."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def _supervise(self) -> None:
        if self.supervised:
            for name in self.ended():
                self._start(name, *self._started[name])
                self.restarts += 1

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        ends = time.monotonic() + 8
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, ends - time.monotonic()))
            # Children of a parent that is gone, too.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def errors(self, event: str) -> int:
        """How often the workers logged this."""
        pattern = re.compile(rf'"event": ?"{event}"')
        return sum(
            len(pattern.findall(log.read_text(errors="replace"))) for log in self.folder.glob("worker*.log")
        )

    # --- the queue ---

    def queued(self, until: int | None = None) -> int:
        """Claims that a worker should take (of those received `until` that one); -1 while the database is away."""
        self._supervise()
        waiting = Claim.objects.filter(status=Claim.State.QUEUED, parked=False)
        try:
            return (waiting if until is None else waiting.filter(seq__lte=until)).count()
        except Error:
            connection.close()
            return -1

    def settles(self, claims: int, seconds: float = 60) -> None:
        """Wait until so many more claims are done, so that the next fault meets a system at work."""
        wanted = self._done() + claims
        wait_until(lambda: self._done() >= wanted, seconds=seconds, what="no claims are settled any more")

    def _done(self) -> int:
        self._supervise()
        try:
            return Claim.objects.exclude(status=Claim.State.QUEUED).count()
        except Error:
            connection.close()
            return 0

    def drained(self, seconds: float = 60) -> bool:
        """Wait until no claim is queued any more; False where that takes too long."""
        ends = time.monotonic() + seconds
        while self.queued():
            if time.monotonic() > ends:
                return False
            time.sleep(0.1)
        return True

    def retry_parked(self, numbers_kept: set[str]) -> int:
        """What staff do with claims that were parked through no fault of their own. How many."""
        parked = Claim.objects.filter(parked=True, status=Claim.State.QUEUED).exclude(
            claim_number__in=numbers_kept
        )
        ids = list(parked.values_list("pk", flat=True))
        if ids:
            from django.utils import timezone

            actor, _ = User.objects.get_or_create(username="faults")
            requeue(claim_ids=ids, reason="faults", actor=actor, at=timezone.now())
        return len(ids)
