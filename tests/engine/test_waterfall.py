"""2.7: from eligible expense to cash, step by step, with figures that can be checked by hand."""

from dataclasses import replace as with_terms
from datetime import date

import pytest
from msgspec.structs import replace

from claims.engine.case import Relative
from policies.terms import Figure, Limit, OutOfArea, Unset
from tests.engine.build import (
    CHANGCHUN,
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


def test_deductible_rate_and_what_is_left():
    result = run(case(1000), {"deductible/ordinary/2023": 30_000})
    assert (result.deductible, result.pooled_fund, result.cash) == (50_000, 30_000, 70_000)
    assert result.used == {"deductible/ordinary/2023": 30_000}
    assert result.deltas == {"deductible/ordinary/2023": 50_000, "fund/ordinary/2023": 30_000}


def test_a_higher_deductible_borne_before_leaves_nothing_to_bear():
    assert run(case(100), {"deductible/ordinary/2023": 90_000}).deductible == 0


def test_the_deductible_by_institution_and_day():
    given = case(30, city=KAIFENG)
    first = run(given)
    assert (first.deductible, first.deltas["deductible/ordinary@H1/2023-03-01"]) == (3_000, 3_000)
    assert run(given, first.deltas).deductible == 1_000


def _stay(yuan, **changes):
    return case(yuan, city=ZHENJIANG, benefit="inpatient", admitted_on=DAY, discharged_on=DAY, **changes)


@pytest.mark.parametrize(("before", "deductible"), [(0, 80_000), (1, 40_000), (2, 0), (5, 0)])
def test_admissions_of_a_year_bear_less_and_less(before, deductible):
    result = run(_stay(10_000), {"admissions//2023": before})
    assert (result.deductible, result.deltas["admissions//2023"]) == (deductible, 1)


def test_without_factors_every_admission_bears_all():
    under = with_terms(terms(ZHENJIANG), admission_factors=())
    assert run(_stay(10_000), {"admissions//2023": 4}, under=under).deductible == 80_000


def test_expense_above_a_limit_on_expense_stays_with_the_member():
    result = run(
        case(1000, city=ZHENJIANG), {"expense/ordinary/2023": 950_000, "deductible/ordinary/2023": 80_000}
    )
    assert (result.pooled_fund, result.over_limit) == (37_500, 50_000)
    assert result.deltas["expense/ordinary/2023"] == 100_000


def test_a_limit_that_is_named_but_not_set_is_no_limit_and_says_so():
    member = replace(MEMBER, city=CHANGCHUN, registrations=(("chronic", "E11"),))
    result = run(case(20_000, city=CHANGCHUN, member=member, disease="E11", benefit="chronic"))
    assert (result.pooled_fund, "limit_unset" in rules(result)) == (650_000, True)


def _with_limits(*limits, city=YANTAI):
    return with_terms(terms(city), limits=limits)


def _limit(**changes):
    given = {
        "pool": "p",
        "period": "year",
        "basis": "fund_payment",
        "benefits": frozenset(["ordinary"]),
        "statuses": frozenset(["employed"]),
        "disease": "",
        "amount": Figure(10_000, 0),
    }
    return Limit(**(given | changes))


def test_an_unset_limit_on_expense_still_counts_the_expense():
    under = _with_limits(_limit(basis="eligible_expense", amount=Unset("另行规定", 0)))
    result = run(case(1000), under=under)
    assert (result.over_limit, result.deltas["expense/p/2023"]) == (0, 100_000)


def test_a_limit_of_one_disease_replaces_the_one_for_each():
    each = _limit(disease="*", pool="d", amount=Figure(5_000, 0))
    own = _limit(disease="E11", pool="d", amount=Figure(2_000, 0))
    under = _with_limits(each, own)
    assert run(case(2000, disease="E11.9"), under=under).pooled_fund == 2_000
    other = run(case(2000, disease="I10"), under=under)
    assert (other.pooled_fund, other.deltas["fund/d:I10/2023"]) == (5_000, 5_000)
    assert run(case(2000), under=under).over_limit == 0


def test_limits_of_another_benefit_or_status_do_not_bind():
    under = _with_limits(_limit(benefits=frozenset(["chronic"])), _limit(statuses=frozenset(["retired"])))
    assert run(case(2000), under=under).pooled_fund == 72_000


def test_month_and_year_limits_of_one_pool_count_once_each():
    result = run(case(500, city=KAIFENG))
    assert result.pooled_fund == 15_000
    assert result.deltas["fund/ordinary/2023-03"] == result.deltas["fund/ordinary/2023"] == 15_000
    twice = _with_limits(_limit(), _limit(amount=Figure(6_000, 0)))
    assert run(case(2000), under=twice).deltas["fund/p/2023"] == 6_000


@pytest.mark.parametrize(("basis", "kind"), [("eligible_expense", "expense"), ("fund_payment", "fund")])
def test_two_limits_on_one_accumulator_count_once(basis, kind):
    version = terms(ZHENJIANG)
    limit = with_terms(next(x for x in version.limits if "ordinary" in x.benefits), basis=basis)
    both = (limit, with_terms(limit, amount=Figure(100_000, limit.amount.cite)))
    result = run(case(1000, city=ZHENJIANG), under=with_terms(version, limits=both))
    counted = {key: amount for key, amount in result.deltas.items() if key.startswith(kind)}
    assert counted == {f"{kind}/ordinary/2023": {"expense": 100_000, "fund": result.pooled_fund}[kind]}


def test_a_temporary_stay_elsewhere_bears_a_share_first():
    given = case(1000, institution=replace(HOSPITAL, city="110000"), out_of_area="temporary")
    result = run(given, {"deductible/ordinary/2023": 80_000})
    assert (result.upfront_self_pay, result.eligible, result.pooled_fund) == (10_000, 90_000, 54_000)


def test_an_upfront_share_that_is_unset_is_never_guessed():
    given = case(institution=replace(HOSPITAL, city="110000"), out_of_area="temporary")
    unset = {"temporary": OutOfArea(Unset("另行规定", 0), 0)}
    assert run(given, under=with_terms(terms(), out_of_area=unset)).detail == (
        ("out_of_area: temporary", "另行规定"),
    )
    silent = run(given, under=with_terms(terms(), out_of_area={}))
    assert silent.detail == (("out_of_area: temporary", ""),)


def test_the_account_pays_in_order_and_no_more_than_its_balance():
    lines = (line(1000), line(100, "B", upfront=1_000), line(50, "C"))
    given = case(lines=lines, use_account=True, balance=110_100)
    result = run(given, {"deductible/ordinary/2023": 0})
    assert (result.eligible, result.deductible, result.pooled_fund) == (109_000, 80_000, 17_400)
    assert (result.account, result.cash) == (97_600, 0)
    poor = run(replace(given, balance=92_000))
    assert (poor.account, poor.cash) == (92_000, 5_600)
    assert poor.spent == ((1, 92_000),)


def test_no_agreement_no_account():
    given = case(use_account=True, balance=99_900, institution=replace(HOSPITAL, agreement=False))
    result = run(given)
    assert (result.account, "account_refused" in rules(result)) == (0, True)


def test_family_accounts_follow_in_link_order_where_the_relation_is_allowed():
    family = (Relative(7, "other", 50_000), Relative(8, "spouse", 30_000), Relative(9, "child", 90_000))
    result = run(case(1000, use_account=True, balance=10_000, family=family))
    assert (result.account, result.family_account, result.cash) == (10_000, 78_000, 0)
    assert result.spent == ((1, 10_000), (8, 30_000), (9, 48_000))


def _at_pharmacy(*lines, **changes):
    return case(institution=PHARMACY, use_account=True, balance=100_000, lines=lines, **changes)


def test_at_a_pharmacy_accounts_pay_for_goods_only():
    lines = (line(100), line(30, kind="service"), line(20, "C"), line(10, "C", kind="service"))
    result = run(_at_pharmacy(*lines, family=(Relative(8, "spouse", 100_000),)))
    assert (result.code, result.account, result.family_account) == ("no_prescription", 15_000, 0)
    assert result.cash == 1_000


def test_family_may_not_pay_for_services_at_a_pharmacy():
    lines = (line(100), line(30, kind="service"), line(50, "B", upfront=2_000, kind="service"))
    given = replace(_at_pharmacy(*lines), balance=0, family=(Relative(8, "spouse", 100_000),))
    assert run(given).family_account == 10_000


def test_no_rule_no_account():
    under = with_terms(terms(), account_uses=())
    result = run(case(1000, use_account=True, balance=50_000), under=under)
    assert (result.account, result.cash) == (0, result.personal)


def test_critical_illness_by_bands_on_the_years_cash():
    result = run(_stay(101_200, institution=replace(HOSPITAL, city=ZHENJIANG)), {"critical//2023": 500_000})
    base = result.eligible - result.pooled_fund
    assert result.deltas["critical//2023"] == base
    assert result.critical_illness == ((500_000 + base - 600_000) * 6_000 + 5_000) // 10_000


@pytest.mark.parametrize(("years", "rate"), [(0, 6_000), (1, 6_100), (5, 6_500), (9, 6_500)])
def test_retired_members_critical_rate_rises_by_contribution_years(years, rate):
    member = replace(MEMBER, city=ZHENJIANG, status="retired", surplus_years=years)
    result = run(case(1000, city=ZHENJIANG, member=member), {"critical//2023": 600_000})
    base = result.eligible - result.pooled_fund
    assert result.critical_illness == (base * rate + 5_000) // 10_000


def test_a_bonus_that_comes_to_nothing_has_no_step():
    rule = with_terms(terms(ZHENJIANG).critical_illness, bonus_per_year=0)
    member = replace(MEMBER, city=ZHENJIANG, status="retired", surplus_years=3)
    under = with_terms(terms(ZHENJIANG), critical_illness=rule)
    assert "critical_bonus" not in rules(run(case(1000, city=ZHENJIANG, member=member), under=under))


def test_nothing_in_cash_nothing_for_critical_illness():
    result = run(case(1000, city=ZHENJIANG, use_account=True, balance=100_000), {"critical//2023": 600_000})
    assert (result.cash, result.critical_illness) == (0, 0)


def test_a_benefit_outside_critical_illness_adds_nothing_to_it():
    rule = with_terms(terms(ZHENJIANG).critical_illness, benefits=frozenset(["inpatient"]))
    under = with_terms(terms(ZHENJIANG), critical_illness=rule)
    assert "critical//2023" not in run(case(1000, city=ZHENJIANG), under=under).deltas


def test_the_accumulators_given_are_never_changed():
    used = {"deductible/ordinary/2023": 10}
    run(case(1000), used)
    assert used == {"deductible/ordinary/2023": 10}


def test_a_version_before_the_date_is_the_callers_choice():
    assert run(case(service_date=date(2022, 8, 1)), under=terms(on=date(2022, 8, 1))).fund_rate == 6_000


def test_without_a_deductible_the_rate_applies_from_the_first_fen():
    rule = with_terms(terms().benefits["ordinary"], deductible_mode="none")
    under = with_terms(terms(), benefits={**terms().benefits, "ordinary": rule})
    result = run(case(100), under=under)
    assert (result.deductible, result.pooled_fund) == (0, 6_000)


@pytest.mark.parametrize(
    ("relation", "purpose", "allowed"),
    [("spouse", "premium_resident", True), ("self", "fitness", False), ("self", "premium_commercial", None)],
)
def test_premiums_are_allowed_forbidden_or_not_in_the_text(relation, purpose, allowed):
    found = terms().premium_use(relation, purpose)
    assert (found.allowed if found else None) is allowed
