"""2.7 the waterfall, steps 1 to 5: from eligible expense to what the pooled fund pays."""

from claims.engine import keys
from claims.engine.work import Work
from policies.money import RATE_UNIT
from policies.terms import ADMISSION, ANNUAL, DAILY_INSTITUTION, DAY_SURGERY, INPATIENT, Figure, Limit, Unset


def missing_parameters(w: Work) -> list[tuple[str, str]]:
    """Everything that this claim needs and the version leaves unset, at once: (parameter, waits for)."""
    found = unset_parameters(w)
    if w.rule.unset is not None:
        return found
    found += _missing_out_of_area(w)
    if w.rule.benefit == DAY_SURGERY and w.case.disease not in w.terms.day_surgery_standards:
        found.append((f"day_surgery standard: {w.case.disease}", "day surgery standards"))
    return found


def unset_parameters(w: Work) -> list[tuple[str, str]]:
    """What the version leaves unset of the benefit itself, whatever the visit is: (parameter, waits for)."""
    rule, cell, found = w.rule, w.cell, []
    if rule.unset is not None:
        return [(rule.benefit, rule.unset.waits_for)]
    if cell is None:
        return []
    where = f"{rule.benefit} / {w.tier.code} / {w.case.member.status}"
    if isinstance(cell.rate, Unset):
        found.append((f"{where}: rate", cell.rate.waits_for))
    if isinstance(cell.deductible, Unset):
        found.append((f"{where}: deductible", cell.deductible.waits_for))
    return found


def _missing_out_of_area(w: Work) -> list[tuple[str, str]]:
    kind = w.case.out_of_area
    if kind == "none":
        return []
    found = w.terms.out_of_area.get(kind)
    if found is None or isinstance(found, Unset):
        return [(f"out_of_area: {kind}", found.waits_for if found else "")]
    if isinstance(found.upfront, Unset):
        return [(f"out_of_area: {kind}", found.upfront.waits_for)]
    if w.rule.benefit == DAY_SURGERY and found.upfront.value:
        # A standard has no eligible expense of which the member could bear a share first.
        return [(f"day_surgery: out_of_area {kind}", "")]
    return []


def out_of_area(w: Work) -> None:
    """Elsewhere the member bears the version's share of the eligible expense first."""
    if w.case.out_of_area == "none":
        return
    term = w.terms.out_of_area[w.case.out_of_area]
    rate = term.upfront.value
    moved = (w.eligible * rate * 2 + RATE_UNIT) // (RATE_UNIT * 2)
    w.step("out_of_area", term.upfront.cite, w.case.out_of_area, w.eligible, rate, moved)
    w.eligible -= moved
    w.upfront += moved


def expense_limits(w: Work, limits: tuple[Limit, ...]) -> None:
    """Expense above a limit on expense stays with the member; all of it counts towards the limit."""
    within = w.eligible
    counted = {}  # in order: what is stored must not depend on a set's
    for limit in limits:
        key = keys.limit("expense", limit, w.disease, w.case.service_date)
        counted[key] = True
        if isinstance(limit.amount, Unset):
            w.step("limit_unset", limit.amount.cite, limit.pool, limit.amount.waits_for)
        else:
            before = w.before(key)
            left = min(w.eligible, max(0, limit.amount.value - before))
            within = min(within, left)
            w.step(
                "expense_limit", limit.amount.cite, limit.pool, limit.period, limit.amount.value, before, left
            )
    for key in counted:
        w.add(key, w.eligible)
    w.within = within
    w.over = w.eligible - within


def deductible(w: Work) -> None:
    """The member bears the deductible first; what was borne in the pool before counts, at whatever level."""
    mode = w.rule.deductible_mode
    if mode == ANNUAL:
        _borne(w, w.cell.deductible, keys.deductible_annual(w.rule.deductible_pool, w.case.service_date))
    elif mode == DAILY_INSTITUTION:
        code = w.case.institution.code
        _borne(w, w.cell.deductible, keys.deductible_daily(w.rule.deductible_pool, code, w.case.service_date))
    elif mode == ADMISSION:
        _by_admission(w, w.cell.deductible)


def _borne(w: Work, threshold: Figure, key: str) -> None:
    before = w.before(key)
    due = threshold.value - before
    w.borne = min(w.within, due) if due > 0 else 0
    w.step("deductible", threshold.cite, threshold.value, before, w.within, w.borne)
    w.add(key, w.borne)


def _by_admission(w: Work, full: Figure) -> None:
    """The deductible of the year's first, second, later admissions is a share of the full one."""
    ordinal, factor, cite, threshold = admission_threshold(w, full)
    w.borne = min(w.within, threshold)
    w.step("admission", cite, ordinal, full.value, factor, threshold, w.borne)


def admission_threshold(w: Work, full: Figure) -> tuple[int, int, int, int]:
    """(which admission of the year is next, its share of the full deductible, cite of the share, fen)."""
    ordinal = w.before(keys.admissions(w.case.service_date)) + 1
    factor, cite = RATE_UNIT, full.cite
    for start, share, where in w.terms.admission_factors:
        if ordinal >= start:
            factor, cite = share, where
    return ordinal, factor, cite, (full.value * factor * 2 + RATE_UNIT) // (RATE_UNIT * 2)


def count_admission(w: Work) -> None:
    """Every inpatient settlement without a reason counts as an admission of its year."""
    if w.benefit == INPATIENT:
        w.add(keys.admissions(w.case.service_date), 1)


def rate(w: Work) -> None:
    """Above the deductible the fund pays its rate, rounded once to the fen."""
    term = w.cell.rate
    base = w.within - w.borne
    w.fund = (base * term.value * 2 + RATE_UNIT) // (RATE_UNIT * 2)
    w.result.fund_rate = term.value
    w.step("rate", term.cite, base, term.value, w.fund)


def fund_limits(w: Work, limits: tuple[Limit, ...]) -> None:
    """The fund pays no more than what is left of each limit; what is cut off stays with the member."""
    gross = w.fund
    counted = {}
    for limit in limits:
        key = keys.limit("fund", limit, w.disease, w.case.service_date)
        counted[key] = True
        if isinstance(limit.amount, Unset):
            w.step("limit_unset", limit.amount.cite, limit.pool, limit.amount.waits_for)
            continue
        before = w.before(key)
        left = max(0, limit.amount.value - before)
        given = min(w.fund, left)
        w.step(
            "fund_limit",
            limit.amount.cite,
            limit.pool,
            limit.period,
            limit.amount.value,
            before,
            w.fund,
            given,
        )
        w.fund = given
    for key in counted:
        w.add(key, w.fund)
    w.over += gross - w.fund
