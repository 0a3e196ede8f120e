"""2.6 entitlement and coordination, and the other reasons for which the fund pays nothing."""

from claims.engine.routing import offers
from claims.engine.work import Work
from policies.terms import EMPLOYED, IN_HOSPITAL, PHARMACY, Unset

# (reason, cite or None, what the step names)
Reason = tuple[str, int | None, str]


def reason_without_payment(w: Work) -> Reason | None:
    """The first reason, in the order of spec 2, for which the fund pays nothing; None where it may pay."""
    return institution(w) or arrears(w) or waiting(w) or coordination(w) or area(w)


def institution(w: Work) -> Reason | None:
    """A pharmacy needs a prescription; no tier, no rate or no designation: the institution is not covered."""
    case = w.case
    if case.institution.kind == PHARMACY and case.prescriber is None:
        return "no_prescription", w.rule.external_prescription, ""
    if not offers(w, w.rule):
        return "institution_not_covered", w.rule.cite, w.tier.code if w.tier else ""
    return None


def arrears(w: Work) -> Reason | None:
    """A month unpaid, or paid late where that does not restore, gives no benefits; retired members owe none."""
    member = w.case.member
    if member.status != EMPLOYED or member.dues in ("paid", "open"):
        return None
    entitlement = w.terms.entitlement
    month = f"{w.case.service_date:%Y-%m}"
    if member.dues == "late" and entitlement.back_payment_restores:
        w.step("back_payment", entitlement.cite, month)
        return None
    return "not_entitled_arrears", entitlement.cite, month


def waiting(w: Work) -> Reason | None:
    """Benefits start on the first day after the waiting months (Zhenjiang 三(三)1)."""
    member = w.case.member
    if member.status != EMPLOYED or member.waiting_until is None:
        return None
    rule = w.terms.entitlement.waiting[member.employment]
    return "waiting_period", rule.cite, member.waiting_until.isoformat()


def coordination(w: Work) -> Reason | None:
    """A benefit is not paid in the situations that the version lists for it (待遇衔接)."""
    for situation, cite in w.rule.not_paid_while:
        period = w.case.member.stay if situation == IN_HOSPITAL else w.case.member.ltc
        if period is not None:
            first, last = period
            return situation, cite, f"{first.isoformat()} – {last.isoformat() if last else ''}"
    return None


def area(w: Work) -> Reason | None:
    """Care in another city without a filing, or of a kind that the version does not cover, is not paid."""
    kind = w.case.out_of_area
    if kind == "none":
        if w.case.institution.city == w.case.member.city:
            return None
        return "out_of_area", w.terms.out_of_area_none, kind
    found = w.terms.out_of_area.get(kind)
    if found is None or isinstance(found, Unset) or found.upfront is not None:
        return None
    return "out_of_area", found.cite, kind
