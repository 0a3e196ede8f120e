"""Pended claims by what would resolve them, and deciding one or many."""

from datetime import timedelta

from django.contrib.auth.models import Permission
from django.urls import reverse

from claims.models import Claim
from claims.views.pended import groups
from tests.admin.world import AT, CHANGCHUN, YANTAI

ADDRESS = "admin:claims_pended"


def group(code, city):
    found = groups(Claim.objects.filter(status="pended"), AT + timedelta(days=6, hours=1), "zh")
    return next(g for g in found if (g.code, g.city) == (code, city))


def test_a_missing_parameter_names_it_the_count_the_age_and_where_to_mend_it(world, db):
    found = group("parameter_missing", CHANGCHUN)
    assert "住院" in found.sentence
    assert (found.count, found.oldest_days) == (1, 6)
    assert found.fix.label == "由生效版本新建草稿"


def test_a_missing_upfront_share_leads_to_the_catalogue(world, db):
    fix = group("parameter_missing", YANTAI).fix
    assert fix.address.startswith(reverse("admin:policies_catalogueitem_changelist"))
    assert "q=B9" in fix.address


def test_claims_without_a_policy_are_one_group_whatever_their_days(world, db):
    claim = world.claims["CC-6"]
    Claim.objects.filter(pk=world.claims["CC-3"].pk).update(
        code="no_policy_in_force", detail='["220100","2023-09-24"]'
    )
    found = group("no_policy_in_force", claim.city)
    assert found.count == 2
    assert (str(found.first_day), str(found.last_day)) == ("2022-02-20", "2023-09-24")


def test_the_page_lists_every_group_and_every_fix_answers(office, world):
    response = office.get(reverse(ADDRESS))
    listed = response.context["groups"]
    assert sum(g.count for g in listed) == Claim.objects.filter(status="pended").count()
    for found in listed:
        assert office.get(f"{reverse(ADDRESS)}?{found.query}").status_code == 200
        if found.fix:
            assert office.get(found.fix.address).status_code == 200


def test_many_are_decided_at_once_with_one_reason(office, world):
    found = group("review", YANTAI)
    address = f"{reverse(ADDRESS)}?{found.query}"
    claim = world.claims["ZF-1"]
    response = office.post(address, {"decision": "release", "reason": "", "claim": [str(claim.pk)]})
    assert response.context["form"].errors
    response = office.post(address, {"decision": "release", "reason": "核查无误"})
    assert "请至少选择一件申报" in response.content.decode()
    office.post(address, {"decision": "release", "reason": "核查无误", "all": "1"})
    claim.refresh_from_db()
    assert (claim.status, claim.reviewed) == ("queued", True)


def test_a_decision_that_the_group_does_not_have_is_refused(office, world):
    found = group("awaiting_inpatient", CHANGCHUN)
    response = office.post(
        f"{reverse(ADDRESS)}?{found.query}", {"decision": "release", "reason": "x", "all": "1"}
    )
    assert response.context["form"].non_field_errors()
    assert Claim.objects.get(pk=world.claims["CC-4"].pk).status == "pended"


def test_nothing_pended_says_what_would_be_here(office, world):
    Claim.objects.filter(status="pended").update(status="withdrawn")
    assert "没有挂起的申报" in office.get(reverse(ADDRESS)).content.decode()


def test_groups_take_a_constant_number_of_queries(world, db, django_assert_num_queries):
    for number, code in (("CC-4", "special_rule"), ("ZF-1", "special_rule"), ("YT-6", "special_rule")):
        Claim.objects.filter(pk=world.claims[number].pk).update(code=code, detail=f'["{number}","另行规定"]')
    with django_assert_num_queries(4):
        assert len(groups(Claim.objects.filter(status="pended"), AT, "zh")) == 5


def test_the_home_page_counts_what_waits(office, world):
    response = office.get(reverse("admin:index"))
    assert response.context["pended_total"] == Claim.objects.filter(status="pended").count()


def test_the_home_page_is_for_the_readers_own_cities(office, world, django_user_model):
    reader = django_user_model.objects.create_user("reader", password="x", is_staff=True)
    rights = Permission.objects.filter(codename__in=["view_claim", "view_policyversion"])
    reader.user_permissions.set(rights)
    reader.cities.add(YANTAI)
    office.force_login(reader)
    response = office.get(reverse("admin:index"))
    assert {g.city for g in response.context["pended"]} == {YANTAI}
    assert [item["city"].pk for item in response.context["cities"]] == [YANTAI]
