"""Every model's list, form and history answer, with data and without N+1, in both languages."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from members.models import Member

APPS = ("policies", "members", "claims")
MODELS = [
    model
    for label in APPS
    for model in apps.get_app_config(label).get_models()
    if not model.__name__.startswith("Historical")
]
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


def name_of(model):
    return model._meta.label_lower


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_ours_has_an_admin_page():
    missing = [model._meta.label for model in MODELS if model not in admin.site._registry]
    # The many-to-many table of a user's cities is edited with the user; ShardWork is the workers' own count.
    assert [label for label in missing if "_" not in label] == ["claims.ShardWork"]


@pytest.mark.parametrize("model", REGISTERED, ids=name_of)
def test_a_list_answers(office, model):
    response = office.get(address(model, "changelist"))
    assert response.status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=name_of)
def test_a_search_answers(office, model):
    for term in ("370600198005010009", "烟台", "H37060000001"):
        response = office.get(address(model, "changelist"), {"q": term})
        assert response.status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=name_of)
def test_a_record_answers(office, model):
    found = model._default_manager.first()
    if found is None:
        pytest.fail(f"tests/admin/world.py has no {model._meta.label}")
    response = office.get(address(model, "change", found.pk), follow=True)
    assert response.status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=name_of)
def test_a_form_to_add_answers_where_records_are_added(office, model, rf, world):
    request = rf.get("/")
    request.user = world.clerk
    expected = 200 if admin.site.get_model_admin(model).has_add_permission(request) else 403
    assert office.get(address(model, "add")).status_code == expected


@pytest.mark.parametrize("model", [m for m in REGISTERED if hasattr(m, "history")], ids=name_of)
def test_a_history_answers(office, model):
    found = model._default_manager.first()
    response = office.get(address(model, "history", found.pk))
    assert response.status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=name_of)
def test_no_list_shows_a_whole_personal_number(office, model):
    text = office.get(address(model, "changelist")).content.decode()
    assert not re.search(r"(?<![0-9A-Za-z])[0-9]{17}[0-9X](?![0-9])", text)


def test_a_member_page_shows_no_whole_number(office, world):
    text = office.get(address(Member, "change", world.member.pk)).content.decode()
    assert world.member.number not in text
