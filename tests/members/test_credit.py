"""个人账户计入, by city and clause: figures that anyone can check by hand (3-cities.md)."""

from dataclasses import replace
from datetime import date

import pytest

from members.credit import NO_POLICY_IN_FORCE, monthly_credit
from members.records import Cover, Due, MemberRecord, month_start
from policies.library import project_terms
from policies.money import parse_amount
from tests.factories import month

TERMS = project_terms()
BORN = date(1980, 5, 1)
LONG_AGO = date(1990, 1, 1)
YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING = "370600", "410200", "321100", "220100", "500000"


def terms_on(city: str, first: date):
    return next((t for t in reversed(TERMS[city]) if t.effective_from <= first), None)


def credit(
    city,
    text,
    *,
    born=BORN,
    base=500000,
    employment="employee",
    plan="combined",
    unpaid=(),
    unbooked=(),
    known_on=date(2025, 1, 1),
    insured_from=LONG_AGO,
    **fields,
):
    """The credit of a month, of a member who has paid every month but those `unpaid` or `unbooked`."""
    dues = {
        m: Due(None if m in map(month, unpaid) else month_start(m), employment, base)
        for m in range(month("2022-01"), month("2024-12") + 1)
        if m not in map(month, unbooked)
    }
    cover = Cover(city, employment, plan, insured_from)
    record = MemberRecord(1, "", born, (cover,), dues=dues, **fields)
    terms = terms_on(city, month_start(month(text)))
    return monthly_credit(terms, record, month(text), known_on=known_on)


RETIRED = {"retired_on": date(2010, 1, 1)}
FLEXIBLE = {"employment": "flexible"}


