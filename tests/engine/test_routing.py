"""2.4, 2.5 and 2.9: benefit, tier, prescriptions, emergency care."""

from dataclasses import replace as with_terms

import pytest
from msgspec.structs import replace

from tests.engine.build import (
    CHANGCHUN,
    CHONGQING,
    DAY,
    HOSPITAL,
    KAIFENG,
    MEMBER,
    PHARMACY,
    YANTAI,
    ZHENJIANG,
    case,
    line,
    rules,
    run,
    terms,
)

E11_CHRONIC, E11_SPECIAL = ("chronic", "E11"), ("special", "E11")


def registered(*registrations, city=CHANGCHUN):
    return replace(MEMBER, city=city, registrations=registrations)


def test_an_ordinary_claim_for_a_registered_disease_is_paid_as_chronic():
    result = run(case(city=CHANGCHUN, member=registered(E11_CHRONIC), disease="E11.9"))
    assert (result.benefit, result.fund_rate) == ("chronic", 7_000)
    assert result.deltas["fund/chronic:E11/2023"] == result.pooled_fund
    assert "preferred" in rules(result)


def test_special_goes_before_chronic_and_waits_for_its_figures():
    result = run(case(city=CHANGCHUN, member=registered(E11_CHRONIC, E11_SPECIAL), disease="E11"))
    assert (result.outcome, result.code) == ("pended", "parameter_missing")
    assert result.detail[0][0].startswith("special")
    assert len(result.detail) == 2


def test_special_is_not_given_at_a_small_general_institution():
    clinic = replace(HOSPITAL, city=CHANGCHUN, level=1, kind="community")
    result = run(case(city=CHANGCHUN, member=registered(E11_SPECIAL), disease="E11", institution=clinic))
    assert result.benefit == "ordinary"


@pytest.mark.parametrize("city", [YANTAI, KAIFENG, ZHENJIANG, CHONGQING])
def test_without_a_stated_preference_an_ordinary_claim_stays_ordinary(city):
    assert (
        run(case(city=city, member=registered(E11_CHRONIC, city=city), disease="E11")).benefit == "ordinary"
    )


def test_the_longest_registration_that_fits_counts():
    member = registered(E11_CHRONIC, ("chronic", "E11.2"))
    result = run(case(city=CHANGCHUN, member=member, disease="E11.201"))
    assert "fund/chronic:E11.2/2023" in result.deltas


def test_a_chronic_claim_with_its_registration_says_nothing_of_routing():
    result = run(case(city=CHANGCHUN, member=registered(E11_CHRONIC), benefit="chronic", disease="E11"))
    assert result.benefit == "chronic"
    assert not {"preferred", "registered_as", "not_registered"} & set(rules(result))


def test_a_registration_of_the_other_kind_serves_as_that_kind():
    result = run(case(city=CHANGCHUN, member=registered(E11_CHRONIC), benefit="special", disease="E11"))
    assert result.benefit == "chronic"
    assert "registered_as" in rules(result)


@pytest.mark.parametrize("disease", ["", "I10"])
def test_without_a_registration_a_chronic_claim_is_ordinary(disease):
    result = run(case(city=CHANGCHUN, member=registered(E11_CHRONIC), benefit="chronic", disease=disease))
    assert result.benefit == "ordinary"
    assert "not_registered" in rules(result)


def test_a_negotiated_drug_takes_a_chronic_claim_to_the_dual_channel():
    lines = (line(100), line(50, negotiated=True))
    given = case(
        city=CHANGCHUN, member=registered(E11_CHRONIC), benefit="chronic", disease="E11", lines=lines
    )
    result = run(given)
    assert (result.code, result.detail[0][0]) == ("parameter_missing", "negotiated_drug")


@pytest.mark.parametrize("disease", ["E70.0", "E70.001", "Z49.1"])
def test_a_disease_with_a_document_of_its_own_waits_for_it(disease):
    member = registered(("special", disease[:3]))
    result = run(case(city=CHANGCHUN, member=member, benefit="special", disease=disease))
    assert (result.outcome, result.code) == ("pended", "special_rule")


def test_the_same_disease_without_a_registration_is_ordinary():
    assert run(case(city=CHANGCHUN, disease="Z49.1", benefit="special")).benefit == "ordinary"


def test_a_pharmacy_needs_a_prescription():
    result = run(case(institution=PHARMACY))
    assert (result.outcome, result.code, result.pooled_fund) == ("settled", "no_prescription", 0)


def test_a_prescription_where_the_version_has_none_is_not_covered():
    result = run(case(institution=PHARMACY, prescriber=HOSPITAL))
    assert result.code == "institution_not_covered"


def _prescribed(pharmacy=PHARMACY, prescriber=HOSPITAL):
    at = replace(pharmacy, city=ZHENJIANG)
    return case(city=ZHENJIANG, institution=at, prescriber=replace(prescriber, city=ZHENJIANG))


def test_a_prescription_is_paid_at_the_prescribers_tier():
    result = run(_prescribed())
    assert (result.code, result.tier, result.fund_rate) == (None, "B", 7_500)
    assert "prescription" in rules(result)


def test_pharmacy_and_prescriber_must_both_be_designated():
    assert run(_prescribed(pharmacy=replace(PHARMACY, designated=()))).code == "institution_not_covered"
    assert run(_prescribed(prescriber=replace(HOSPITAL, designated=()))).code == "institution_not_covered"


def test_a_pharmacy_that_prescribes_has_no_tier():
    result = run(_prescribed(prescriber=PHARMACY))
    assert (result.code, result.tier) == ("institution_not_covered", "")


def test_no_tier_no_payment():
    clinic = replace(HOSPITAL, city=KAIFENG, level=0, kind="clinic")
    assert run(case(city=KAIFENG, institution=clinic)).code == "institution_not_covered"


def test_admitted_from_emergency_waits_for_the_inpatient_claim():
    result = run(case(city=CHANGCHUN, benefit="emergency", disposition="admitted"))
    assert (result.outcome, result.code) == ("pended", "awaiting_inpatient")


def test_where_no_rule_says_otherwise_emergency_is_ordinary():
    result = run(case(benefit="emergency", disposition="admitted", statement=True))
    assert (result.outcome, result.benefit) == ("settled", "ordinary")


@pytest.mark.parametrize(("disposition", "statement"), [("died", False), ("discharged", True), ("", False)])
def test_emergency_without_cause_or_statement_is_ordinary_and_not_chronic(disposition, statement):
    given = case(
        city=CHANGCHUN,
        member=registered(E11_CHRONIC),
        disease="E11",
        benefit="emergency",
        disposition=disposition,
        statement=statement,
    )
    result = run(given)
    assert result.benefit == "ordinary"
    assert "emergency_ordinary" in rules(result)


@pytest.mark.parametrize("disposition", ["died", "no_bed"])
def test_a_death_or_no_bed_with_a_statement_is_one_admission(disposition):
    given = case(city=CHANGCHUN, benefit="emergency", disposition=disposition, statement=True)
    result = run(given)
    assert (result.code, result.detail[0][0]) == ("parameter_missing", "inpatient")


def test_listed_emergency_lines_are_settled_with_the_stay():
    given = case(city=ZHENJIANG, benefit="inpatient", admitted_on=DAY, discharged_on=DAY, listed=(line(500),))
    emergency = with_terms(terms(ZHENJIANG).benefits["emergency"], as_inpatient=0)
    benefits = {**terms(ZHENJIANG).benefits, "emergency": emergency}
    result = run(given, under=with_terms(terms(ZHENJIANG), benefits=benefits))
    assert result.total == 150_000
    assert "merged" in rules(result)
