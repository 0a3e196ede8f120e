"""Facts about members: checked, with history and reason, and told to whoever listens."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from members import registry
from members.models import Enrolment, FamilyLink, Member
from members.registry import Fact
from members.services import care, people
from policies.models import City
from tests.factories import CityFactory, MemberFactory, UserFactory, id_number
from tests.members.conftest import ON, REASON

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return {"actor": UserFactory(username="clerk"), "reason": REASON}


def told(heard):
    return [(change.fact, change.since, change.until) for change in heard]


def code_of(refused) -> str:
    return refused.value.code


class TestRegistering:
    def test_a_new_member_has_an_empty_account_and_a_history(self, by):
        number = id_number(date(1990, 2, 3), 1)
        member = Member(number=number, id_number=number, name="张三", born=date(1990, 2, 3))
        people.register_member(member=member, **by)
        assert member.account.balance == 0
        record = member.history.get()
        assert (record.history_user, record.history_change_reason) == (by["actor"], REASON)

    def test_a_number_is_registered_once(self, by):
        number = MemberFactory().number
        with pytest.raises(ValidationError):
            people.register_member(member=Member(number=number, name="x", born=date(1990, 1, 1)), **by)

    def test_a_wrong_check_character_is_refused(self, by):
        wrong = Member(number="x1", id_number="370600199002030000", name="x", born=date(1990, 2, 3))
        with pytest.raises(ValidationError):
            people.register_member(member=wrong, **by)

    def test_a_change_needs_a_reason(self, by):
        member = MemberFactory()
        member.name = "李四"
        with pytest.raises(ValidationError) as refused:
            people.amend_member(member=member, actor=by["actor"], reason="")
        assert code_of(refused) == "reason"

    def test_a_new_name_touches_no_settlement(self, by, heard):
        member = MemberFactory()
        member.name = "李四"
        people.amend_member(member=member, **by)
        assert heard == []

    def test_another_birth_date_may_touch_all(self, by, heard):
        member = MemberFactory()
        member.born = date(1979, 5, 1)
        people.amend_member(member=member, **by)
        assert told(heard) == [(Fact.PERSON, date(1980, 5, 1), None)]


class TestEnrolment:
    def enrol(self, member, since, until=None, city="410200", **by):
        return people.enrol(member=member, city=CityFactory(code=city), starts_on=since, ends_on=until, **by)

    def test_days_that_are_covered_already_are_refused_with_where_and_how_to_mend(self, by):
        member = MemberFactory(insured_to=date(2023, 3, 31))
        with pytest.raises(ValidationError) as refused:
            self.enrol(member, date(2023, 3, 31), **by)
        assert code_of(refused) == "overlap"
        message = refused.value.messages[0]
        assert all(
            part in message for part in (str(City.objects.get(pk="370600")), "2023-03-31", "2015-01-01")
        )

    def test_the_day_after_is_free(self, by, heard):
        member = MemberFactory(insured_to=date(2023, 3, 31))
        enrolment = self.enrol(member, date(2023, 4, 1), **by)
        assert enrolment.history.get().history_change_reason == REASON
        assert told(heard) == [(Fact.ENROLMENT, date(2023, 4, 1), None)]
        assert heard[0].member_ids == (member.pk,)

    def test_cover_does_not_start_before_birth(self, by):
        with pytest.raises(ValidationError) as refused:
            self.enrol(MemberFactory(city=None, paid=None), date(1980, 4, 30), **by)
        assert code_of(refused) == "before_birth"

    def test_ending_cover_tells_of_the_days_it_takes(self, by, heard):
        enrolment = MemberFactory().enrolments.get()
        people.end_cover(enrolment=enrolment, ends_on=date(2023, 6, 30), **by)
        people.end_cover(enrolment=enrolment, ends_on=date(2023, 8, 31), **by)
        people.end_cover(enrolment=enrolment, ends_on=None, **by)
        assert told(heard) == [
            (Fact.ENROLMENT, date(2023, 7, 1), None),
            (Fact.ENROLMENT, date(2023, 7, 1), date(2023, 8, 31)),
            (Fact.ENROLMENT, date(2023, 9, 1), None),
        ]

    def test_it_does_not_end_before_it_starts(self, by):
        enrolment = MemberFactory().enrolments.get()
        with pytest.raises(ValidationError) as refused:
            people.end_cover(enrolment=enrolment, ends_on=date(2014, 12, 31), **by)
        assert code_of(refused) == "reversed"

    def test_opening_it_again_is_refused_where_another_follows(self, by):
        member = MemberFactory(insured_to=date(2023, 3, 31))
        self.enrol(member, date(2023, 4, 1), **by)
        with pytest.raises(ValidationError) as refused:
            people.end_cover(enrolment=member.enrolments.first(), ends_on=None, **by)
        assert code_of(refused) == "overlap"

    def test_a_change_of_employment_ends_one_and_begins_the_next(self, by):
        member = MemberFactory()
        people.change_employment(
            enrolment=member.enrolments.get(),
            from_day=date(2023, 5, 1),
            employment="flexible",
            plan="combined",
            **by,
        )
        rows = member.enrolments.values_list("employment", "starts_on", "ends_on")
        assert list(rows) == [
            ("employee", date(2015, 1, 1), date(2023, 4, 30)),
            ("flexible", date(2023, 5, 1), None),
        ]


class TestRetirementAndDeath:
    def test_retirement_tells_of_the_days_it_changes(self, by, heard):
        member = MemberFactory()
        for day in (date(2023, 5, 9), date(2023, 3, 1), None):
            member = people.record_retirement(member=member, retired_on=day, **by)
        assert told(heard) == [
            (Fact.RETIREMENT, date(2023, 5, 9), None),
            (Fact.RETIREMENT, date(2023, 3, 1), date(2023, 5, 8)),
            (Fact.RETIREMENT, date(2023, 3, 1), None),
        ]
        assert member.history.count() == 4

    def test_death_is_told_with_its_day(self, by, heard):
        people.record_death(member=MemberFactory(), died_on=date(2024, 2, 1), on=ON, **by)
        assert told(heard) == [(Fact.DEATH, date(2024, 2, 1), None)]

    @pytest.mark.parametrize("day", [date(1980, 4, 30), date(2024, 3, 2)])
    def test_death_lies_between_birth_and_today(self, by, day):
        with pytest.raises(ValidationError):
            people.record_death(member=MemberFactory(), died_on=day, on=ON, **by)

    def test_retirement_lies_after_birth(self, by):
        with pytest.raises(ValidationError) as refused:
            people.record_retirement(member=MemberFactory(), retired_on=date(1980, 5, 1), **by)
        assert code_of(refused) == "before_birth"

    def test_the_same_day_again_tells_nothing(self, by, heard):
        member = MemberFactory(retired_on=date(2023, 5, 9))
        people.record_retirement(member=member, retired_on=date(2023, 5, 9), **by)
        assert heard == []


class TestCare:
    def test_a_registration_is_told_and_ended(self, by, heard):
        row = care.register_disease(
            member=MemberFactory(), benefit="chronic", disease="e11", starts_on=date(2023, 1, 1), **by
        )
        care.end_registration(registration=row, ends_on=date(2023, 12, 31), **by)
        assert row.disease == "E11"
        assert told(heard) == [
            (Fact.REGISTRATION, date(2023, 1, 1), None),
            (Fact.REGISTRATION, date(2024, 1, 1), None),
        ]

    def test_the_same_disease_is_not_registered_twice_for_a_day(self, by):
        given = {"member": MemberFactory(), "benefit": "chronic", "disease": "E11", **by}
        care.register_disease(starts_on=date(2023, 1, 1), **given)
        with pytest.raises(ValidationError) as refused:
            care.register_disease(starts_on=date(2023, 6, 1), **given)
        assert code_of(refused) == "overlap"

    def test_a_stay_may_begin_on_the_day_another_ends(self, by, heard):
        given = {"member": MemberFactory(), "kind": "stay", **by}
        care.record_care_period(starts_on=date(2023, 5, 1), ends_on=date(2023, 5, 10), **given)
        care.record_care_period(starts_on=date(2023, 5, 10), **given)
        assert told(heard) == [
            (Fact.CARE_PERIOD, date(2023, 5, 1), date(2023, 5, 10)),
            (Fact.CARE_PERIOD, date(2023, 5, 10), None),
        ]
        with pytest.raises(ValidationError):
            care.record_care_period(starts_on=date(2023, 5, 9), ends_on=date(2023, 5, 12), **given)

    def test_a_discharge_ends_a_stay(self, by, heard):
        member = MemberFactory()
        stay = care.record_care_period(member=member, kind="stay", starts_on=date(2023, 5, 1), **by)
        care.end_care_period(period=stay, ends_on=date(2023, 5, 10), **by)
        assert told(heard)[1] == (Fact.CARE_PERIOD, date(2023, 5, 11), None)


class TestFamily:
    """家庭共济 works from the consent on, and until it is taken back."""

    def link(self, owner, user, since=date(2023, 1, 1), **by):
        return care.link_family(owner=owner, user=user, relation="spouse", consented_on=since, **by)

    def test_links_pay_in_the_order_in_which_they_came(self, by, heard):
        user, *owners = MemberFactory.create_batch(3)
        links = [self.link(owner, user, **by) for owner in owners]
        assert [link.position for link in links] == [1, 2]
        assert [change.member_ids for change in heard] == [(user.pk,)] * 2

    def test_an_account_is_shared_once(self, by):
        owner, user = MemberFactory.create_batch(2)
        self.link(owner, user, **by)
        with pytest.raises(ValidationError) as refused:
            self.link(owner, user, date(2024, 1, 1), **by)
        assert code_of(refused) == "overlap"

    def test_a_consent_taken_back_can_be_given_again(self, by, heard):
        owner, user = MemberFactory.create_batch(2)
        link = self.link(owner, user, **by)
        care.end_family_link(link=link, ends_on=date(2023, 6, 30), **by)
        self.link(owner, user, date(2023, 9, 1), **by)
        assert FamilyLink.objects.count() == 2
        assert told(heard)[1] == (Fact.FAMILY, date(2023, 7, 1), None)

    def test_a_consent_does_not_end_before_it_began(self, by):
        owner, user = MemberFactory.create_batch(2)
        link = self.link(owner, user, **by)
        with pytest.raises(ValidationError) as refused:
            care.end_family_link(link=link, ends_on=date(2022, 12, 31), **by)
        assert code_of(refused) == "reversed"

    def test_nobody_is_linked_to_themselves(self, by):
        member = MemberFactory()
        with pytest.raises(ValidationError):
            self.link(member, member, **by)


def test_what_a_listener_raises_undoes_the_change(by, heard):

    @registry.on_facts_changed
    def refuse(change):
        raise RuntimeError("cannot list")

    member = MemberFactory(city=None, paid=None)
    with pytest.raises(RuntimeError):
        people.enrol(member=member, city=CityFactory(), starts_on=date(2023, 1, 1), **by)
    assert not Enrolment.objects.filter(member=member).exists()
