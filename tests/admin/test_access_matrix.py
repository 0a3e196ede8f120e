"""Role × city × page: generated from the URL configuration, so that a page without a rule fails here."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.forms import ModelChoiceField
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, resolve, reverse

from members.models import InstitutionKey
from policies.access import ADMINISTRATOR, AUDITOR, CLERK, OFFICER, ROLES
from policies.models import City, DocumentFile, PolicyVersion, User
from policies.services import people
from tests.admin.access_rules import BESIDE, HALVES, MODELS, OPEN, PAGES, READERS, cities_of
from tests.admin.world import AT, FILE

OF_A_MODEL = ("changelist", "add", "change", "delete", "history", "history_export")
SEEN = (200, 302)


@dataclass
class Staff:
    """A login of each role in each half of the country; of each model a record, and the half that has it."""

    logins: dict[tuple[str, int], User] = field(default_factory=dict)
    records: dict[type, tuple[object, int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def staff(world, django_db_blocker):
    with django_db_blocker.unblock():
        found = Staff()
        for number, cities in enumerate(HALVES):
            for role in ROLES:
                found.logins[role, number] = _login(world, f"{role} {number}", [role], cities)
        for model in MODELS:
            found.records[model] = _record(model)
        with _stored(found.records[DocumentFile][0]):
            yield found


@contextmanager
def _stored(file: DocumentFile):
    """The file of a record whose row alone is in the test world."""
    path = Path(file.file.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILE)
    yield
    path.unlink()


def _login(world, name: str, roles, cities) -> User:
    user = User.objects.create(username=name.replace(" ", "-"), is_staff=True)
    step = {"actor": world.clerk, "reason": "入职", "at": AT}
    return people.set_roles(user=user, roles=roles, cities=cities, **step)


def _record(model) -> tuple[object, int]:
    """A record of a model that belongs to one half only; any record where all see all."""
    manager = model._default_manager
    shared = None
    for record in manager.order_by("-pk"):
        cities = cities_of(record)
        if cities is None:
            shared = (record, 0)
            continue
        halves = [number for number, half in enumerate(HALVES) if cities & half]
        if len(halves) == 1:
            return record, halves[0]
    assert shared, f"the test world has no {model._meta.label} of one half only"
    return shared


def ask(user: User, address: str, method: str = "GET") -> int:
    """The status that a page answers with, without drawing it."""
    request = getattr(RequestFactory(), method.lower())(address)
    request.user = user
    request.session = SessionStore()
    request._messages = FallbackStorage(request)
    request._dont_enforce_csrf_checks = True
    request.resolver_match = match = resolve(request.path_info)
    try:
        return match.func(request, *match.args, **match.kwargs).status_code
    except Http404:
        return 404
    except PermissionDenied:
        return 403


def page_of(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


# --- every page has a rule ---------------------------------------------------------------------------------


def _names(patterns) -> set[str]:
    found = set()
    for pattern in patterns:
        found |= {pattern.name} if isinstance(pattern, URLPattern) else _names(pattern.url_patterns)
    return found


def test_every_address_of_the_admin_has_a_rule():
    names = _names(admin.site.get_urls()) - {None}
    of_models = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}" for model in MODELS for page in OF_A_MODEL
    }
    assert names - of_models - PAGES.keys() - OPEN == set()
    assert PAGES.keys() - names == set()


def test_every_model_of_the_admin_has_a_rule():
    assert {model._meta.label for model in admin.site._registry} == {model._meta.label for model in MODELS}


def test_beside_the_admin_there_is_nothing_without_a_rule():
    assert {str(pattern.pattern) for pattern in get_resolver().url_patterns} == BESIDE


def test_nobody_comes_in_without_logging_in(world, client, db):
    for address in (
        reverse("admin:index"),
        reverse("admin:claims_pended"),
        page_of(PolicyVersion, "changelist"),
    ):
        assert client.get(address).status_code == 302
        assert "/login/" in client.get(address)["Location"]


def test_a_login_that_is_no_staff_sees_nothing(world, db):
    user = User.objects.create(username="institution", is_staff=False)
    assert ask(user, page_of(PolicyVersion, "changelist")) == 302


# --- the matrix --------------------------------------------------------------------------------------------


def _expected(allowed: bool, foreign: bool = False) -> tuple[int, ...]:
    if foreign:
        return (404,)
    return SEEN if allowed else (403,)


def _of_models(staff: Staff, role: str):
    """(user, address, method, statuses that are right) for every page of every model.

    Where a role has no right at home, that is enough: abroad it has none either.
    """
    for model, rule in MODELS.items():
        record, half = staff.records[model]
        user = staff.logins[role, half]
        yield user, page_of(model, "changelist"), "GET", _expected(role in rule.see)
        yield user, page_of(model, "add"), "GET", _expected(role in rule.add)
        if model is not PolicyVersion and role not in rule.change:
            redirects = (302,) if role in rule.see else ()
            yield user, page_of(model, "change", record.pk), "POST", (403, *redirects)
        if not rule.history:
            yield user, page_of(model, "history", record.pk), "GET", (403, 404)
        foreign = None if cities_of(record) is None else staff.logins[role, 1 - half]
        for page, args, allowed in _of_record(model, rule, record, role):
            address = page_of(model, page, record.pk, *args)
            yield user, address, "GET", _expected(allowed)
            if allowed and foreign is not None:
                yield foreign, address, "GET", _expected(allowed, foreign=True)


def _of_record(model, rule, record, role):
    """The pages of a record: name, further parts of its address, whether the role opens it."""
    frozen = hasattr(record, "version") and record.version.is_published
    yield "change", (), role in rule.see
    yield "delete", (), role in rule.delete and not frozen
    if rule.history:
        yield "history", (), role in rule.see
        yield "history_export", ("csv",), role in rule.see and role in READERS


def _of_pages(staff: Staff, role: str):
    """The same for the pages that are no model's own."""
    for name, page in PAGES.items():
        allowed = role in page.roles
        if page.model is None:
            address = reverse(f"admin:{name}", args=page.args)
            yield staff.logins[role, 0], address, page.method, _expected(allowed)
            continue
        record, half = staff.records[page.model]
        key, args = record.pk, page.args
        if args == ("key",):
            api_key, half = staff.records[InstitutionKey]
            key, args = api_key.institution_id, (api_key.pk,)
        address = reverse(f"admin:{name}", args=[key, *args])
        if not (page.slow and allowed and role != min(page.roles)):
            yield staff.logins[role, half], address, page.method, _expected(allowed)
        if allowed and cities_of(record) is not None:
            yield staff.logins[role, 1 - half], address, page.method, _expected(allowed, foreign=True)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_pages_in_its_own_cities_and_no_others(staff, db, role, monkeypatch):
    monkeypatch.setattr(
        admin.site, "each_context", lambda request: {}
    )  # the frame of pages that are not drawn
    wrong = [
        f"{user.username} {method} {address}: {status}, not {right}"
        for user, address, method, right in (*_of_models(staff, role), *_of_pages(staff, role))
        if (status := ask(user, address, method)) not in right
    ]
    assert wrong == []


