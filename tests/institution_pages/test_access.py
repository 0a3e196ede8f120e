"""Whose pages they are: every address has a rule, and nobody sees another institution's."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from claims.institution_pages.urls import urlpatterns
from claims.services.batches import receive
from members.models import InstitutionLogin
from members.services.logins import create_login, institution_of
from policies.access import CLERK
from policies.models import User, UserEvent
from policies.services import people
from tests.api.bodies import encoded
from tests.claims.batches.conftest import numbered
from tests.factories import CityFactory, InstitutionFactory, UserFactory
from tests.institution_pages.conftest import AT, PASSWORD, login_of

pytestmark = pytest.mark.django_db

OPEN = {"login", "logout"}
# Page → the further parts of its address.
OWN = {"home": {}, "password": {}, "template": {"format": "csv"}}
OF_A_FILE = {"batch": {}, "faults": {}, "results": {"format": "csv"}}


def address(name, batch=None):
    parts = OWN | OF_A_FILE
    return reverse(f"institution:{name}", kwargs=parts[name] | ({"batch_id": batch.pk} if batch else {}))


@pytest.fixture
def files(clinic):
    """A file of the clinic's, and one of another institution's."""
    both = (clinic, InstitutionFactory())
    return [
        receive(institution=x, file=BytesIO(encoded(numbered("N1"))), format="json", at=AT).batch
        for x in both
    ]


def test_every_address_has_a_rule():
    assert {pattern.name for pattern in urlpatterns} == OPEN | OWN.keys() | OF_A_FILE.keys()


@pytest.mark.parametrize("name", [*OWN, *OF_A_FILE])
def test_whoever_is_no_institutions_user_is_asked_to_log_in(name, files, client, settings):
    settings.AXES_ENABLED = False
    staff = UserFactory(is_staff=True)
    people.set_roles(user=staff, roles=[CLERK], cities=["370600"], actor=UserFactory(), reason="入职", at=AT)
    where = address(name, files[0] if name in OF_A_FILE else None)
    for who in (None, staff, UserFactory(is_superuser=True, is_staff=True)):
        client.logout()
        if who is not None:
            client.force_login(who)
        answer = client.get(where)
        assert (answer.status_code, answer["Location"]) == (302, reverse("institution:login"))


@pytest.mark.parametrize("name", OF_A_FILE)
def test_another_institutions_file_is_not_there(name, files, site):
    own, other = files
    assert site.get(address(name, own)).status_code == 200
    assert site.get(address(name, other)).status_code == 404


def test_lists_name_no_other_institutions_file(files, site):
    assert [batch.pk for batch in site.get(address("home")).context_data["page"]] == [files[0].pk]


def test_an_institutions_user_sees_nothing_of_the_bureaus(site):
    for where in (reverse("admin:index"), reverse("admin:claims_pended")):
        answer = site.get(where)
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]


def test_staff_cannot_log_in_here(client, db):
    User.objects.create_superuser("chief", password=PASSWORD)
    answer = client.post(reverse("institution:login"), {"username": "chief", "password": PASSWORD})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_institutions_user_logs_in_and_out(client, user):
    answer = client.post(reverse("institution:login"), {"username": "clinic", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("institution:home"))
    client.post(reverse("institution:logout"))
    assert client.get(reverse("institution:home")).status_code == 302


def test_guessing_is_stopped(client, user, settings):
    """As at the bureau's own door: after five wrong passwords the right one does not help."""
    where = reverse("institution:login")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(where, {"username": "clinic", "password": "guess"})
    answer = client.post(where, {"username": "clinic", "password": PASSWORD})
    assert answer.status_code == 429 or answer.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_deactivated_login_is_out_at_once(site, user):
    people.set_active(user=user, active=False, actor=UserFactory(), reason="离职", at=AT)
    assert site.get(address("home")).status_code == 302


def test_a_form_without_its_token_is_refused(user, settings):
    settings.AXES_ENABLED = False
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(address("home"), {"file": BytesIO(b"x")}).status_code == 403


# --- logins ----------------------------------------------------------------------------------------


def test_making_a_login_leaves_its_trace(clinic, user):
    assert institution_of(user) == clinic
    assert not user.is_staff
    kinds = set(UserEvent.objects.filter(user=user).values_list("kind", flat=True))
    assert kinds == {UserEvent.Kind.CREATED, UserEvent.Kind.CITIES}


@pytest.mark.parametrize(("password", "reason"), [("123", "x"), (PASSWORD, " ")])
def test_a_login_that_is_refused_leaves_nothing(clinic, password, reason):
    actor = UserFactory()
    with pytest.raises(ValidationError):
        create_login(
            institution=clinic,
            username="new",
            password=password,
            name="",
            actor=actor,
            reason=reason,
            at=AT,
        )
    assert not InstitutionLogin.objects.exists()
    assert not User.objects.filter(username="new").exists()


def test_an_institutions_login_is_given_no_role(user):
    with pytest.raises(ValidationError):
        people.set_roles(user=user, roles=[CLERK], cities=[], actor=UserFactory(), reason="x", at=AT)


def test_an_administrator_makes_a_login_in_the_admin(client, clinic, settings):
    settings.AXES_ENABLED = False
    administrator = UserFactory(is_staff=True)
    cities = [CityFactory().pk]
    people.set_roles(
        user=administrator,
        roles=["system administrator"],
        cities=cities,
        actor=UserFactory(),
        reason="入职",
        at=AT,
    )
    client.force_login(administrator)
    where = reverse("admin:members_institution_new_login", args=[clinic.pk])
    sent = {"username": "clinic-2", "name": "收费处", "password": PASSWORD, "reason": "无自有系统"}
    assert client.get(where).status_code == 200
    assert client.post(where, sent).status_code == 302
    assert InstitutionLogin.objects.get(user__username="clinic-2").institution == clinic


def test_the_password_is_changed_by_its_holder(site, user):
    where = address("password")
    new = "another long pass phrase"
    wrong = site.post(where, {"old": "wrong", "new": new, "again": new})
    assert wrong.status_code == 200
    assert site.post(where, {"old": PASSWORD, "new": new, "again": "other"}).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert site.post(where, {"old": PASSWORD, "new": new, "again": new}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)
    assert UserEvent.objects.filter(user=user, kind=UserEvent.Kind.PASSWORD, actor=user).exists()


def test_two_institutions_users_each_see_their_own(clinic, client, settings):
    settings.AXES_ENABLED = False
    other = InstitutionFactory()
    client.force_login(login_of(other, "other"))
    assert client.get(address("home")).context_data["institution"] == other