@pytest.mark.parametrize(
    ("case", "city", "text", "facts", "yuan"),
    [
        (
            "烟台 二(二)1 under 35, 2.15 %",
            YANTAI,
            "2023-01",
            {"born": date(1988, 1, 15), "base": 600000},
            "129.00",
        ),
        (
            "烟台 二(二)1 from 35, 2.35 %",
            YANTAI,
            "2023-02",
            {"born": date(1988, 1, 15), "base": 600000},
            "141.00",
        ),
        (
            "烟台 二(二)1 35 on the first day",
            YANTAI,
            "2023-01",
            {"born": date(1988, 1, 1), "base": 600000},
            "141.00",
        ),
        (
            "烟台 二(二)1 44 on the first day",
            YANTAI,
            "2023-01",
            {"born": date(1978, 1, 2), "base": 600000},
            "141.00",
        ),
        (
            "烟台 二(二)1 from 45, 2.7 %",
            YANTAI,
            "2023-01",
            {"born": date(1978, 1, 1), "base": 600000},
            "162.00",
        ),
        ("烟台 二(二)1 from 2024, 2 %", YANTAI, "2024-01", {"base": 600000}, "120.00"),
        ("烟台 二(二)1 rounded half-up to the fen", YANTAI, "2024-01", {"base": 512325}, "102.47"),
        (
            "烟台 二(二)1 retired, age × 1.5 in 2022",
            YANTAI,
            "2022-07",
            {**RETIRED, "born": date(1955, 7, 1)},
            "100.50",
        ),
        (
            "烟台 二(二)1 retired, age × 1.5 in 2023",
            YANTAI,
            "2023-12",
            {**RETIRED, "born": date(1955, 1, 31)},
            "102.00",
        ),
        ("烟台 二(二)1 flexible, none until retired", YANTAI, "2023-01", FLEXIBLE, "0.00"),
        (
            "烟台 二(二)1 flexible and retired",
            YANTAI,
            "2023-01",
            {**FLEXIBLE, **RETIRED, "born": date(1960, 1, 1)},
            "94.50",
        ),
        ("开封 第十六条 2 % of the base", KAIFENG, "2023-05", {}, "100.00"),
        ("开封 第十六条 flexible 2 %", KAIFENG, "2022-07", FLEXIBLE, "100.00"),
        ("开封 第十六条 retired 60 yuan", KAIFENG, "2023-05", RETIRED, "60.00"),
        ("开封 第十六条 pooled-only members none", KAIFENG, "2023-05", {"plan": "pooled_only"}, "0.00"),
        (
            "开封 第十六条 retired pooled-only none",
            KAIFENG,
            "2023-05",
            {"plan": "pooled_only", **RETIRED},
            "0.00",
        ),
        ("镇江 二(三) 2 % of the base", ZHENJIANG, "2023-03", {"base": 712300}, "142.46"),
        ("镇江 二(三) flexible 2 %", ZHENJIANG, "2024-03", {**FLEXIBLE, "base": 712300}, "142.46"),
        (
            "镇江 二(三) retired 2023: own amount of 2022",
            ZHENJIANG,
            "2023-03",
            {**RETIRED, "own_monthly_credit": 8765},
            "87.65",
        ),
        ("长春 三(一) 2 % of the base", CHANGCHUN, "2023-01", {"base": 600000}, "120.00"),
        ("长春 三(一) retired 109 in 2023", CHANGCHUN, "2023-12", RETIRED, "109.00"),
        ("长春 三(一) retired 78 from 2024", CHANGCHUN, "2024-01", RETIRED, "78.00"),
        ("长春 三(一) pooled-only none", CHANGCHUN, "2023-05", {"plan": "pooled_only"}, "0.00"),
        ("重庆 二(三)1 employees 2 %", CHONGQING, "2023-05", {}, "100.00"),
        ("重庆 I-10 pooled-only none", CHONGQING, "2023-05", {"plan": "pooled_only"}, "0.00"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_credits(case, city, text, facts, yuan):
    found = credit(city, text, **facts)
    assert (found.amount, found.reason) == (parse_amount(yuan), None)


@pytest.mark.parametrize(
    ("case", "city", "text", "facts", "reason"),
    [
        ("烟台 二(二)1 现行标准 is not in the text", YANTAI, "2022-12", {}, "parameter_missing"),
        (
            "烟台 二(二)1 retired from 2024: average pension unset",
            YANTAI,
            "2024-01",
            RETIRED,
            "parameter_missing",
        ),
        ("镇江 二(三) own amount not on record", ZHENJIANG, "2023-03", RETIRED, "parameter_missing"),
        ("镇江 二(三) retired from 2024 unset", ZHENJIANG, "2024-01", RETIRED, "parameter_missing"),
        ("重庆 二(三)1 flexible unset", CHONGQING, "2023-05", FLEXIBLE, "parameter_missing"),
        ("重庆 二(三)1 retired unset", CHONGQING, "2023-05", RETIRED, "parameter_missing"),
        ("长春 before the first version", CHANGCHUN, "2022-12", {}, "no_policy_in_force"),
        ("开封 a month unpaid", KAIFENG, "2023-05", {"unpaid": ["2023-05"]}, "not_entitled_arrears"),
        ("开封 a month never booked", KAIFENG, "2023-05", {"unbooked": ["2023-05"]}, "not_entitled_arrears"),
        (
            "arrears come before a figure that is unset",
            YANTAI,
            "2022-12",
            {"unpaid": ["2022-12"]},
            "not_entitled_arrears",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_not_credited_with_a_reason(case, city, text, facts, reason):
    found = credit(city, text, **facts)
    assert (found.amount, found.reason) == (0, reason)


def test_a_missing_figure_is_named():
    assert "现行" in credit(YANTAI, "2022-12").missing


@pytest.mark.parametrize(
    ("city", "text", "retired_on", "yuan"),
    [
        # 烟台 二(二)1 当月: retired if the benefits start by the month's last day.
        (YANTAI, "2023-06", date(2023, 6, 30), "64.50"),
        (YANTAI, "2023-06", date(2023, 7, 1), "117.50"),
        # 开封 第十六条, I-3: the month in which it falls.
        (KAIFENG, "2023-06", date(2023, 6, 10), "60.00"),
        (KAIFENG, "2023-05", date(2023, 6, 10), "100.00"),
        # 长春 三(一) 从次月起.
        (CHANGCHUN, "2023-06", date(2023, 6, 10), "100.00"),
        (CHANGCHUN, "2023-06", date(2023, 6, 1), "100.00"),
        (CHANGCHUN, "2023-06", date(2023, 5, 31), "109.00"),
        (CHANGCHUN, "2023-07", date(2023, 6, 10), "109.00"),
        # 镇江: silent, so retired if on or before the first day.
        (ZHENJIANG, "2023-06", date(2023, 6, 1), "80.00"),
        (ZHENJIANG, "2023-06", date(2023, 6, 2), "100.00"),
    ],
)
def test_a_change_of_status_counts_as_the_version_says(city, text, retired_on, yuan):
    found = credit(city, text, retired_on=retired_on, own_monthly_credit=8000)
    assert found.amount == parse_amount(yuan)


def test_where_the_version_is_silent_the_entry_says_so():
    found = credit(ZHENJIANG, "2023-06", retired_on=date(2023, 6, 2))
    assert "silent_on_status_change" in found.remarks
    assert "silent_on_status_change" not in credit(KAIFENG, "2023-06", retired_on=date(2023, 6, 2)).remarks


def test_a_retired_member_owes_nothing():
    assert credit(KAIFENG, "2023-05", **RETIRED, unpaid=["2023-05"]).amount == 6000


def test_a_month_paid_late_is_credited_also_where_benefits_are_not_restored():
    record = MemberRecord(1, "", BORN, (Cover(KAIFENG, "employee", "combined", LONG_AGO),))
    record.dues = {month("2023-05"): Due(date(2023, 9, 1), "employee", 500000)}
    found = monthly_credit(TERMS[KAIFENG][-1], record, month("2023-05"), known_on=date(2023, 10, 1))
    assert (found.amount, found.reason) == (10000, None)


def test_the_current_month_gives_no_base_before_it_is_booked():
    found = credit(KAIFENG, "2023-05", unbooked=["2023-05"], known_on=date(2023, 5, 1))
    assert (found.amount, found.reason) == (0, "not_entitled_arrears")
    assert "not_booked_yet" in found.remarks


def test_a_member_in_a_waiting_period_is_credited():
    """2.12; 镇江 三(三)1 gives no benefits in the month of first payment, but the month's credit."""
    found = credit(ZHENJIANG, "2023-03", insured_from=date(2023, 3, 1), first_paid=month("2023-03"))
    assert found.amount == 10000


@pytest.mark.parametrize("text", ["2023-04", "2023-07"])
def test_entitlement_is_that_of_the_first_day(text):
    """Not the city's member yet on 1 April, dead by 1 July: nothing, and no reason to come back."""
    facts = {"insured_from": date(2023, 4, 2), "died_on": date(2023, 6, 30)}
    found = credit(KAIFENG, text, **facts)
    assert (found.amount, found.reason, found.remarks) == (0, None, ("not_enrolled",))
    assert credit(KAIFENG, "2023-05", **facts).amount == 10000


def test_another_citys_terms_credit_nothing():
    record = MemberRecord(1, "", BORN, (Cover(YANTAI, "employee", "combined", LONG_AGO),))
    assert monthly_credit(TERMS[KAIFENG][-1], record, month("2023-05"), known_on=date(2023, 6, 1)).amount == 0


def test_without_a_version_there_is_no_policy_in_force():
    record = MemberRecord(1, "", BORN, ())
    assert (
        monthly_credit(None, record, month("2023-05"), known_on=date(2023, 6, 1)).reason == NO_POLICY_IN_FORCE
    )


def test_the_details_cite_document_and_clause():
    terms = terms_on(YANTAI, date(2023, 1, 1))
    found = credit(YANTAI, "2023-01", base=600000).details(terms)
    assert found["document"] == "烟政办发〔2022〕17号"
    assert found["clause"] == "二(二)1"
    assert found["note"].startswith("I-1")
    assert (found["base"], found["rate"], found["method"]) == (600000, 235, "base_rate")


def test_who_retires_on_the_first_owes_no_contribution_for_the_month_and_no_base_is_known():
    """长春 三(一) credits June as for employees, but retired members pay nothing."""
    found = credit(CHANGCHUN, "2023-06", retired_on=date(2023, 6, 1), unbooked=["2023-06"])
    assert (found.reason, found.missing) == ("parameter_missing", "contribution_base")


def test_an_age_that_no_row_covers_is_a_missing_figure():
    terms = terms_on(YANTAI, date(2023, 1, 1))
    young = replace(terms, credit_rules=tuple(r for r in terms.credit_rules if r.age_from != 35))
    record = MemberRecord(1, "", BORN, (Cover(YANTAI, "employee", "combined", LONG_AGO),))
    assert (
        monthly_credit(young, record, month("2023-01"), known_on=date(2023, 2, 1)).missing == "account_credit"
    )


def test_an_own_amount_needs_no_base():
    """镇江 二(三) shows the method for retired members; where a version gives it to others, the open month counts."""
    terms = terms_on(ZHENJIANG, date(2023, 1, 1))
    rule = next(r for r in terms.credit_rules if r.method == "own_amount")
    own = replace(terms, credit_rules=(replace(rule, status="employed"),))
    record = MemberRecord(
        1, "", BORN, (Cover(ZHENJIANG, "employee", "combined", LONG_AGO),), own_monthly_credit=4321
    )
    assert monthly_credit(own, record, month("2023-05"), known_on=date(2023, 5, 31)).amount == 4321
    late = monthly_credit(own, record, month("2023-05"), known_on=date(2023, 6, 1))
    assert late.reason == "not_entitled_arrears"
