import os
from pathlib import Path

import pytest
from django.db import connection

from config.celery import app

if "BROKER_URL" not in os.environ:
    # A test's messages must not wake a worker that happens to run from the same folder.
    app.conf.update(broker_url="memory://", broker_transport_options={})
else:
    # Each pytest-xdist process has a Redis database of its own, and so have the workers it starts.
    server, _, number = os.environ["BROKER_URL"].rpartition("/")
    number = int(number) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    os.environ["BROKER_URL"] = app.conf.broker_url = f"{server}/{number}"


def pytest_collection_modifyitems(items):
    if connection.vendor == "postgresql":
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """A run that was killed leaves a write-ahead log, which SQLite would replay into the next file."""
    if connection.vendor == "sqlite":
        for suffix in ("-wal", "-shm"):
            Path(connection.settings_dict["TEST"]["NAME"] + suffix).unlink(missing_ok=True)
