"""A migrated database to copy, since migrating takes longer than most tests, and every process needs one.

It is kept under VAR_DIR (on PostgreSQL: on the server) and made anew when what makes it has changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = (
    "*/migrations/*.py",
    "*/models/*.py",
    "*/*triggers.py",
    "*/partitions.py",
    "*/groups.py",
    "*/apps.py",
    "requirements.txt",
)


def sqlite(target: Path) -> None:
    """Puts a migrated database at `target`, in place of what is there."""
    template = settings.VAR_DIR / f"template-{_fingerprint()}.sqlite3"
    with _locked():
        if not template.exists():
            for old in settings.VAR_DIR.glob("template-*"):
                old.unlink()
            making = settings.VAR_DIR / "template-being-made"
            _migrate(f"sqlite:///{making}")
            making.rename(template)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(template, target)


def postgresql(database: dict) -> str:
    """The name of a migrated database, on the server and for the owner of `database`."""
    prefix = f"template_{database['NAME']}_"
    name = prefix + _fingerprint()
    with _locked(), _administrator(database) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        there = {found for (found,) in cursor.fetchall()}
        if name not in there:
            making = f"{prefix}being_made"
            for old in there:
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            _migrate(os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{making}")
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            cursor.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    """Of all that decides what migrating gives."""
    found = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(_ROOT.glob(pattern)):
            found.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:12]


@contextmanager
def _locked() -> Iterator[None]:
    """One process makes it; the others wait."""
    with (settings.VAR_DIR / "template.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _migrate(url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = os.environ | {"DATABASE_URL": url}
    subprocess.run(command, cwd=_ROOT, env=environment, check=True)


@contextmanager
def _administrator(database: dict) -> Iterator[psycopg.Cursor]:
    where = {"host": database["HOST"], "port": database["PORT"], "dbname": "postgres"}
    who = {"user": database["USER"], "password": database["PASSWORD"]}
    with psycopg.connect(**where, **who, autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor
