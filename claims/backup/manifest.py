"""What a backup holds, so that whoever restores it can tell whether everything came back."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from msgspec import Struct

from claims.engine.settle import ENGINE_VERSION
from claims.models import Settlement

FORMAT = 1
_SUMS = ("total", "pooled_fund", "critical_illness", "personal")


class Table(Struct, frozen=True):
    """How many rows a table has, and a fingerprint of all that stands in them, whatever their order."""

    rows: int
    fingerprint: str


class Manifest(Struct, frozen=True):
    """`settlements`: the sums of all settlement revisions, in fen. `files`: SHA-256 of uploaded files, by path."""

    format: int
    made_at: datetime
    vendor: str
    server: str
    engine_version: int
    migrations: tuple[str, ...]
    tables: dict[str, Table]
    settlements: dict[str, int]
    files: dict[str, str]


class Moment(Protocol):
    """The database at one moment, whatever is written meanwhile."""

    server: str

    def table_names(self) -> list[str]: ...

    def table(self, name: str) -> Table: ...

    def row(self, sql: str) -> tuple: ...


def describe(moment: Moment, *, at: datetime, files: Mapping[str, str]) -> Manifest:
    return Manifest(
        format=FORMAT,
        made_at=at,
        vendor=connection.vendor,
        server=moment.server,
        engine_version=ENGINE_VERSION,
        migrations=tuple(_applied()),
        tables=tables(moment),
        settlements=settlements(moment),
        files=dict(files),
    )


def tables(moment: Moment) -> dict[str, Table]:
    return {name: moment.table(name) for name in moment.table_names()}


def settlements(moment: Moment) -> dict[str, int]:
    """The sums over all settlements, in fen: what an auditor would ask first."""
    sums = ", ".join(f"COALESCE(SUM({name}), 0)" for name in _SUMS)
    found = moment.row(f"SELECT {sums} FROM {Settlement._meta.db_table}")
    return {name: int(value) for name, value in zip(_SUMS, found, strict=True)}


def differences(manifest: Manifest, moment: Moment) -> Iterator[str]:
    """Where a database is not what the manifest says."""
    found = tables(moment)
    for name in sorted(manifest.tables.keys() | found.keys()):
        wanted, there = manifest.tables.get(name), found.get(name)
        if wanted is None:
            yield _("table %(table)s is not in the backup") % {"table": name}
        elif there is None:
            yield _("table %(table)s is missing") % {"table": name}
        elif wanted.rows != there.rows:
            figures = {"table": name, "there": there.rows, "wanted": wanted.rows}
            yield _("table %(table)s has %(there)s rows instead of %(wanted)s") % figures
        elif wanted.fingerprint != there.fingerprint:
            yield _("table %(table)s has other contents than were saved") % {"table": name}
    if manifest.settlements != settlements(moment):
        yield _("the settlements add up to other sums than were saved")


def unknown_migrations(manifest: Manifest) -> list[str]:
    """Steps of the backup's schema that this version of the system does not have."""
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    return sorted(set(manifest.migrations) - known)


def pending_migrations(manifest: Manifest) -> bool:
    """Whether this version of the system has steps of the schema that the backup has not."""
    return any(".".join(key) not in manifest.migrations for key in MigrationLoader(None).disk_migrations)


def _applied() -> list[str]:
    return sorted(".".join(key) for key in MigrationLoader(connection).applied_migrations)
