from datetime import date

import pytest
from django.core.exceptions import ValidationError

from members.models import Institution
from members.registry import Fact
from members.services import institutions
from members.services.institutions import BEGINNING
from tests.factories import CityFactory, InstitutionFactory, UserFactory
from tests.members.conftest import REASON

pytestmark = pytest.mark.django_db
SINCE = date(2015, 1, 1)


@pytest.fixture
def by():
    return {"actor": UserFactory(username="clerk"), "reason": REASON}


def told(heard):
    return [(change.fact, change.since, change.until) for change in heard]


def test_a_new_institution_has_a_history(by, heard):
    institution = Institution(code="H1", name="一院", city=CityFactory())
    institutions.register_institution(institution=institution, **by)
    assert institution.history.get().history_user == by["actor"]
    assert heard == []


def test_another_name_may_match_another_tier_on_any_day(by, heard):
    institution = InstitutionFactory()
    institution.name = "镇江市第一人民医院"
    institutions.amend_institution(institution=institution, **by)
    assert told(heard) == [(Fact.INSTITUTION, BEGINNING, None)]
    assert heard[0].institution_ids == (institution.pk,)


class TestStanding:
    def set(self, institution, since, level, **by):
        return institutions.set_standing(
            institution=institution, starts_on=since, level=level, kind="general", affiliation="city", **by
        )

    def test_it_holds_until_the_next(self, by, heard):
        institution = InstitutionFactory(level=2, kind="general", affiliation="city")
        self.set(institution, date(2024, 1, 1), 3, **by)
        self.set(institution, date(2023, 1, 1), 1, **by)
        assert told(heard) == [
            (Fact.STANDING, date(2024, 1, 1), None),
            (Fact.STANDING, date(2023, 1, 1), date(2023, 12, 31)),
        ]

    def test_that_of_the_same_day_is_corrected(self, by, heard):
        institution = InstitutionFactory(level=2, kind="general", affiliation="city")
        row = self.set(institution, SINCE, 3, **by)
        assert institution.standings.get() == row
        assert told(heard) == [(Fact.STANDING, SINCE, None)]

    def test_the_same_again_is_no_change(self, by, heard):
        institution = InstitutionFactory(level=2, kind="general", affiliation="city")
        self.set(institution, SINCE, 2, **by)
        assert heard == []

    def test_levels_go_up_to_three(self, by):
        with pytest.raises(ValidationError):
            self.set(InstitutionFactory(), date(2024, 1, 1), 4, **by)


class TestAgreementAndDesignation:
    def test_an_agreement_ends_and_another_follows(self, by, heard):
        institution = InstitutionFactory()
        agreement = institution.agreements.get()
        institutions.end_agreement(agreement=agreement, ends_on=date(2023, 12, 31), **by)
        institutions.record_agreement(institution=institution, starts_on=date(2024, 3, 1), **by)
        assert told(heard) == [
            (Fact.AGREEMENT, date(2024, 1, 1), None),
            (Fact.AGREEMENT, date(2024, 3, 1), None),
        ]

    def test_agreements_do_not_overlap(self, by):
        with pytest.raises(ValidationError) as refused:
            institutions.record_agreement(institution=InstitutionFactory(), starts_on=date(2024, 1, 1), **by)
        assert refused.value.code == "overlap"

    def test_it_is_designated_benefit_by_benefit(self, by, heard):
        institution = InstitutionFactory(designated=["ordinary"])
        given = {"institution": institution, "starts_on": date(2023, 1, 1), **by}
        row = institutions.designate(benefit="chronic", **given)
        with pytest.raises(ValidationError):
            institutions.designate(benefit="ordinary", **given)
        institutions.end_designation(designation=row, ends_on=date(2023, 6, 30), **by)
        assert told(heard) == [
            (Fact.DESIGNATION, date(2023, 1, 1), None),
            (Fact.DESIGNATION, date(2023, 7, 1), None),
        ]

    def test_a_period_does_not_end_before_it_starts(self, by):
        agreement = InstitutionFactory().agreements.get()
        with pytest.raises(ValidationError) as refused:
            institutions.end_agreement(agreement=agreement, ends_on=date(2014, 1, 1), **by)
        assert refused.value.code == "reversed"
