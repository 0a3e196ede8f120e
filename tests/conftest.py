import os
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase

import claims.groups
import members.groups
import policies.groups
from claims import roles
from config.celery import app
from policies import triggers
from policies.groups import grant
from tests import template

ROLES = (
    ("policies", policies.groups.RIGHTS),
    ("members", members.groups.RIGHTS),
    ("members", members.groups.LOGIN_RIGHTS),
    ("claims", claims.groups.RIGHTS),
    ("claims", claims.groups.BATCH_RIGHTS),
    ("claims", claims.groups.SHARD_RIGHTS),
)

if "BROKER_URL" not in os.environ:
    # A test's messages must not wake a worker that happens to run from the same folder.
    app.conf.update(broker_url="memory://", broker_transport_options={})
else:
    # Each pytest-xdist process has a Redis database of its own, and so have the workers it starts.
    server, _, number = os.environ["BROKER_URL"].rpartition("/")
    number = int(number) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    os.environ["BROKER_URL"] = app.conf.broker_url = f"{server}/{number}"


# Passwords of tests guard nothing, and making them slowly takes its time.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items):
    if connection.vendor == "postgresql":
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Test databases are copies of a migrated one."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        template.sqlite(Path(test["NAME"]))
    else:
        test["TEMPLATE"] = template.postgresql(connection.settings_dict)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """On SQLite the copy is there already when Django creates the test database, and is kept for that."""
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture
def owner():
    """`with owner():` what the app's login must not do on PostgreSQL, such as changing tables."""
    return as_owner


@contextmanager
def as_owner():
    """On PostgreSQL: with the rights of who migrates, for what the app's login must not do."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {roles.APP}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests run with the rights of the app's login, in whatever process and on whatever connection."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        call_command("make_database_roles", stdout=StringIO())
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT {roles.APP}, {roles.AUDITOR} TO CURRENT_USER")
        connection.close()
    os.environ["PGOPTIONS"] = f"-c role={roles.APP}"
    yield
    del os.environ["PGOPTIONS"]
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def _owner_flushes():
    """A transactional test ends by emptying every table, which neither the app nor the triggers allow.

    What migrations wrote into them, the roles, is put back.
    """
    teardown = TransactionTestCase._fixture_teardown

    def by_owner(self):
        with as_owner(), triggers.suspended(connection):
            teardown(self)
            for label, rights in ROLES:
                grant(apps, label, rights)

    TransactionTestCase._fixture_teardown = by_owner
    yield
    TransactionTestCase._fixture_teardown = teardown
