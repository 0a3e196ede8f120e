"""2.6: who is entitled on the service date, and the order of reasons."""

from datetime import date

import pytest
from msgspec.structs import replace

from tests.engine.build import (
    CHANGCHUN,
    DAY,
    HOSPITAL,
    KAIFENG,
    MEMBER,
    YANTAI,
    ZHENJIANG,
    case,
    rules,
    run,
)

STAY = (date(2023, 2, 25), date(2023, 3, 5))


def member(city=YANTAI, **facts):
    return replace(MEMBER, city=city, **facts)


@pytest.mark.parametrize(
    ("city", "dues", "reason"),
    [
        (YANTAI, "paid", None),
        (YANTAI, "open", None),
        (YANTAI, "late", None),
        (KAIFENG, "late", "not_entitled_arrears"),
        (KAIFENG, "open", None),
        (YANTAI, "unpaid", "not_entitled_arrears"),
    ],
)
def test_contributions_decide_entitlement(city, dues, reason):
    assert run(case(city=city, member=member(city, dues=dues))).code == reason


def test_a_late_month_that_is_restored_is_explained():
    assert "back_payment" in rules(run(case(member=member(dues="late"))))


def test_retired_members_owe_nothing_and_wait_for_nothing():
    given = member(ZHENJIANG, status="retired", dues="unpaid", waiting_until=date(2023, 4, 1))
    assert run(case(city=ZHENJIANG, member=given)).code is None


def test_within_the_waiting_period_nothing_is_paid():
    result = run(case(city=ZHENJIANG, member=member(ZHENJIANG, waiting_until=date(2023, 4, 1))))
    assert (result.code, result.cash, result.deltas, result.used) == ("waiting_period", 100_000, {}, {})


def test_care_during_a_stay_is_not_paid_where_the_version_says_so():
    assert run(case(member=member(stay=STAY))).code == "in_hospital"
    assert run(case(member=member(stay=(STAY[0], None)))).code == "in_hospital"
    assert run(case(city=ZHENJIANG, member=member(ZHENJIANG, stay=STAY))).code is None


def test_specialised_long_term_care_excludes_ordinary_care():
    assert run(case(member=member(ltc=STAY))).code == "ltc_specialised_care"
    assert run(case(city=KAIFENG, member=member(KAIFENG, ltc=STAY))).code is None


ELSEWHERE = replace(HOSPITAL, city="110000")


@pytest.mark.parametrize(
    ("city", "area", "reason", "outcome"),
    [
        (YANTAI, "none", "out_of_area", "settled"),
        (YANTAI, "resident", None, "settled"),
        (YANTAI, "temporary", None, "settled"),
        (KAIFENG, "temporary", "out_of_area", "settled"),
        (CHANGCHUN, "temporary", "out_of_area", "settled"),
        (CHANGCHUN, "resident", None, "settled"),
        (ZHENJIANG, "resident", "parameter_missing", "pended"),
    ],
)
def test_care_in_another_city(city, area, reason, outcome):
    result = run(case(member=member(city), institution=ELSEWHERE, out_of_area=area))
    assert (result.code, result.outcome) == (reason, outcome)


def test_reasons_come_in_their_order():
    everything = {"dues": "unpaid", "stay": STAY, "ltc": STAY}
    undesignated = replace(ELSEWHERE, designated=())
    assert run(case(member=member(**everything), institution=undesignated)).code == "institution_not_covered"
    assert run(case(member=member(**everything), institution=ELSEWHERE)).code == "not_entitled_arrears"
    assert run(case(member=member(stay=STAY, ltc=STAY), institution=ELSEWHERE)).code == "in_hospital"
    assert run(case(member=member(ltc=STAY), institution=ELSEWHERE)).code == "ltc_specialised_care"
    assert run(case(member=member(), institution=ELSEWHERE, review="watch")).code == "out_of_area"


def test_a_reason_comes_before_a_missing_parameter():
    given = case(benefit="inpatient", admitted_on=DAY, discharged_on=DAY)
    assert run(given).code == "parameter_missing"
    assert run(replace(given, member=member(dues="unpaid"))).code == "not_entitled_arrears"


def test_review_comes_last():
    result = run(case(review="抽查"))
    assert (result.outcome, result.code, result.detail) == ("pended", "review", ("抽查",))
    missing = case(benefit="inpatient", admitted_on=DAY, discharged_on=DAY, review="抽查")
    assert run(missing).code == "parameter_missing"
