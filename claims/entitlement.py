"""Whether a member is entitled to a benefit at an institution on a day, and what is left: asked before the visit.

The engine's own rules answer, on a case without lines. What only the visit itself can tell is not judged:
a pharmacy's prescription, and whether care in another city was filed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from msgspec.structs import replace

from claims.content import Content
from claims.engine import entitlement, keys, routing
from claims.engine.case import Case
from claims.engine.result import SETTLED, Result
from claims.engine.waterfall import admission_threshold, unset_parameters
from claims.engine.work import Work
from claims.now import standing_now
from claims.sets import Incoming, build_case
from claims.submission import Question
from members.models import Institution
from policies.terms import (
    ADMISSION,
    ANNUAL,
    CHRONIC,
    DAILY_INSTITUTION,
    DAY_SURGERY,
    EMERGENCY,
    INPATIENT,
    PHARMACY,
    SPECIAL,
    Figure,
    Limit,
    Terms,
    Unset,
)

_PERIODS = {ANNUAL: "year", DAILY_INSTITUTION: "day", ADMISSION: "admission"}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much there is in a period, how much of it is used and what is left (fen; None: the text sets none)."""

    period: str
    total: int | None
    used: int
    left: int | None


@dataclass(frozen=True, slots=True)
class LimitLeft:
    limit: Limit
    disease: str
    allowance: Allowance


@dataclass(slots=True)
class Standing:
    """The answer. `entitled` None: it cannot be said yet, for the reason that `code` gives.

    `benefit` is the one that a claim would be paid under. `deductible` is that of this institution's tier,
    None where that has none, or where the prescriber's tier decides.
    """

    entitled: bool | None
    code: str | None = None
    detail: tuple = ()
    terms: Terms | None = None
    benefit: str | None = None
    in_city: bool | None = None
    tier: str | None = None
    status: str | None = None
    diseases: tuple[str, ...] = ()
    deductible: Allowance | None = None
    limits: list[LimitLeft] = field(default_factory=list)
    account: Allowance | None = None


def standing(*, institution: Institution, question: Question, at: datetime) -> Standing:
    """What is known now about the member, for a visit to this institution on the day asked about."""
    today = timezone.localdate(at, timezone.get_default_timezone())
    claim = Incoming(None, "", institution.code, _visit(question), today)
    facts, paid = standing_now(claim, on=today)
    record = facts.members.get(question.member_number)
    case, terms = build_case(facts, claim, record, (), "")
    if case.member is None:
        return Standing(False, "unknown_member")
    if terms is None:
        return Standing(None, "no_policy_in_force", (case.member.city, question.on.isoformat()))
    found = judge(terms, case, facts.used.get(case.member.id, {}))
    found.account = Allowance("year", case.balance + paid, paid, case.balance)
    return found


def _visit(question: Question) -> Content:
    """The claim of such a visit, as far as it is known before."""
    stays = question.benefit in (INPATIENT, DAY_SURGERY)
    return Content(
        member_number=question.member_number,
        benefit=question.benefit,
        service_date=None if stays else question.on,
        lines=(),
        admitted_on=question.on if stays else None,
        discharged_on=question.on if stays else None,
        disposition=routing.DISCHARGED if question.benefit == EMERGENCY else "",
        use_account=True,
    )


def judge(terms: Terms, case: Case, used: Mapping[str, int]) -> Standing:
    """Everything but the account. Where several diseases are registered, the first decides, and all have limits."""
    diseases = _registered(case)
    works = [_work(terms, case, used, disease) for disease in diseases or ("",)]
    w = works[0]
    special = routing.special_rule(w)
    code, detail = _reason(w)
    entitled = code is None
    if special is not None:
        entitled, code, detail = None, "special_rule", (w.case.disease, special.waits_for)
    elif entitled and (missing := unset_parameters(w)):
        entitled, code, detail = None, "parameter_missing", tuple(missing)
    return Standing(
        entitled,
        code,
        detail,
        terms,
        w.benefit,
        case.institution.city == case.member.city,
        w.tier.code if w.tier is not None else None,
        case.member.status,
        diseases,
        _deductible(w),
        list(dict.fromkeys(left for work in works for left in _limits(work))),
    )


def _registered(case: Case) -> tuple[str, ...]:
    """The diseases that a visit for chronic or special care may be for: those registered, else the other kind's."""
    if case.benefit not in (CHRONIC, SPECIAL):
        return ()
    own = tuple(disease for benefit, disease in case.member.registrations if benefit == case.benefit)
    return own or tuple(disease for _, disease in case.member.registrations)


def _work(terms: Terms, case: Case, used: Mapping[str, int], disease: str) -> Work:
    """A case for the disease, with tier and benefit found as for a claim."""
    w = Work(terms, replace(case, disease=disease), used, Result(SETTLED))
    routing.find_tier(w)
    routing.choose_benefit(w)
    if w.rule.unset is None and w.tier is not None:
        w.cell = w.rule.cells.get((w.tier.code, case.member.status))
    return w


def _reason(w: Work) -> tuple[str | None, tuple]:
    """The first reason for which the fund would pay nothing."""
    institution = None if w.case.institution.kind == PHARMACY else entitlement.institution(w)
    found = institution or entitlement.arrears(w) or entitlement.waiting(w) or entitlement.coordination(w)
    return (found[0], ()) if found else (None, ())


def _deductible(w: Work) -> Allowance | None:
    mode, on = w.rule.deductible_mode, w.case.service_date
    if w.cell is None or not isinstance(w.cell.deductible, Figure) or mode not in _PERIODS:
        return None
    if mode == ADMISSION:
        total, used = admission_threshold(w, w.cell.deductible)[-1], 0
    else:
        total, used = w.cell.deductible.value, w.used.get(_deductible_key(w, on), 0)
    # After a higher tier's deductible was borne, more may be used than this tier asks for.
    return Allowance(_PERIODS[mode], total, used, max(0, total - used))


def _deductible_key(w: Work, on: date) -> str:
    if w.rule.deductible_mode == ANNUAL:
        return keys.deductible_annual(w.rule.deductible_pool, on)
    return keys.deductible_daily(w.rule.deductible_pool, w.case.institution.code, on)


def _limits(w: Work) -> Iterator[LimitLeft]:
    on_expense, on_fund = w.terms.limits_for(w.benefit, w.case.member.status, w.disease)
    for kind, limits in (("expense", on_expense), ("fund", on_fund)):
        for limit in limits:
            used = w.used.get(keys.limit(kind, limit, w.disease, w.case.service_date), 0)
            total = None if isinstance(limit.amount, Unset) else limit.amount.value
            left = None if total is None else max(0, total - used)
            allowance = Allowance(limit.period, total, used, left)
            yield LimitLeft(limit, w.disease if limit.disease else "", allowance)
