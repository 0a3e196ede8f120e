"""API keys: shown once, stored as a hash, two live at most (5-api.md)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import InstitutionKey
from members.services import keys
from tests.factories import InstitutionFactory, UserFactory
from tests.members.conftest import AT, REASON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def by():
    return {"actor": UserFactory(username="clerk"), "reason": REASON}


def test_a_key_lets_its_institution_in(by):
    institution = InstitutionFactory()
    _key, secret = keys.create_key(institution=institution, at=AT, **by)
    assert keys.authenticate(secret, at=AT) == institution


def test_a_secret_is_long_and_random_and_nowhere_stored(by):
    key, secret = keys.create_key(institution=InstitutionFactory(), at=AT, **by)
    assert secret.startswith("mz_")
    # Six bits a character; the part that is shown afterwards does not count.
    assert (len(secret) - len(key.prefix)) * 6 >= 256
    stored = [str(value) for row in (key, key.history.get()) for value in vars(row).values()]
    assert not any(secret in value or secret[11:] in value for value in stored)
    assert secret.startswith(key.prefix)
    assert key.history.get().history_change_reason == REASON


@pytest.mark.parametrize("wrong", ["", "mz_", "mz_" + "A" * 54, "Bearer x", "mz_中文"])
def test_other_secrets_let_nobody_in(by, wrong):
    keys.create_key(institution=InstitutionFactory(), at=AT, **by)
    assert keys.authenticate(wrong, at=AT) is None


def test_two_keys_live_at_a_time_and_no_third(by):
    institution = InstitutionFactory()
    secrets = [keys.create_key(institution=institution, at=AT, **by)[1] for _ in range(2)]
    assert all(keys.authenticate(secret, at=AT) for secret in secrets)
    with pytest.raises(ValidationError) as refused:
        keys.create_key(institution=institution, at=AT, **by)
    assert refused.value.code == "too_many_keys"


def test_a_revoked_key_works_no_longer_and_makes_room(by):
    institution = InstitutionFactory()
    key, secret = keys.create_key(institution=institution, at=AT, **by)
    keys.create_key(institution=institution, at=AT, **by)
    keys.revoke_key(key=key, at=AT, **by)
    assert keys.authenticate(secret, at=AT) is None
    keys.create_key(institution=institution, at=AT, **by)


def test_a_key_works_until_it_expires(by):
    expiry = AT + 90 * DAY
    _key, secret = keys.create_key(institution=InstitutionFactory(), at=AT, expires_at=expiry, **by)
    assert keys.authenticate(secret, at=expiry - timedelta(seconds=1)) is not None
    assert keys.authenticate(secret, at=expiry) is None


def test_a_key_does_not_expire_in_the_past(by):
    with pytest.raises(ValidationError):
        keys.create_key(institution=InstitutionFactory(), at=AT, expires_at=AT, **by)


def test_rotating_leaves_the_old_key_its_time(by):
    key, old = keys.create_key(institution=InstitutionFactory(), at=AT, **by)
    _new, new = keys.rotate_key(key=key, at=AT, old_works_until=AT + 7 * DAY, **by)
    assert keys.authenticate(old, at=AT + 6 * DAY) == keys.authenticate(new, at=AT)
    assert keys.authenticate(old, at=AT + 7 * DAY) is None
    assert keys.authenticate(new, at=AT + 400 * DAY) is not None


def test_rotating_at_once_ends_the_old_key_though_two_were_live(by):
    institution = InstitutionFactory()
    key, old = keys.create_key(institution=institution, at=AT, **by)
    keys.create_key(institution=institution, at=AT, **by)
    keys.rotate_key(key=key, at=AT, old_works_until=None, **by)
    assert keys.authenticate(old, at=AT) is None
    assert keys.live_keys(institution, at=AT).count() == 2


def test_use_is_noted_once_a_day(by):
    key, secret = keys.create_key(institution=InstitutionFactory(), at=AT, **by)
    keys.authenticate(secret, at=AT)
    key.refresh_from_db()
    assert key.last_used_on == AT.date()
    with CaptureQueriesContext(connection) as captured:
        keys.authenticate(secret, at=AT + timedelta(hours=1))
    assert len(captured) == 1
    assert key.history.count() == 1


def test_the_day_of_use_is_that_of_the_bureau(by):
    """20:00 UTC is the next day in Shanghai."""
    key, secret = keys.create_key(institution=InstitutionFactory(), at=AT, **by)
    keys.authenticate(secret, at=AT.replace(hour=20))
    assert InstitutionKey.objects.get(pk=key.pk).last_used_on == AT.date() + DAY
