"""What a version still lacks before anybody may be paid by it: every gap at once, in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from policies import rows, terms


@dataclass(frozen=True)
class Gap:
    """A figure or rule that is neither set, nor said to be not offered, nor left to a document by name.

    `place`: the block and what in it, by the file's own keys; `message`: what is missing (translatable, with
    `params`). `code` is stable: for pages that link a gap to its cell.
    """

    code: str
    place: str
    message: str
    params: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.place}: {str(self.message) % self.params}"


class GapsError(ValueError):
    """A version with gaps cannot be compiled; `gaps` lists all of them."""

    def __init__(self, gaps: list[Gap]):
        self.gaps = gaps
        super().__init__(gaps)

    def __str__(self):
        return "\n".join(str(gap) for gap in self.gaps)


def find_gaps(version: rows.VersionRows, documents=None) -> list[Gap]:
    """Every gap of a version, in the order of its blocks; empty where it can be compiled and published.

    `documents`: the known document numbers, where a citation of any other is to count as a gap.
    """
    found = list(_head(version))
    for block in (_tiers, _benefits, _limits, _admissions, _critical_illness, _rest, _credits):
        found += block(version)
    found += _citations(version, documents)
    return found


def _head(version: rows.VersionRows) -> Iterator[Gap]:
    if version.effective_from is None:
        yield Gap("effective_from", "effective.from", _("the effective date is missing"))


def _tiers(version: rows.VersionRows) -> Iterator[Gap]:
    if not version.tiers:
        yield Gap("tiers", "tiers", _("no tier is described"))
    for tier in version.tiers:
        if not tier.conditions:
            yield Gap(
                "tier_conditions", f"tiers.{tier.code}", _("which institutions belong to it is missing")
            )


def _benefits(version: rows.VersionRows) -> Iterator[Gap]:
    named = {row.benefit: row for row in version.benefits}
    for benefit in terms.BENEFITS:
        row, place = named.get(benefit), f"benefits.{benefit}"
        if row is None:
            yield Gap("benefit", place, _("whether and how it is paid is missing (set, or waits_for)"))
        elif row.waits_for:
            continue
        elif benefit != terms.EMERGENCY:
            yield from _benefit(version, row, place)
    for disease in (d for row in version.benefits for d in row.special_diseases if not d.waits_for):
        yield Gap(
            "special_disease", disease.disease, _("the document that has this disease's rule is missing")
        )


def _benefit(version: rows.VersionRows, row: rows.BenefitRow, place: str) -> Iterator[Gap]:
    pooled = row.deductible_mode in (terms.ANNUAL, terms.DAILY_INSTITUTION)
    if pooled and not row.deductible_pool:
        yield Gap("deductible_pool", f"{place}.deductible", _("the deductible's pool is missing"))
    if not version.tiers:
        message = _("deductible and rate are missing, by tier and status (or: not_offered)")
        yield Gap("terms", f"{place}.terms", message)
    cells = {(term.tier, term.status): term for term in row.terms}
    known = {tier.code for tier in version.tiers}
    for tier in sorted({term.tier for term in row.terms} - known):
        yield Gap("unknown_tier", f"{place}.terms.{tier}", _("this tier is not described"))
    for tier in version.tiers:
        for status in terms.STATUSES:
            where = f"{place}.terms.{tier.code}.{status}"
            cell = cells.get((tier.code, status))
            if cell is None:
                yield Gap("cell", where, _("deductible and rate are missing (or: not_offered)"))
            elif cell.offered:
                yield from _cell(row, cell, where)
    for status in terms.STATUSES:
        if not any(row.benefit in limit.benefits and status in limit.statuses for limit in version.limits):
            message = _("no payment limit names %(benefit)s for %(status)s members (amount, or waits_for)")
            yield Gap("limit", "limits", message, {"benefit": row.benefit, "status": status})


def _cell(row: rows.BenefitRow, cell: rows.TermRow, where: str) -> Iterator[Gap]:
    needs_deductible = row.deductible_mode != terms.NO_DEDUCTIBLE
    if needs_deductible and cell.deductible is None and not cell.deductible_waits_for:
        yield Gap("deductible", f"{where}.deductible", _("the deductible is missing (amount, or waits_for)"))
    if cell.rate is None and not cell.rate_waits_for:
        yield Gap("rate", f"{where}.rate", _("the fund rate is missing (fraction, or waits_for)"))


def _limits(version: rows.VersionRows) -> Iterator[Gap]:
    for number, limit in enumerate(version.limits, 1):
        place = f"limits[{number}] {limit.pool}"
        if limit.amount is None and not limit.waits_for:
            yield Gap("limit_amount", place, _("the amount is missing (amount, or waits_for)"))
        if not limit.benefits:
            yield Gap("limit_benefits", place, _("the benefits that it covers are missing"))
        if not limit.statuses:
            yield Gap("limit_statuses", place, _("the statuses that it covers are missing"))


def _admissions(version: rows.VersionRows) -> Iterator[Gap]:
    by_admission = any(
        row.deductible_mode == terms.ADMISSION and not row.waits_for for row in version.benefits
    )
    if by_admission and not any(row.ordinal_from == 1 for row in version.admission_factors):
        message = _("the share of the deductible from the first admission on is missing")
        yield Gap("admission_factors", "admission_factors", message)


def _critical_illness(version: rows.VersionRows) -> Iterator[Gap]:
    row = version.critical_illness
    if row is None:
        return
    if not row.bands:
        yield Gap("bands", "critical_illness.bands", _("no band is given"))
    if not row.benefits:
        yield Gap(
            "critical_benefits", "critical_illness.benefits", _("the benefits that it covers are missing")
        )
    if row.bonus_per_year and not (row.bonus_status and row.bonus_max):
        yield Gap("bonus", "critical_illness.bonus", _("whose bonus it is, or its maximum, is missing"))


def _rest(version: rows.VersionRows) -> Iterator[Gap]:
    if version.entitlement is None:
        message = _("whether paying arrears later restores benefits is missing")
        yield Gap("entitlement", "entitlement.back_payment_restores", message)
    given = {row.kind: row for row in version.out_of_area}
    for kind in terms.OUT_OF_AREA:
        row, place = given.get(kind), f"out_of_area.{kind}"
        if row is None:
            yield Gap(
                "out_of_area", place, _("whether it is covered is missing (upfront, covered, or waits_for)")
            )
        elif row.covered and row.upfront is None and not row.waits_for:
            yield Gap(
                "out_of_area_upfront", place, _("the upfront share is missing (fraction, or waits_for)")
            )
    for row in version.contribution_rates:
        if row.rate is None and not row.waits_for:
            place = f"contribution_rates.{row.employment}"
            yield Gap("contribution_rate", place, _("the rate is missing (fraction, or waits_for)"))
    if not any(use.purpose == terms.POLICY_RANGE for use in version.account_uses):
        message = _("what a personal account may pay is missing")
        yield Gap("account_uses", "account_uses", message)


def _credits(version: rows.VersionRows) -> Iterator[Gap]:
    for number, row in enumerate(version.account_credits, 1):
        valued = row.method not in (terms.OWN_AMOUNT, terms.NO_CREDIT)
        if valued and row.value is None and not row.waits_for:
            place = f"account_credits[{number}]"
            yield Gap("credit_value", place, _("the value is missing (rate or amount, or waits_for)"))
    for status in terms.STATUSES:
        for employment in terms.EMPLOYMENTS:
            for plan in terms.PLANS:
                if (age := _uncovered_age(version.account_credits, status, employment, plan)) is not None:
                    message = _("no line for %(who)s of age %(age)s (or: method none)")
                    who = f"{status}, {employment}, {plan}"
                    yield Gap("credit", "account_credits", message, {"who": who, "age": age})


def _uncovered_age(credits: list[rows.CreditRow], status: str, employment: str, plan: str) -> int | None:
    """The lowest age that no line covers; None where every age is covered."""
    fitting = [
        row
        for row in credits
        if row.status == status and row.employment in ("", employment) and row.plan in ("", plan)
    ]
    age = 0
    for row in sorted(fitting, key=lambda row: row.age_from):
        if row.age_from > age:
            break
        if row.age_to is None:
            return None
        age = max(age, row.age_to)
    return age


def _citations(version: rows.VersionRows, documents) -> Iterator[Gap]:
    """Whatever is stated must say where: a clause, or an interpretation note, or that it is no quotation."""
    for place, row in version.lines():
        if row.cite_kind == terms.TEXT and not row.clause and not row.note:
            yield Gap("clause", place, _("the clause is missing (or a note on how it was read)"))
        if documents is not None and row.document not in documents:
            yield Gap("document", place, _("the document %(number)s is not known"), {"number": row.document})
