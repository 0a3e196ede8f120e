from datetime import UTC, datetime

import pytest

from members.services.logins import create_login
from tests.api.conftest import yantai  # noqa: F401 (a fixture)
from tests.factories import InstitutionFactory, UserFactory

AT = datetime(2023, 3, 2, 1, tzinfo=UTC)
PASSWORD = "a long pass phrase"


def login_of(institution, username="clinic"):
    """A user of an institution."""
    return create_login(
        institution=institution,
        username=username,
        password=PASSWORD,
        name="收费处",
        actor=UserFactory(),
        reason="首次接入",
        at=AT,
    ).user


@pytest.fixture
def clinic(db):
    return InstitutionFactory(level=1)


@pytest.fixture
def user(clinic):
    return login_of(clinic)


@pytest.fixture
def site(client, user, settings):
    """A browser in which the clinic's user has logged in."""
    settings.AXES_ENABLED = False
    client.force_login(user)
    return client
