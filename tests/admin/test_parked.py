"""Parked claims by what failed, and trying one or many again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from claims.models import Claim, ClaimEvent
from claims.services import adjudication, attempts
from claims.services.adjudication import drain
from claims.views.parked import groups, parked_claims
from tests.admin.world import AT, CHANGCHUN, YANTAI

ADDRESS = "admin:claims_parked"


def poisoned(_facts, _claims):
    raise ZeroDivisionError("370600198005010017")


@pytest.fixture
def parked(world, db, monkeypatch):
    """YT-9, which waits in the world's queue, parked by a worker as it is when it fails three times."""
    claim = world.claims["YT-9"]
    with monkeypatch.context() as patched:
        patched.setattr(adjudication, "settle_set", poisoned)
        for _ in range(attempts.MAX_ATTEMPTS):
            drain(claim.shard, clock=lambda: AT)
    claim.refresh_from_db()
    assert claim.parked
    return claim


@pytest.fixture
def group(parked, world):
    [found] = groups(parked_claims(world.clerk), AT + timedelta(days=3))
    return found


def test_a_group_says_what_failed_where_and_how_often_but_not_whose(group):
    assert group.error == "ZeroDivisionError"
    assert group.where.startswith("tests/admin/test_parked.py:")
    assert group.where.endswith(", poisoned")
    assert (group.count, group.attempts, group.last_at) == (1, 3, AT)
    assert "3706" not in ClaimEvent.objects.get(kind="parked").reason


def test_the_page_leads_from_the_home_page_to_the_claims(office, group, parked):
    home = office.get(reverse("admin:index")).content.decode()
    assert reverse(ADDRESS) in home
    page = office.get(reverse(ADDRESS))
    assert [g.reason for g in page.context["groups"]] == [group.reason]
    shown = office.get(f"{reverse(ADDRESS)}?{group.query}").content.decode()
    assert parked.claim_number in shown
    assert parked.member_number not in shown


def test_trying_again_wants_a_reason_and_a_claim_and_then_settles(office, group, parked):
    address = f"{reverse(ADDRESS)}?{group.query}"
    response = office.post(address, {"decision": "again", "reason": "", "claim": [str(parked.pk)]})
    assert response.context["form"].errors
    response = office.post(address, {"decision": "again", "reason": "已修复"})
    assert "请至少选择一件申报" in response.content.decode()
    response = office.post(address, {"decision": "again", "reason": "已修复", "claim": [str(parked.pk)]})
    assert response.status_code == 302
    parked.refresh_from_db()
    assert (parked.parked, parked.attempts) == (False, 0)
    assert ClaimEvent.objects.filter(claim=parked, kind="requeued", reason="已修复").exists()
    drain(parked.shard, clock=lambda: AT)
    parked.refresh_from_db()
    assert parked.status != "queued"
    assert "没有搁置的申报" in office.get(reverse(ADDRESS)).content.decode()
    assert office.get(address).status_code == 302


def test_many_are_tried_again_at_once(office, group, parked):
    address = f"{reverse(ADDRESS)}?{group.query}"
    office.post(address, {"decision": "again", "reason": "已修复", "all": "1"})
    assert not Claim.objects.filter(parked=True).exists()


def test_whoever_may_only_read_is_offered_nothing_and_refused(office, group, django_user_model):
    reader = django_user_model.objects.create_user("reader", password="x", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_claim"))
    reader.cities.add(YANTAI)
    office.force_login(reader)
    address = f"{reverse(ADDRESS)}?{group.query}"
    assert office.get(address).context["decisions"] == ()
    assert office.post(address, {"decision": "again", "reason": "x", "all": "1"}).status_code == 403
    assert Claim.objects.filter(parked=True).exists()


def test_another_city_sees_nothing_of_it(office, group, django_user_model):
    reader = django_user_model.objects.create_user("elsewhere", password="x", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_claim"))
    reader.cities.add(CHANGCHUN)
    office.force_login(reader)
    assert office.get(reverse(ADDRESS)).context["groups"] == []
    assert office.get(f"{reverse(ADDRESS)}?{group.query}").status_code == 302


def test_groups_take_one_query_however_many_claims(parked, world, django_assert_num_queries):
    with django_assert_num_queries(1):
        groups(parked_claims(world.clerk), AT)
