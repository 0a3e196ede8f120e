"""Databases to save and to restore into, and the commands as an operator runs them: in processes of their own."""

import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from psycopg import sql

from claims.content import Content, ContentLine
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import submit
from claims.submission import Submission
from members.models import Institution, Member

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Place:
    """A system's data: its VAR_DIR, and DATABASE_URL where it has one."""

    var: Path
    url: str = ""

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        """manage.py by the owner's login."""
        environment = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
        environment |= {"VAR_DIR": str(self.var), "DATABASE_URL": self.url, "BROKER_URL": ""}
        command = [sys.executable, "manage.py", *arguments, "--no-color"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def rows(self, statement: str) -> list[tuple]:
        """What the database answers, by its own interface and not by ours."""
        if self.url:
            with psycopg.connect(self.url, options="") as database:
                return database.execute(statement).fetchall()
        with closing(sqlite3.connect(self.var / "db.sqlite3")) as database:
            return [tuple(row) for row in database.execute(statement)]


def here(folder: Path) -> Place:
    """The test database as a system of its own, with its files under `folder`."""
    folder.mkdir(exist_ok=True)
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        return Place(folder, _url(name))
    # As the settings name it, and by whatever name it is opened it is one file with one log beside it.
    for suffix in ("", "-wal", "-shm"):
        (folder / f"db.sqlite3{suffix}").symlink_to(f"{name}{suffix}")
    return Place(folder)


@contextmanager
def elsewhere(folder: Path) -> Iterator[Place]:
    """An empty database that goes away afterwards."""
    if connection.vendor != "postgresql":
        yield Place(folder)
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    with _administrator() as database:
        database.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield Place(folder, _url(name))
        database.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(name: str) -> str:
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def _administrator() -> psycopg.Connection:
    return psycopg.connect(_url("postgres"), options="", autocommit=True)


@contextmanager
def load(clinic: Institution, members: list[Member]) -> Iterator[None]:
    """Claims are sent and settled by two other processes, until the block ends."""
    fork = multiprocessing.get_context("fork")
    stop = fork.Event()
    connections.close_all()
    processes = [fork.Process(target=_work, args=(stop, number, clinic, members)) for number in (1, 2)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]


def _work(stop: Event, number: int, clinic: Institution, members: list[Member]) -> None:
    chance, claims = random.Random(number), count(1)
    while not stop.is_set():
        sent = [
            Submission(f"L{number}-{next(claims):05d}", _content(chance, chance.choice(members)))
            for _ in range(5)
        ]
        submit(institution=clinic, claims=sent, at=timezone.now())
        for shard in waiting_shards():
            drain(shard, clock=timezone.now)


def _content(chance: random.Random, member: Member) -> Content:
    fen = chance.randrange(2_000, 30_000)
    return Content(
        member_number=member.number,
        benefit="ordinary",
        service_date=date(2023, chance.randint(1, 12), chance.randint(1, 28)),
        lines=(ContentLine("A1", "药品", 10_000, fen * 100, fen),),
        use_account=chance.random() < 0.3,
    )


def uploads(place: Place) -> Path:
    """Where people's files are kept, as the settings have it under VAR_DIR."""
    return place.var / Path(settings.MEDIA_ROOT).relative_to(settings.VAR_DIR)
