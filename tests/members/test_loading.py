from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.loading import institution_records, member_records, member_records_by_id
from members.models import CarePeriod, DiseaseRegistration, FamilyLink, InstitutionStanding
from members.records import Cover, Due, Link, Period, Registration, Standing
from tests.factories import InstitutionFactory, MemberFactory, month, pay

pytestmark = pytest.mark.django_db
SPRING = range(month("2023-01"), month("2023-04"))


def queries(function) -> int:
    with CaptureQueriesContext(connection) as captured:
        function()
    return len(captured)


def test_a_member_is_loaded_whole():
    owner, member = MemberFactory(), MemberFactory(retired_on=date(2024, 1, 1), surplus_years=3)
    DiseaseRegistration.objects.create(
        member=member, benefit="chronic", disease="E11", starts_on=date(2023, 1, 1)
    )
    CarePeriod.objects.create(
        member=member, kind="stay", starts_on=date(2023, 2, 1), ends_on=date(2023, 2, 9)
    )
    CarePeriod.objects.create(member=member, kind="ltc", starts_on=date(2023, 3, 1))
    FamilyLink.objects.create(
        owner=owner, user=member, relation="spouse", position=1, consented_on=date(2022, 1, 1)
    )
    record = member_records([member.number], months=SPRING)[member.number]
    assert (record.id, record.number, record.surplus_years) == (member.pk, member.number, 3)
    assert record.retired_on == date(2024, 1, 1)
    assert record.covers == (Cover("370600", "employee", "combined", date(2015, 1, 1)),)
    assert record.registrations == (Registration("chronic", "E11", Period(date(2023, 1, 1))),)
    assert record.stays == (Period(date(2023, 2, 1), date(2023, 2, 9)),)
    assert record.ltc == (Period(date(2023, 3, 1)),)
    assert record.links == (Link(owner.pk, "spouse", Period(date(2022, 1, 1))),)
    assert record.dues[month("2023-02")] == Due(date(2023, 2, 5), "employee", 500000)


def test_only_the_months_asked_for_are_loaded():
    member = MemberFactory()
    record = member_records([member.number], months=SPRING)[member.number]
    assert sorted(record.dues) == list(SPRING)
    assert member_records([member.number])[member.number].dues == {}


def test_the_newest_row_of_a_month_counts():
    member = MemberFactory(paid=None)
    pay(member, SPRING, city="370600", paid_on=None)
    pay(member, [month("2023-02")], city="370600", base=600000, paid_on=date(2023, 5, 1))
    record = member_records([member.number], months=SPRING)[member.number]
    assert record.dues[month("2023-02")] == Due(date(2023, 5, 1), "employee", 600000)
    assert record.dues[month("2023-03")].paid_on is None


def test_the_first_months_come_from_outside_the_window():
    member = MemberFactory(paid=("2019-07", "2023-12"))
    pay(member, [month("2021-02"), month("2021-03")], city="370600", employment="flexible")
    record = member_records([member.number], months=SPRING, with_waiting=True)[member.number]
    assert (record.first_paid, record.first_flexible) == (month("2019-07"), month("2021-02"))


def test_a_first_month_that_was_taken_back_is_not_the_first_paid():
    member = MemberFactory(paid=("2023-01", "2023-12"))
    pay(member, [month("2023-01")], city="370600", paid_on=None)
    record = member_records([member.number], with_waiting=True)[member.number]
    assert record.first_paid == month("2023-02")


def test_who_never_paid_has_no_first_month():
    member = MemberFactory(paid=None)
    pay(member, SPRING, city="370600", paid_on=None)
    record = member_records_by_id([member.pk], with_waiting=True)[member.pk]
    assert (record.first_paid, record.first_flexible) == (None, None)


def test_links_come_in_order_and_only_with_consent():
    member, *owners = MemberFactory.create_batch(4)
    for owner, position, consent in zip(owners, (2, 1, 0), (date(2022, 1, 1),) * 2 + (None,), strict=True):
        FamilyLink.objects.create(
            owner=owner, user=member, relation="parent", position=position, consented_on=consent
        )
    links = member_records([member.number])[member.number].links
    assert [link.owner_id for link in links] == [owners[1].pk, owners[0].pk]


def test_unknown_numbers_are_left_out():
    member = MemberFactory()
    assert set(member_records([member.number, "nobody"])) == {member.number}


def test_the_number_of_queries_does_not_depend_on_the_number_of_members():
    members = MemberFactory.create_batch(5, paid=("2023-01", "2023-03"))
    numbers = [member.number for member in members]
    one = queries(lambda: member_records(numbers[:1], months=SPRING, with_waiting=True))
    five = queries(lambda: member_records(numbers, months=SPRING, with_waiting=True))
    assert one == five == 7


def test_an_institution_is_loaded_whole():
    institution = InstitutionFactory(level=2, kind="general", affiliation="city", designated=["ordinary"])
    InstitutionStanding.objects.create(
        institution=institution, starts_on=date(2023, 1, 1), level=3, kind="general", affiliation="city"
    )
    record = institution_records(codes=[institution.code])[institution.pk]
    assert (record.code, record.name, record.city) == (institution.code, institution.name, "370600")
    assert record.standings == (
        Standing(date(2015, 1, 1), 2, "general", "city"),
        Standing(date(2023, 1, 1), 3, "general", "city"),
    )
    assert record.agreements == (Period(date(2015, 1, 1)),)
    assert record.designations == (("ordinary", Period(date(2015, 1, 1))),)


def test_the_number_of_queries_does_not_depend_on_the_number_of_institutions():
    ids = [institution.pk for institution in InstitutionFactory.create_batch(4)]
    assert queries(lambda: institution_records(ids=ids[:1])) == 4
    assert queries(lambda: institution_records(ids=ids)) == 4
