"""A policy version as plain rows: the one form between its file, its database rows and its terms.

Amounts are fen, rates and shares ten-thousandths. A figure is set (a number), unset (None with the name of
what it waits for), or, where neither is given, a gap. `canonical` puts rows into the one order in which
files are written and fingerprints are taken. Defaults are left out of a fingerprint, so that a field added
later changes none that is stored.
"""

import hashlib
from collections.abc import Iterator
from datetime import date

import msgspec
from msgspec.structs import replace

from policies import terms


class Row(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Any row: where it stands (document number, clause), on what basis, and how it was read (I-n)."""

    document: str
    clause: str = ""
    cite_kind: str = terms.TEXT
    note: str = ""


class ConditionRow(Row, kw_only=True):
    """One description of institutions; what is None or empty fits any."""

    level_min: int | None = None
    level_max: int | None = None
    kinds: list[str] = []
    affiliation: str = ""
    in_city: bool | None = None
    named: list[str] = []


class TierRow(Row, kw_only=True):
    code: str
    name: str
    name_en: str = ""
    conditions: list[ConditionRow] = []


class TermRow(Row, kw_only=True):
    """Deductible (fen) and rate of a benefit at a tier for a status, or that it is not offered there."""

    tier: str
    status: str
    offered: bool = True
    deductible: int | None = None
    deductible_waits_for: str = ""
    deductible_clause: str = ""
    rate: int | None = None
    rate_waits_for: str = ""


class CoordinationRow(Row, kw_only=True):
    situation: str


class SpecialDiseaseRow(Row, kw_only=True):
    disease: str
    waits_for: str = ""


class BenefitRow(Row, kw_only=True):
    """A benefit: left wholly to `waits_for`, or with terms. Emergency has no terms: it follows other rules."""

    benefit: str
    waits_for: str = ""
    deductible_mode: str = terms.NO_DEDUCTIBLE
    deductible_pool: str = ""
    deductible_clause: str = ""
    deductible_note: str = ""
    preferred_clause: str = ""
    prescription_clause: str = ""
    prescription_note: str = ""
    negotiated_clause: str = ""
    as_inpatient_clause: str = ""
    conditions: list[ConditionRow] = []
    coordinations: list[CoordinationRow] = []
    special_diseases: list[SpecialDiseaseRow] = []
    terms: list[TermRow] = []


class LimitRow(Row, kw_only=True):
    pool: str
    period: str
    basis: str
    benefits: list[str] = []
    statuses: list[str] = []
    disease: str = ""
    amount: int | None = None
    waits_for: str = ""


class AdmissionFactorRow(Row, kw_only=True):
    ordinal_from: int
    factor: int


class BandRow(Row, kw_only=True):
    above: int
    rate: int


class CriticalIllnessRow(Row, kw_only=True):
    benefits: list[str] = []
    bonus_status: str = ""
    bonus_per_year: int = 0
    bonus_max: int = 0
    bonus_clause: str = ""
    bands: list[BandRow] = []


class EntitlementRow(Row, kw_only=True):
    back_payment_restores: bool = True


class WaitingRow(Row, kw_only=True):
    employment: str
    months: int


class OutOfAreaRow(Row, kw_only=True):
    kind: str
    covered: bool = True
    upfront: int | None = None
    waits_for: str = ""


class CreditRow(Row, kw_only=True):
    status: str
    employment: str = ""
    plan: str = ""
    age_from: int = 0
    age_to: int | None = None
    method: str
    value: int | None = None
    waits_for: str = ""


class AccountUseRow(Row, kw_only=True):
    """Whose burden an account may (or may never) pay, for what, where, of which items; `status`: of its owner."""

    relation: str
    status: str = ""
    purpose: str
    place: str = terms.ANYWHERE
    item_kinds: list[str] = []
    allowed: bool = True


class ContributionRateRow(Row, kw_only=True):
    """The contribution rate of an employment kind (ten-thousandths), as far as the text dates one."""

    employment: str
    rate: int | None = None
    waits_for: str = ""


class DaySurgeryStandardRow(Row, kw_only=True):
    disease: str
    amount: int


class ProvisionRow(Row, kw_only=True):
    """A provision that has no figure but that people and reports need to see, with its clause."""

    topic: str
    text: str


class VersionRows(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All of one version. `effective_from` is None where nobody has entered the date yet."""

    city: str
    document: str
    effective_from: date | None = None
    effective_basis: str = terms.TEXT
    effective_clause: str = ""
    note: str = ""
    status_change: str = ""
    status_change_clause: str = ""
    status_change_note: str = ""
    tiers: list[TierRow] = []
    benefits: list[BenefitRow] = []
    limits: list[LimitRow] = []
    admission_factors: list[AdmissionFactorRow] = []
    critical_illness: CriticalIllnessRow | None = None
    entitlement: EntitlementRow | None = None
    waiting: list[WaitingRow] = []
    out_of_area: list[OutOfAreaRow] = []
    account_credits: list[CreditRow] = []
    account_uses: list[AccountUseRow] = []
    contribution_rates: list[ContributionRateRow] = []
    day_surgery_standards: list[DaySurgeryStandardRow] = []
    provisions: list[ProvisionRow] = []

    def lines(self) -> Iterator[tuple[str, Row]]:
        """Every row that cites a clause, with its place by the file's keys."""
        for tier in self.tiers:
            yield f"tiers.{tier.code}", tier
        for benefit in self.benefits:
            place = f"benefits.{benefit.benefit}"
            yield place, benefit
            for row in benefit.coordinations:
                yield f"{place}.not_paid_while.{row.situation}", row
            for row in benefit.special_diseases:
                yield f"{place}.other_rules.{row.disease}", row
            for row in benefit.terms:
                yield f"{place}.terms.{row.tier}.{row.status}", row
        yield from self._numbered("limits", "admission_factors")
        if self.critical_illness:
            yield "critical_illness", self.critical_illness
            for number, row in enumerate(self.critical_illness.bands, 1):
                yield f"critical_illness.bands[{number}]", row
        if self.entitlement:
            yield "entitlement", self.entitlement
        for row in self.waiting:
            yield f"entitlement.waiting.{row.employment}", row
        for row in self.out_of_area:
            yield f"out_of_area.{row.kind}", row
        for row in self.contribution_rates:
            yield f"contribution_rates.{row.employment}", row
        for row in self.day_surgery_standards:
            yield f"day_surgery_standards.{row.disease}", row
        yield from self._numbered("account_credits", "account_uses", "provisions")

    def _numbered(self, *blocks: str) -> Iterator[tuple[str, Row]]:
        for block in blocks:
            for number, row in enumerate(getattr(self, block), 1):
                yield f"{block}[{number}]", row


def canonical(rows: VersionRows) -> VersionRows:
    """The same rows in the one order, without what says nothing (a deductible where nothing is offered).

    Where order means something (tiers, limits, credits, uses, provisions) it is kept.
    """
    tiers = [tier.code for tier in rows.tiers]
    critical = rows.critical_illness
    return replace(
        rows,
        tiers=[replace(x, conditions=[_condition(c) for c in x.conditions]) for x in rows.tiers],
        benefits=[_benefit(x, tiers) for x in sorted(rows.benefits, key=_by(terms.BENEFITS, "benefit"))],
        limits=[_limit(x) for x in rows.limits],
        admission_factors=sorted(rows.admission_factors, key=lambda x: x.ordinal_from),
        critical_illness=critical
        and replace(
            critical,
            benefits=sorted(critical.benefits, key=_by(terms.BENEFITS)),
            bands=sorted(critical.bands, key=lambda x: x.above),
        ),
        waiting=sorted(rows.waiting, key=_by(terms.EMPLOYMENTS, "employment")),
        out_of_area=[_out_of_area(x) for x in sorted(rows.out_of_area, key=_by(terms.OUT_OF_AREA, "kind"))],
        account_credits=[_set_or_waiting(x, "value") for x in rows.account_credits],
        account_uses=[
            replace(x, item_kinds=sorted(x.item_kinds, key=_by(terms.ITEM_KINDS))) for x in rows.account_uses
        ],
        contribution_rates=[
            _set_or_waiting(x, "rate")
            for x in sorted(rows.contribution_rates, key=_by(terms.EMPLOYMENTS, "employment"))
        ],
        day_surgery_standards=sorted(rows.day_surgery_standards, key=lambda x: x.disease),
    )


def _condition(row: ConditionRow) -> ConditionRow:
    return replace(row, kinds=sorted(row.kinds, key=_by(terms.INSTITUTION_KINDS)))


def _benefit(row: BenefitRow, tiers: list[str]) -> BenefitRow:
    by_tier, by_status = _by(tiers, "tier"), _by(terms.STATUSES, "status")
    return replace(
        row,
        prescription_note=row.prescription_note if row.prescription_clause else "",
        conditions=[_condition(x) for x in row.conditions],
        coordinations=sorted(row.coordinations, key=_by(terms.SITUATIONS, "situation")),
        special_diseases=sorted(row.special_diseases, key=lambda x: x.disease),
        terms=[_term(x) for x in sorted(row.terms, key=lambda x: (by_tier(x), by_status(x)))],
    )


def _term(row: TermRow) -> TermRow:
    if not row.offered:
        return replace(
            row, deductible=None, deductible_waits_for="", deductible_clause="", rate=None, rate_waits_for=""
        )
    return _set_or_waiting(
        _set_or_waiting(row, "deductible", "deductible_waits_for"), "rate", "rate_waits_for"
    )


def _limit(row: LimitRow) -> LimitRow:
    row = replace(
        row,
        benefits=sorted(row.benefits, key=_by(terms.BENEFITS)),
        statuses=sorted(row.statuses, key=_by(terms.STATUSES)),
    )
    return _set_or_waiting(row, "amount")


def _out_of_area(row: OutOfAreaRow) -> OutOfAreaRow:
    if not row.covered:
        return replace(row, upfront=None, waits_for="")
    return _set_or_waiting(row, "upfront")


def _set_or_waiting(row, figure: str, waits_for: str = "waits_for"):
    """A figure that is set waits for nothing."""
    return row if getattr(row, figure) is None else replace(row, **{waits_for: ""})


def _by(order, attribute: str = ""):
    """A sort key: the place in `order` of a value, or of a row's attribute; unknown ones last, by name."""
    places = {value: place for place, value in enumerate(order)}

    def key(item):
        value = getattr(item, attribute) if attribute else item
        return places.get(value, len(places)), value

    return key


def fingerprint(rows: VersionRows) -> str:
    """SHA-256 of the content: the same for a file and for the database rows made from it."""
    return hashlib.sha256(msgspec.json.encode(_content(canonical(rows)), order="sorted")).hexdigest()


def _content(value):
    """A row as a mapping of what it says. (msgspec's own `omit_defaults` compares by identity.)"""
    if isinstance(value, list):
        return [_content(item) for item in value]
    if not isinstance(value, msgspec.Struct):
        return value
    given = {}
    for field in msgspec.structs.fields(value):
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if (item := getattr(value, field.name)) != default:
            given[field.name] = _content(item)
    return given