# --- what is listed, found, offered and exported -----------------------------------------------------------


def _outside(records, half: frozenset[str]) -> list[str]:
    """The records that belong to no city of a half, nor to all."""
    return [str(r) for r in records if (cities := cities_of(r)) is not None and not cities & half]


def _request(user, address: str, query=None):
    request = RequestFactory().get(address, query or {})
    request.user = user
    request.resolver_match = resolve(request.path_info)
    return request


@pytest.mark.parametrize("number", range(len(HALVES)))
def test_no_list_or_search_shows_what_belongs_to_other_cities(staff, db, number):
    for model, rule in MODELS.items():
        own = admin.site.get_model_admin(model)
        user = staff.logins[min(rule.see, default=CLERK), number]
        request = _request(user, page_of(model, "changelist"))
        listed = own.get_queryset(request)
        assert _outside(listed, HALVES[number]) == [], model._meta.label
        for term in ("医院", "H22010000001", "370600", "烟", "长春", "YT-1", "CC-1"):
            found, _distinct = own.get_search_results(request, listed, term)
            assert _outside(found, HALVES[number]) == [], f"{model._meta.label}: {term}"


@pytest.mark.parametrize("number", range(len(HALVES)))
def test_no_form_offers_what_belongs_to_other_cities(staff, db, number):
    for model, rule in MODELS.items():
        for role in sorted(rule.add):
            request = _request(staff.logins[role, number], page_of(model, "add"))
            for name, box in admin.site.get_model_admin(model).get_form(request)().fields.items():
                if isinstance(box, ModelChoiceField) and box.queryset.model in MODELS:
                    assert _outside(box.queryset, HALVES[number]) == [], f"{model._meta.label}.{name}"


