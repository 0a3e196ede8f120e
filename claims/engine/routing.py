"""2.4 which benefit, 2.5 which tier, 2.9 emergency care."""

from claims.engine.case import Case
from claims.engine.work import Work, paying_institution
from policies.terms import (
    CHRONIC,
    EMERGENCY,
    INPATIENT,
    NEGOTIATED,
    ORDINARY,
    PHARMACY,
    SPECIAL,
    Benefit,
    SpecialRule,
    Tier,
)

ADMITTED, DIED, NO_BED, DISCHARGED = "admitted", "died", "no_bed", "discharged"
DISPOSITIONS = (ADMITTED, DIED, NO_BED, DISCHARGED)
_ROUTED = (SPECIAL, CHRONIC)  # registered for both: special before chronic
_OTHER = {SPECIAL: CHRONIC, CHRONIC: SPECIAL}


def find_tier(w: Work) -> None:
    """The version's tiers are tried in order; the first whose conditions fit the institution wins."""
    at = paying_institution(w.case)
    in_city = at.city == w.case.member.city
    w.tier = w.terms.tier(at.level, at.kind, at.affiliation, in_city, at.code, at.name)


def choose_benefit(w: Work) -> None:
    """One claim is paid under one benefit; which, the registrations and the version's preference decide."""
    claimed = w.case.benefit
    if claimed == EMERGENCY:
        _emergency(w)
    elif claimed in _ROUTED:
        _named(w, claimed)
    elif claimed == ORDINARY and w.case.disease:
        _preferred(w)
    w.rule = w.terms.benefits[w.benefit]
    if w.rule.yields_to_negotiated is not None and any(x.negotiated for x in w.case.lines):
        w.step("negotiated_first", w.rule.yields_to_negotiated, w.benefit)
        w.benefit = NEGOTIATED
        w.rule = w.terms.benefits[NEGOTIATED]


def awaits_inpatient(w: Work) -> bool:
    """Emergency care that ended in admission waits for the inpatient claim that lists it (2.9)."""
    case = w.case
    return (
        case.benefit == EMERGENCY
        and case.disposition == ADMITTED
        and w.terms.benefits[EMERGENCY].as_inpatient is not None
    )


def _emergency(w: Work) -> None:
    """Died or no bed, with the institution's statement: one admission of its own; else ordinary rules."""
    cite = w.terms.benefits[EMERGENCY].as_inpatient
    if cite is not None and w.case.statement and w.case.disposition in (DIED, NO_BED):
        w.benefit = INPATIENT
        w.step("emergency_inpatient", cite, w.case.disposition)
    else:
        w.benefit = ORDINARY
        w.step("emergency_ordinary", w.terms.benefits[EMERGENCY].cite, w.case.disposition or DISCHARGED)


def _named(w: Work, claimed: str) -> None:
    """Chronic and special need a registration; one of the other kind serves as that, none as ordinary."""
    own, other = registration(w.case, claimed), registration(w.case, _OTHER[claimed])
    if own:
        w.disease = own
    elif other:
        w.benefit, w.disease = _OTHER[claimed], other
        w.step("registered_as", w.terms.benefits[w.benefit].cite, claimed, w.benefit, w.case.disease)
    else:
        w.benefit = ORDINARY
        w.step("not_registered", w.terms.benefits[claimed].cite, claimed, w.case.disease)


def _preferred(w: Work) -> None:
    """Where the version prefers them, special and chronic go before ordinary (Changchun 三(九))."""
    for benefit in _ROUTED:
        rule = w.terms.benefits[benefit]
        disease = registration(w.case, benefit) if rule.preferred is not None else ""
        if disease and offers(w, rule):
            w.benefit, w.disease = benefit, disease
            w.step("preferred", rule.preferred, benefit, w.case.disease)
            return


def registration(case: Case, benefit: str) -> str:
    """The registered disease that fits the claim's: the same code, or one that it subdivides (ICD); "" if none."""
    fitting = (d for kind, d in case.member.registrations if kind == benefit and case.disease.startswith(d))
    return max(fitting, key=len, default="")


def offers(w: Work, rule: Benefit) -> bool:
    """Whether the institution is covered for a benefit: prescription, designation, conditions, tier, rate.

    A benefit that the version names and leaves wholly unset counts as having a tier and a rate.
    """
    case = w.case
    if case.institution.kind == PHARMACY and rule.external_prescription is None:
        return False
    if w.tier is None or not designated(case, rule.benefit) or not fits_conditions(w, rule):
        return False
    return rule.unset is not None or (w.tier.code, case.member.status) in rule.cells


def designated(case: Case, benefit: str) -> bool:
    """Pharmacy and prescriber must both be designated for the benefit."""
    return benefit in case.institution.designated and benefit in paying_institution(case).designated


def fits_conditions(w: Work, rule: Benefit) -> bool:
    if not rule.conditions:
        return True
    at = paying_institution(w.case)
    facts = (at.level, at.kind, at.affiliation, at.city == w.case.member.city, at.code, at.name)
    return any(c.fits(*facts) for c in rule.conditions)


def special_rule(w: Work) -> SpecialRule | None:
    """The document that governs the disease instead, where the version names one (Changchun 三(五))."""
    rules = w.rule.special_rules
    return next((r for r in rules if w.case.disease.startswith(r.disease)), None) if rules else None


def tier_step(w: Work, tier: Tier) -> None:
    at = paying_institution(w.case)
    if at is not w.case.institution:
        w.step("prescription", w.rule.external_prescription, at.name or at.code)
    w.step("tier", tier.cite, tier.code)
