"""2.1 what is refused, and 2.3 the split of the lines."""

from claims.engine.case import Case, Line
from claims.engine.work import Work
from policies.money import PRICE_UNIT, RATE_UNIT
from policies.terms import DAY_SURGERY, GOODS, INPATIENT

# Quantity × unit price is in 1/10⁸ yuan: a fen is this many of them.
_PER_FEN = PRICE_UNIT * PRICE_UNIT // 100


def refusal(case: Case) -> tuple[str, tuple] | None:
    """The first reject code that applies with what its message names, or None (spec 2.1)."""
    if case.member is None:
        return "unknown_member", ()
    day = case.service_date
    if day is not None and day > case.received_on:
        return "future_service_date", (day.isoformat(), case.received_on.isoformat())
    return _amount_mismatch(case) or _invalid_stay(case) or _area_mismatch(case)


def _amount_mismatch(case: Case) -> tuple[str, tuple] | None:
    total = 0
    for number, line in enumerate(case.lines, 1):
        total += line.amount
        if abs(line.amount * _PER_FEN - line.quantity * line.unit_price) > _PER_FEN:
            return "amount_mismatch", ("line", number)
    if case.total is not None and case.total != total:
        return "amount_mismatch", ("total", case.total, total)
    return None


def _invalid_stay(case: Case) -> tuple[str, tuple] | None:
    admitted, discharged = case.admitted_on, case.discharged_on
    stays = case.benefit in (INPATIENT, DAY_SURGERY)
    if case.service_date is None or (stays and (admitted is None or discharged is None)):
        return "invalid_stay", ("incomplete",)
    if admitted is not None and discharged is not None and admitted > discharged:
        return "invalid_stay", ("reversed", admitted.isoformat(), discharged.isoformat())
    return None


def _area_mismatch(case: Case) -> tuple[str, tuple] | None:
    if case.out_of_area != "none" and case.institution.city == case.member.city:
        return "area_mismatch", (case.out_of_area,)
    return None


def split_lines(w: Work) -> list[tuple[str, str]]:
    """The catalogue splits every line: A is eligible, B after its upfront share, the rest self-funded.

    Returns the class B items whose share the catalogue lacks, as (parameter, waits for).
    """
    unknown: list[tuple[str, str]] = []
    total = self_funded = over_price = upfront = 0
    services_eligible = services_beside = services_self = 0
    lines = w.case.lines + w.case.listed if w.case.listed else w.case.lines
    for line in lines:
        amount = line.amount
        total += amount
        if line.item_class == "A" and line.ceiling is None:
            over = share = 0
        elif line.item_class in ("A", "B"):
            over, share = _over_price(line), 0
            if line.item_class == "B":
                if line.upfront is None:
                    unknown.append((f"catalogue {line.item}: upfront share", ""))
                else:
                    share = ((amount - over) * line.upfront * 2 + RATE_UNIT) // (RATE_UNIT * 2)
            over_price += over
            upfront += share
        else:
            self_funded += amount
            if line.kind not in GOODS:
                services_self += amount
            continue
        if line.kind not in GOODS:
            services_eligible += amount - over - share
            services_beside += over + share
    w.total, w.self_funded, w.over_price, w.upfront = total, self_funded, over_price, upfront
    w.eligible = total - self_funded - over_price - upfront
    w.services = (services_eligible, services_beside, services_self)
    w.step("split", None, total, self_funded, over_price, upfront, w.eligible)
    return unknown


def _over_price(line: Line) -> int:
    """over_price = min(amount, round(max(0, unit price − ceiling) × quantity))."""
    if line.ceiling is None or line.unit_price <= line.ceiling:
        return 0
    above = (line.unit_price - line.ceiling) * line.quantity
    return min(line.amount, (above * 2 + _PER_FEN) // (_PER_FEN * 2))
