"""SQLite: its backup interface, which copies one moment while others write."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from django.db import connection
from django.utils.translation import gettext as _

from claims.backup import BackupError
from claims.backup.archive import PIECE
from claims.backup.manifest import Table

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
_BUSY_SECONDS = 20


class Moment:
    """A copy of the database file."""

    def __init__(self, path: Path, database: sqlite3.Connection):
        self._path, self._database = path, database
        self.server = sqlite3.sqlite_version

    def row(self, sql: str) -> tuple:
        return self._database.execute(sql).fetchone()

    def table_names(self) -> list[str]:
        return [name for (name,) in self._database.execute(_TABLES)]

    def table(self, name: str) -> Table:
        """Rows are hashed by themselves and added up, as on PostgreSQL: their order does not matter."""
        rows, total = 0, 0
        for row in self._database.execute(f"SELECT * FROM {connection.ops.quote_name(name)}"):
            rows += 1
            total += int.from_bytes(sha256(repr(row).encode()).digest()[:8], "big")
        return Table(rows, str(total))

    def write(self, file: BinaryIO) -> None:
        with self._path.open("rb") as copy:
            shutil.copyfileobj(copy, file, PIECE)


@contextmanager
def moment(folder: Path) -> Iterator[Moment]:
    """The database as it is now, copied into a folder for the length of the block."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".moment-") as place:
        path = Path(place, "copy.sqlite3")
        _copy(_here(), path)
        with _open(path) as database:
            yield Moment(path, database)


def is_empty() -> bool:
    with _open(_here()) as database:
        return database.execute(_TABLES).fetchone() is None


def others() -> int:
    """Not known here: whoever is connected meanwhile waits for its turn, and then reads what was restored."""
    return 0


@contextmanager
def put_in_place(dump: BinaryIO) -> Iterator[None]:
    """What was there is set aside until the block ends well, and else comes back."""
    connection.close()
    with tempfile.TemporaryDirectory(dir=_here().parent, prefix=".restore-") as place:
        before, restored = Path(place, "before.sqlite3"), Path(place, "restored.sqlite3")
        with restored.open("wb") as file:
            shutil.copyfileobj(dump, file, PIECE)
        _copy(_here(), before)
        try:
            _copy(restored, _here())
            yield
        except BaseException:
            connection.close()
            _copy(before, _here())
            raise


def _here() -> Path:
    return Path(connection.settings_dict["NAME"])


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as database:
        yield database


def _copy(source: Path, target: Path) -> None:
    """Into the file that is there, since whoever has it open goes on with it."""
    try:
        with _open(source) as of, _open(target) as to:
            of.backup(to)
    except sqlite3.Error as error:
        text = _("%(path)s cannot be copied: %(why)s")
        raise BackupError(text % {"path": source, "why": error}) from error
