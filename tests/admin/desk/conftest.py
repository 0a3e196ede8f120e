import pytest
from django.db import transaction

from tests.admin.desk.office import build_office


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """One desk for all tests of a module; what a test changes is rolled back after it, this at the end."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True
        with around:
            yield build_office()
            transaction.set_rollback(True)


@pytest.fixture
def desk(made, db, settings):
    settings.AXES_ENABLED = False
    for version in (made.draft, *made.versions.values()):
        version.refresh_from_db()
    return made


@pytest.fixture
def as_(client):
    """`as_(person)`: the test client, logged in as someone who reads Chinese."""

    def log_in(person):
        client.force_login(person)
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
        return client

    return log_in
