import pytest
from django.db import transaction

from tests.admin import world as bureau


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One bureau for all tests of a module; what a test changes is rolled back after it, this at the end."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own tests: what demands to be outermost may run inside
        with around:
            yield bureau.build()
            transaction.set_rollback(True)


@pytest.fixture
def office(world, client, db, settings):
    """The test client, logged in as the superuser of `world`, reading Chinese."""
    settings.AXES_ENABLED = False  # it asks for the address that a test's login does not come from
    client.force_login(world.clerk)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
    return client
