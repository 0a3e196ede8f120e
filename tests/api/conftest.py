from datetime import date
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command

from claims.api.access import _PerMinute
from policies import library
from policies.models import CatalogueItem
from tests.api.system import Api, key_of
from tests.factories import InstitutionFactory, MemberFactory


@pytest.fixture(autouse=True)
def _no_counts_from_before():
    cache.clear()
    _PerMinute._counted.clear()


@pytest.fixture
def institution(db):
    return InstitutionFactory(level=1)


@pytest.fixture
def api(institution):
    return Api(key_of(institution)[1])


@pytest.fixture
def other_api(db):
    """Another institution's system."""
    return Api(key_of(InstitutionFactory())[1])


@pytest.fixture
def member(db):
    return MemberFactory(balance=10_000)


@pytest.fixture
def yantai(db):
    """Yantai's version of 2023, published, and a drug of class A."""
    files = [library.DOCUMENTS, library.DATA / "370600-2023-01-01.yaml"]
    call_command("load_policies", *files, stdout=StringIO())
    CatalogueItem.objects.create(
        city_id="370600", code="A10BA02", item_class="A", valid_from=date(2022, 1, 1)
    )
