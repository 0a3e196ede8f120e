"""2.1: what can never be settled as sent."""

from datetime import date

import pytest
from msgspec.structs import replace

from claims.engine.case import Line
from claims.engine.result import SETTLED, Result
from claims.engine.settle import settle
from claims.engine.waterfall import unset_parameters
from claims.engine.work import Work
from tests.engine.build import DAY, HOSPITAL, YANTAI, case, line, run, terms

LATER = date(2023, 3, 2)


def test_a_number_that_nobody_has_is_an_unknown_member():
    assert settle(terms(), case(member=None), {}).code == "unknown_member"


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [
        ({"service_date": LATER, "received_on": DAY}, "future_service_date", "2023-03-02"),
        ({"lines": (Line("X", 20_000, 165_000, 3302),)}, "amount_mismatch", "line"),
        ({"total": 99_999}, "amount_mismatch", "total"),
        ({"benefit": "inpatient", "admitted_on": DAY}, "invalid_stay", "incomplete"),
        ({"benefit": "day_surgery", "discharged_on": DAY}, "invalid_stay", "incomplete"),
        ({"benefit": "inpatient", "service_date": None}, "invalid_stay", "incomplete"),
        ({"admitted_on": LATER, "discharged_on": DAY}, "invalid_stay", "reversed"),
        ({"out_of_area": "resident"}, "area_mismatch", "resident"),
    ],
)
def test_a_claim_that_cannot_be_right_is_rejected(changes, code, about):
    result = run(case(**changes), under=terms())
    assert (result.outcome, result.code, result.detail[0]) == ("rejected", code, about)


def test_a_line_may_differ_by_one_fen_from_quantity_times_price():
    assert run(case(lines=(Line("X", 20_000, 165_000, 3301),))).outcome == "settled"


def test_a_right_total_and_a_stay_in_order_are_accepted():
    given = case(total=100_000, admitted_on=DAY, discharged_on=DAY)
    assert run(given).outcome == "settled"


def test_a_listed_number_that_names_no_waiting_claim_is_rejected():
    result = run(case(unknown_listed="E-1"))
    assert (result.outcome, result.code, result.detail) == ("rejected", "unknown_listed_claim", ("E-1",))


def test_rejects_come_before_a_city_without_a_policy():
    assert settle(None, case(total=1), {}).code == "amount_mismatch"
    result = settle(None, case(), {})
    assert (result.outcome, result.code, result.detail) == (
        "pended",
        "no_policy_in_force",
        (YANTAI, "2023-03-01"),
    )


def test_elsewhere_an_area_can_be_stated():
    given = case(institution=replace(HOSPITAL, city="110000"), out_of_area="resident")
    assert run(given).outcome == "settled"


def test_the_split_of_classes_and_ceilings():
    lines = (
        line(100),
        line(100, "A", ceiling=900_000),  # 10 over price
        line(100, "A", ceiling=2_000_000),
        line(100, "B", upfront=1_000),  # 10 upfront
        line(100, "B", upfront=1_000, ceiling=500_000),  # 50 over price, 5 upfront
        line(100, "C"),
        line(100, "", kind="service"),
        line(100, "B", upfront=1_000, kind="service"),
    )
    result = run(case(lines=lines), {"deductible/ordinary/2023": 80_000})
    assert result.total == 80_000
    assert (result.self_funded, result.over_price, result.upfront_self_pay) == (20_000, 6_000, 2_500)
    assert result.eligible == 51_500


def test_over_price_is_never_more_than_the_line():
    lines = (Line("X", 10_000, 1_000_000, 9_999, "A", ceiling=0),)
    result = run(case(lines=lines))
    assert (result.over_price, result.eligible) == (9_999, 0)


def test_a_class_b_item_without_a_share_is_never_guessed():
    result = run(case(lines=(line(100, "B"),)))
    assert (result.outcome, result.code) == ("pended", "parameter_missing")
    assert "X" in result.detail[0][0]


def test_a_missing_share_waits_even_where_the_fund_would_not_pay():
    given = case(lines=(line(100, "B"),), institution=replace(HOSPITAL, designated=()))
    assert run(given).code == "parameter_missing"


def test_without_a_cell_nothing_of_the_benefit_itself_is_asked():
    """As entitlement asks where the prescriber's tier decides (claims.entitlement)."""
    w = Work(terms(), case(), {}, Result(SETTLED))
    w.rule = terms().benefits["ordinary"]
    assert unset_parameters(w) == []
    w.rule = terms().benefits["chronic"]
    assert unset_parameters(w) == [("chronic", "烟台市门诊慢特病待遇规定")]
