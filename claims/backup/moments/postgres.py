"""PostgreSQL: pg_dump and pg_restore, which are told where by their environment, never on a command line."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from claims.backup import BackupError
from claims.backup.archive import PIECE
from claims.backup.manifest import Table

_ASIDE = "set_aside_by_restore"
# A row as text is the same on any server only under the same settings.
_SETTINGS = {"TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres", "bytea_output": "hex"}
_TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname
"""
# A sum needs no order and can be shared among processes of the server; 60 bits of each row's MD5.
_TABLE = """
    SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text FROM {name} t
"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""
_LIBPQ = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
}


class Moment:
    """What one transaction sees; `write` dumps just that."""

    def __init__(self, cursor, snapshot: str):
        self._cursor, self._snapshot = cursor, snapshot
        self.server = self.row("SHOW server_version")[0]

    def row(self, sql: str) -> tuple:
        self._cursor.execute(sql)
        return self._cursor.fetchone()

    def table_names(self) -> list[str]:
        self._cursor.execute(_TABLES)
        return [name for (name,) in self._cursor.fetchall()]

    def table(self, name: str) -> Table:
        return Table(*self.row(_TABLE.format(name=connection.ops.quote_name(name))))

    def write(self, file: BinaryIO) -> None:
        command = [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--exclude-schema={_ASIDE}",
        ]
        command.append(f"--snapshot={self._snapshot}")
        with _running(command, stdout=subprocess.PIPE) as process:
            shutil.copyfileobj(process.stdout, file, PIECE)


@contextmanager
def moment(folder: Path) -> Iterator[Moment]:
    """The database as this transaction sees it from now on; others go on writing."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for name, value in _SETTINGS.items():
            cursor.execute(f"SET LOCAL {name} = '{value}'")
        cursor.execute("SELECT pg_export_snapshot()")
        yield Moment(cursor, cursor.fetchone()[0])


def is_empty() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return cursor.fetchone() is None


def others() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        return cursor.fetchone()[0]


@contextmanager
def put_in_place(dump: BinaryIO) -> Iterator[None]:
    """What was there is set aside until the block ends well, and else comes back."""
    _refuse_after_a_killed_restore()
    _run(f"ALTER SCHEMA public RENAME TO {_ASIDE}", *_new_schema())
    try:
        _restore(dump)
        yield
    except BaseException:
        connection.close()
        _run("DROP SCHEMA public CASCADE", f"ALTER SCHEMA {_ASIDE} RENAME TO public")
        raise
    _run(f"DROP SCHEMA {_ASIDE} CASCADE")


def _refuse_after_a_killed_restore() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [_ASIDE])
        if cursor.fetchone() is not None:
            text = _(
                "A restore was killed here: what was there before it is in the schema %(schema)s. Look at it, then "
                "rename it to public or drop it."
            )
            raise BackupError(text % {"schema": _ASIDE})


def _new_schema() -> Sequence[str]:
    """As a new database has it."""
    return "CREATE SCHEMA public AUTHORIZATION pg_database_owner", "GRANT USAGE ON SCHEMA public TO PUBLIC"


def _run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _restore(dump: BinaryIO) -> None:
    command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    name = connection.settings_dict["NAME"]
    with _running([*command, "--dbname", name], stdin=subprocess.PIPE) as process:
        try:
            shutil.copyfileobj(dump, process.stdin, PIECE)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended early, and says why


@contextmanager
def _running(command: list[str], **pipes) -> Iterator[subprocess.Popen]:
    """A client program of PostgreSQL. Raises BackupError with what it says where it fails."""
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(command, env=os.environ | _libpq(), stderr=said, **pipes)
        except FileNotFoundError:
            text = _(
                "%(program)s was not found: install PostgreSQL's client programs, not older than the server."
            )
            raise BackupError(text % {"program": command[0]}) from None
        try:
            with process:
                yield process
        except BaseException:
            process.kill()
            raise
        if process.returncode:
            said.seek(0)
            why = said.read().decode(errors="replace").strip()
            text = _("%(program)s failed: %(why)s") % {"program": command[0], "why": why}
            raise BackupError(text)


def _libpq() -> dict[str, str]:
    """Where and as whom Django is connected, as the client programs read it."""
    database = connection.settings_dict
    names = {
        "NAME": "PGDATABASE",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
        "HOST": "PGHOST",
        "PORT": "PGPORT",
    }
    found = {variable: str(database[name]) for name, variable in names.items() if database.get(name)}
    options = database.get("OPTIONS", {})
    return found | {variable: str(options[name]) for name, variable in _LIBPQ.items() if name in options}