@pytest.mark.parametrize("number", range(len(HALVES)))
def test_no_filter_offers_other_cities(staff, db, number):
    foreign = [city.name for city in City.objects.filter(pk__in=HALVES[1 - number])]
    for model, rule in MODELS.items():
        user = staff.logins[min(rule.see, default=CLERK), number]
        own = admin.site.get_model_admin(model)
        changes = own.get_changelist_instance(_request(user, page_of(model, "changelist")))
        for spec in changes.filter_specs:
            offered = " ".join(str(choice.get("display", "")) for choice in spec.choices(changes))
            assert not any(name in offered for name in foreign), f"{model._meta.label} by {spec.title}"


def test_a_key_of_another_city_is_not_named_beside_its_box(staff, db):
    """Neither where the address gives it, nor where it was typed."""
    model = InstitutionKey._meta.get_field("institution").remote_field.model
    record, half = staff.records[model]
    clerk = staff.logins[CLERK, 1 - half]
    agreements = admin.site.get_model_admin(MODELS_BY_NAME["members.Agreement"])
    request = _request(clerk, page_of(MODELS_BY_NAME["members.Agreement"], "add"), {"institution": record.pk})
    form_class = agreements.get_form(request)
    assert record.name not in form_class(initial={"institution": record.pk}).as_p()
    sent = form_class({"institution": str(record.pk), "starts_on": "2024-01-01", "change_reason": "x"})
    assert not sent.is_valid()
    assert "institution" in sent.errors
    assert record.name not in sent.as_p()


def test_no_autocomplete_finds_what_belongs_to_other_cities(staff, client, settings, db):
    settings.AXES_ENABLED = False
    for number in range(len(HALVES)):
        client.force_login(staff.logins[CLERK, number])
        query = {"app_label": "claims", "model_name": "claim", "field_name": "institution", "term": "医院"}
        found = client.get(reverse("admin:autocomplete"), query).json()["results"]
        institutions = MODELS_BY_NAME["members.Institution"].objects.filter(pk__in=[r["id"] for r in found])
        assert len(found) == institutions.count() > 0
        assert _outside(institutions, HALVES[number]) == []


def test_a_filter_names_no_institution_of_other_cities(staff, client, settings, db):
    settings.AXES_ENABLED = False
    institution, half = staff.records[MODELS_BY_NAME["members.Institution"]]
    client.force_login(staff.logins[CLERK, 1 - half])
    address = page_of(MODELS_BY_NAME["claims.Claim"], "changelist")
    response = client.get(address, {"institution__id__exact": institution.pk})
    assert institution.name not in response.content.decode()


def test_no_export_tells_of_other_cities(staff, client, settings, db):
    settings.AXES_ENABLED = False
    client.force_login(staff.logins[AUDITOR, 0])
    text = b"".join(client.get(reverse("admin:policies_history_export", args=["csv"]))).decode()
    assert "烟台市" in text
    assert "长春市" not in text
    assert "重庆市" not in text


def test_the_comparison_takes_no_version_of_other_cities(staff, client, settings, db):
    settings.AXES_ENABLED = False
    client.force_login(staff.logins[OFFICER, 0])
    foreign = PolicyVersion.objects.filter(city="220100").values_list("pk", flat=True)
    own = PolicyVersion.objects.filter(city="370600").values_list("pk", flat=True).first()
    address = reverse("admin:policies_policyversion_compare")
    text = client.get(address, {"a": foreign[0], "b": own}).content.decode()
    assert "长春" not in text


def test_someone_without_cities_sees_nothing_that_belongs_to_one(world, staff, db):
    idle = _login(world, "idle", [AUDITOR, OFFICER, CLERK], [])
    for model in MODELS:
        own = admin.site.get_model_admin(model)
        listed = own.get_queryset(_request(idle, page_of(model, "changelist")))
        assert [str(r) for r in listed if cities_of(r) is not None] == [], model._meta.label


def test_an_administrator_sees_no_figures(staff, db):
    """Neither of policies nor of claims: of institutions and cities only what they are called."""
    user = staff.logins[ADMINISTRATOR, 0]
    seen = {
        model._meta.label for model, rule in MODELS.items() if ask(user, page_of(model, "changelist")) == 200
    }
    expected = {"City", "User", "UserEvent", "Institution", "InstitutionKey", "InstitutionLogin"}
    assert {label.split(".")[1] for label in seen} == expected


MODELS_BY_NAME = {model._meta.label: model for model in MODELS}
