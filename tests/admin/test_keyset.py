"""Lists by key: every row once, forwards and backwards, whatever is filtered by and wherever a page ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from claims.ids import first_uuid7
from claims.models import Claim, ClaimKey, Settlement
from policies.admin import keyset

pytestmark = pytest.mark.django_db
LIST = reverse("admin:claims_claim_changelist")
RECEIVED = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def many(world, monkeypatch):
    """Thirty-one claims of a minute each, every fifth rejected, newest last, on pages of seven."""
    monkeypatch.setattr("claims.admin.claims.ClaimAdmin.list_per_page", 7)
    one = Claim.objects.filter(status="settled").first()
    values = {field.attname: getattr(one, field.attname) for field in Claim._meta.concrete_fields}
    made = []
    for number in range(31):
        at = RECEIVED + timedelta(minutes=number)
        key = type(one.pk)(int=first_uuid7(at).int | 7 << 76 | 2 << 62 | number)
        changes = {
            "id": key,
            "seq": 10_000 + number,
            "claim_number": f"N{number:03d}",
            "received_at": at,
            "service_date": at.date(),
            "status": "rejected" if number % 5 == 0 else "merged",
        }
        made.append(Claim.objects.create(**values | changes))
        ClaimKey.objects.create(
            id=10_000 + number,
            institution_id=one.institution_id,
            claim_number=f"N{number:03d}",
            claim_id=key,
            digest="x",
        )
    return made


def numbers(response):
    """The claims on a page that are of `many`, in order."""
    return [
        claim.claim_number for claim in response.context["cl"].result_list if claim.claim_number[0] == "N"
    ]


def shown(response):
    return [claim.claim_number for claim in response.context["cl"].result_list]


def beside(response, rel):
    """The address of the page beside it, as a link on the page gives it."""
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', response.content.decode())
    return LIST + found[1].replace("&amp;", "&") if found else None


def walk(client, address, rel="next"):
    pages = []
    while address:
        response = client.get(address)
        assert response.status_code == 200
        pages.append(numbers(response))
        address = beside(response, rel)
    return pages, response


def named(claims):
    return [claim.claim_number for claim in claims]


def test_all_rows_once_from_the_newest_to_the_oldest_and_back(office, many):
    pages, last = walk(office, LIST)
    forwards = [number for page in pages for number in page]
    assert forwards == named(reversed(many))
    assert all(len(page) <= 7 for page in pages)
    back, first = walk(office, beside(last, "prev"), "prev")
    assert [number for page in reversed(back) for number in page] == forwards[: -len(pages[-1]) or None]
    assert "rel=" in first.content.decode()


def test_a_filter_keeps_its_pages(office, many):
    pages, _ = walk(office, f"{LIST}?status__exact=merged")
    assert [n for page in pages for n in page] == [
        c.claim_number for c in reversed(many) if c.status == "merged"
    ]


def test_of_service_dates_the_first_received_comes_first(office, many):
    since, until = RECEIVED.date(), RECEIVED.date()
    pages, _ = walk(office, f"{LIST}?service_date_from={since}&service_date_to={until}")
    assert [n for page in pages for n in page] == named(many)


def test_an_institutions_claims_go_by_its_index(office, many):
    pages, _ = walk(office, f"{LIST}?institution__id__exact={many[0].institution_id}")
    assert [n for page in pages for n in page] == named(reversed(many))


def test_where_looking_ends_early_it_is_told_and_goes_on(office, many, monkeypatch):
    """As on a table of millions: nothing is cheap, and few rows are looked at for a page."""
    monkeypatch.setattr(keyset, "WINDOWS", (4, 9))
    monkeypatch.setattr(keyset, "_estimate", lambda _: keyset.Estimate(rows=1_234_567, cost=1e9))
    first = office.get(f"{LIST}?status__exact=rejected")
    text = first.content.decode()
    assert "1,230,000" in text
    assert first.context["cl"].paginator.looked
    pages, _ = walk(office, f"{LIST}?status__exact=rejected")
    assert [n for page in pages for n in page] == [
        c.claim_number for c in reversed(many) if c.status == "rejected"
    ]
    assert max(len(page) for page in pages) < 3


def test_no_more_rows_are_looked_at_than_a_page_may_ask_for(office, many, monkeypatch):
    monkeypatch.setattr(keyset, "WINDOWS", (4,))
    monkeypatch.setattr(keyset, "_estimate", lambda _: keyset.Estimate(rows=9, cost=1e9))
    response = office.get(f"{LIST}?status__exact=withdrawn")
    assert response.context["cl"].result_list == []
    assert beside(response, "next") is not None


def test_counts_are_exact_where_they_are_small(office, many):
    page = office.get(LIST).context["cl"].paginator
    assert (page.count, page.is_exact) == (Claim.objects.count(), True)


@pytest.mark.parametrize("key", ["after:x", "after:1,2", "beside:1", "before:", "before:0193"])
def test_an_address_that_is_none_shows_the_first_page(office, many, key):
    response = office.get(f"{LIST}?p={key}", follow=True)
    assert response.status_code == 200
    assert shown(response) == shown(office.get(LIST))


def test_an_order_of_the_readers_own_is_not_followed(office, many):
    assert shown(office.get(f"{LIST}?o=6")) == shown(office.get(LIST))


def test_settlements_of_service_dates_go_by_their_claims(office, world):
    address = reverse("admin:claims_settlement_changelist")
    response = office.get(f"{address}?service_date_from=2020-01-01&service_date_to={timezone.localdate()}")
    found = [(s.claim_id, s.revision) for s in response.context["cl"].result_list]
    assert found == list(
        Settlement.objects.order_by("claim_id", "revision").values_list("claim_id", "revision")
    )
    assert found


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL estimates")
def test_an_estimate_comes_from_the_planner(world):
    estimate = keyset._estimate(Claim.objects.all())
    assert estimate.rows >= 1
    assert estimate.cost > 0
