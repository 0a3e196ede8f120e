"""The engine: one case under terms, with what was used before → one result. Pure; no clock, no database."""

from collections.abc import Mapping

from claims.engine import day_surgery, entitlement, payers, routing, split, waterfall
from claims.engine.case import Case
from claims.engine.result import PENDED, REJECTED, SETTLED, Result
from claims.engine.work import Work
from policies.terms import DAY_SURGERY, EMERGENCY, Terms

# Raised whenever the same inputs could give other figures or steps than before; stored with each settlement.
ENGINE_VERSION = 1


def settle(terms: Terms | None, case: Case, used: Mapping[str, int]) -> Result:
    """Adjudicate one case. `terms`: the version in force on the service date (None: there is none).

    `used`: the member's accumulators before, by name (keys.py); never changed here.
    """
    refused = split.refusal(case)
    if refused is not None:
        return Result(REJECTED, *refused)
    if terms is None:
        return Result(PENDED, "no_policy_in_force", (case.member.city, case.service_date.isoformat()))
    if case.unknown_listed:
        return Result(REJECTED, "unknown_listed_claim", (case.unknown_listed,))
    return _adjudicate(Work(terms, case, used, Result(SETTLED)))


def _adjudicate(w: Work) -> Result:
    if routing.awaits_inpatient(w):
        return Result(PENDED, "awaiting_inpatient")
    routing.find_tier(w)
    unknown_shares = split.split_lines(w)
    if w.case.listed:
        w.step("merged", w.terms.benefits[EMERGENCY].as_inpatient, sum(x.amount for x in w.case.listed))
    routing.choose_benefit(w)
    special = routing.special_rule(w)
    if special is not None:
        return Result(PENDED, "special_rule", (w.case.disease, special.waits_for))
    reason = entitlement.reason_without_payment(w)
    if reason is not None:
        # Even what the member pays alone needs the split, so an unknown share is never passed over.
        return _lacking(unknown_shares) if unknown_shares else _without_payment(w, reason)
    if w.rule.unset is None:
        w.cell = w.rule.cells[w.tier.code, w.case.member.status]
    missing = unknown_shares + waterfall.missing_parameters(w)
    if missing:
        return _lacking(missing)
    if w.case.review:
        return Result(PENDED, "review", (w.case.review,))
    routing.tier_step(w, w.tier)
    return _by_standard(w) if w.benefit == DAY_SURGERY else _by_waterfall(w)


def _lacking(parameters: list[tuple[str, str]]) -> Result:
    return Result(PENDED, "parameter_missing", tuple(parameters))


def _by_waterfall(w: Work) -> Result:
    case = w.case
    on_expense, on_fund = w.terms.limits_for(w.benefit, case.member.status, w.disease)
    waterfall.out_of_area(w)
    waterfall.expense_limits(w, on_expense)
    waterfall.deductible(w)
    waterfall.rate(w)
    waterfall.fund_limits(w, on_fund)
    waterfall.count_admission(w)
    burden = payers.Burden([w.eligible - w.fund, w.upfront + w.over_price, w.self_funded], w.services)
    own, family = payers.accounts(w, burden)
    critical = payers.critical_illness(w, burden.parts[0])
    return _finish(w, critical, 0, own, family)


def _by_standard(w: Work) -> Result:
    _, on_fund = w.terms.limits_for(w.benefit, w.case.member.status, w.disease)
    personal, institution = day_surgery.pay(w, on_fund)
    own, family = payers.accounts(w, payers.Burden([personal, 0, 0], (0, 0, 0)))
    return _finish(w, 0, institution, own, family)


def _without_payment(w: Work, reason: entitlement.Reason) -> Result:
    """A settlement with a reason: the split stands, the fund pays nothing, accounts and cash pay all.

    No rule that reads or moves an accumulator has run.
    """
    code, cite, about = reason
    w.result.code = code
    if w.tier is not None:
        w.step("tier", w.tier.cite, w.tier.code)
    w.step("no_fund_payment", cite, code, about)
    burden = payers.Burden([w.eligible, w.upfront + w.over_price, w.self_funded], w.services)
    own, family = payers.accounts(w, burden)
    return _finish(w, 0, 0, own, family)


def _finish(w: Work, critical: int, institution: int, own: int, family: int) -> Result:
    """Cash is what is left."""
    r = w.result
    r.benefit, r.status = w.benefit, w.case.member.status
    r.tier = w.tier.code if w.tier is not None else ""
    r.total, r.self_funded, r.over_price, r.upfront_self_pay = w.total, w.self_funded, w.over_price, w.upfront
    r.eligible, r.deductible, r.over_limit = w.eligible, w.borne, w.over
    r.pooled_fund, r.critical_illness, r.institution_share = w.fund, critical, institution
    r.personal = w.total - w.fund - critical - institution
    r.account, r.family_account = own, family
    r.cash = r.personal - own - family
    w.step("cash", None, r.cash)
    return r
