"""The desk's pages ask the database the same number of questions however much there is to show."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies import selectors
from tests.admin.desk.large import large_content, size
from tests.admin.desk.office import YANTAI
from tests.policies import build

pytestmark = pytest.mark.slow


def questions(client, address, **query) -> int:
    client.get(address, query)  # what is kept in memory is kept by now
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address, query).status_code == 200
    return len(captured)


def addresses(version):
    names = ("change", "review", "edit", "cases", "paper", "pdf")
    found = {name: (reverse(f"admin:policies_policyversion_{name}", args=[version.pk]), {}) for name in names}
    found["city"] = (reverse("admin:policies_city_page", args=[YANTAI]), {})
    found["compare"] = (reverse("admin:policies_policyversion_compare"), {"b": version.pk})
    found["cities"] = (reverse("admin:policies_policyversion_cities"), {"on": "2024-05-01"})
    found["waiting"] = (reverse("admin:policies_policydocument_waiting"), {})
    return found


def test_four_hundred_rows_are_meant():
    assert size(large_content(date(2019, 1, 1))) >= 400


@pytest.mark.parametrize(
    "name", ["change", "review", "edit", "cases", "paper", "pdf", "city", "compare", "cities", "waiting"]
)
def test_a_page_asks_no_more_of_many_versions_with_many_rows(as_, desk, name):
    officer = as_(desk.officer)
    address, query = addresses(desk.draft)[name]
    few = questions(officer, address, **query)
    for number in range(4):
        build.published(large_content(date(2019, number + 1, 1)))
    last = build.published(large_content(date(2024, 6, 1)))
    assert selectors.version_index().entry(YANTAI, date(2024, 7, 1)).version_id == last.pk
    assert questions(officer, address, **query) <= few
    own, query = addresses(last)[name]
    if name != "edit":
        assert questions(officer, own, **query) <= few + 2  # the first look at its terms
