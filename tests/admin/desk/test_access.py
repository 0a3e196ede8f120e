"""Nobody opens a page of the desk for a city that is not his, or without the right to it."""

import pytest
from django.urls import reverse

from policies import access
from policies.views.rules import CASE, CITY, DOCUMENT, FILE, VERSION
from policies.views.urls import PAGES
from tests.admin.desk.office import YANTAI

OF_A_VERSION = [page for page in PAGES if page.subject is VERSION]


def name_of(page):
    return page.name


def open_(client, page, *args):
    address = reverse(f"admin:{page.name}", args=args)
    return client.post(address) if page.post_only else client.get(address)


@pytest.mark.parametrize("page", OF_A_VERSION, ids=name_of)
def test_a_version_of_another_city_is_not_there(as_, desk, page):
    assert open_(as_(desk.stranger), page, desk.draft.pk).status_code == 404


@pytest.mark.parametrize("page", OF_A_VERSION, ids=name_of)
def test_without_the_permission_a_page_is_refused(as_, desk, page, django_user_model):
    nobody = django_user_model.objects.create_user("nobody", password="x", is_staff=True)
    nobody.cities.add(YANTAI)
    assert open_(as_(nobody), page, desk.draft.pk).status_code == 403


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_without_a_login_every_page_asks_for_one(client, desk, page):
    args = {VERSION: [desk.draft.pk], CITY: [YANTAI], CASE: [1], DOCUMENT: [1], FILE: [1], None: []}
    response = open_(client, page, *args[page.subject])
    assert response.status_code == 302
    assert "/login/" in response.url


@pytest.mark.parametrize("page", [page for page in PAGES if page.subject in (VERSION, None)], ids=name_of)
def test_every_page_answers_whoever_may_open_it(as_, desk, page):
    args = [desk.draft.pk] if page.subject is VERSION else []
    person = desk.reviewer if page.permission in (access.COMMENT, access.VIEW_VERSIONS) else desk.officer
    assert open_(as_(person), page, *args).status_code in (200, 302)
