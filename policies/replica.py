"""Reading reports from a replica (REPLICA_DATABASE_URL), where there is one.

A replica is behind by some moments, so nothing that decides, books or answers for what was just written reads
it: adjudication, intake, quotes, pages with forms never do. What may, says so by `with reading():` around it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

ALIAS = "replica"
_reading: ContextVar[bool] = ContextVar("reading", default=False)


def is_configured() -> bool:
    return ALIAS in settings.DATABASES


@contextmanager
def reading() -> Iterator[None]:
    """Reads of this block go to the replica; to the database itself where there is none. It writes nothing."""
    token = _reading.set(is_configured())
    try:
        yield
    finally:
        _reading.reset(token)


def alias() -> str:
    """Which database is read here, for statements that are not the ORM's."""
    return ALIAS if _reading.get() else DEFAULT_DB_ALIAS


def connection():
    """The connection to read by."""
    return connections[alias()]


class Router:
    """Django's database router: reads inside `reading()` go to the replica, everything else stays as it is."""

    def db_for_read(self, model, **hints):
        return ALIAS if _reading.get() else None

    def db_for_write(self, model, **hints):
        if _reading.get():
            raise RuntimeError(f"{model._meta.label} would be written while a replica is read")

    def allow_migrate(self, db, app_label, **hints):
        return False if db == ALIAS else None
