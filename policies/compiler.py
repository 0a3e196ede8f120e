"""From a version's rows to the terms that the engine reads: pure, and refused while anything is missing."""

from policies import rows, terms
from policies.gaps import Gap, GapsError, find_gaps

__all__ = ["Gap", "GapsError", "compile_terms", "condition_of", "find_gaps"]


def compile_terms(
    version: rows.VersionRows, *, revision: int = 1, version_id: int | None = None, documents=None
) -> terms.Terms:
    """The terms of a version. Raises GapsError with every gap at once.

    The fingerprint is of the content alone: the same for a file and for its database rows, at any revision.
    `documents`: the known document numbers, where citing any other is to count as a gap.
    """
    version = rows.canonical(version)
    if gaps := find_gaps(version, documents):
        raise GapsError(gaps)
    return _Compiler(version).compiled(revision, version_id)


class _Cites:
    """Citations in the order in which they first come up; the first is the version's own."""

    def __init__(self, version: rows.VersionRows):
        self.index: dict[terms.Cite, int] = {}
        self.document = version.document
        self.own = self.add(version.document, version.effective_clause, version.effective_basis, version.note)

    def add(self, document: str, clause: str, kind: str = terms.TEXT, note: str = "") -> int:
        return self.index.setdefault(terms.Cite(document, clause, kind, note), len(self.index))

    def of(self, row: rows.Row) -> int:
        return self.add(row.document, row.clause, row.cite_kind, row.note)

    def clause(self, row: rows.Row, clause: str, note: str = "") -> int | None:
        """A rule that `row` has by a clause of its own; None where it has no such clause."""
        return self.add(row.document, clause, row.cite_kind, note) if clause else None


class _Compiler:
    def __init__(self, version: rows.VersionRows):
        self.version = version
        self.cites = _Cites(version)

    def compiled(self, revision: int, version_id: int | None) -> terms.Terms:
        version, cites = self.version, self.cites
        change = cites.add(version.document, version.status_change_clause, note=version.status_change_note)
        content = {
            "tiers": tuple(self.tier(row) for row in version.tiers),
            "benefits": {row.benefit: self.benefit(row) for row in version.benefits},
            "limits": tuple(self.limit(row) for row in version.limits),
            "admission_factors": tuple(
                (row.ordinal_from, row.factor, cites.of(row)) for row in version.admission_factors
            ),
            "critical_illness": self.critical_illness(),
            "entitlement": self.entitlement(),
            "out_of_area": {row.kind: self.out_of_area(row) for row in version.out_of_area},
            "out_of_area_none": self.out_of_area_none(),
            "credit_rules": tuple(self.credit(row) for row in version.account_credits),
            "account_uses": tuple(self.account_use(row) for row in version.account_uses),
            "contribution_rates": {
                row.employment: self.parameter(row.rate, row.waits_for, cites.of(row))
                for row in version.contribution_rates
            },
            "day_surgery_standards": {
                row.disease: terms.Figure(row.amount, cites.of(row)) for row in version.day_surgery_standards
            },
            "provisions": tuple(
                terms.Provision(row.topic, row.text, cites.of(row)) for row in version.provisions
            ),
        }
        return terms.Terms(
            city=version.city,
            effective_from=version.effective_from,
            revision=revision,
            document=version.document,
            fingerprint=rows.fingerprint(version),
            cites=tuple(cites.index),
            status_change=version.status_change or None,
            status_change_cite=change,
            version_id=version_id,
            **content,
        )

    @staticmethod
    def parameter(value: int | None, waits_for: str, cite: int) -> terms.Parameter:
        return terms.Unset(waits_for, cite) if value is None else terms.Figure(value, cite)

    def tier(self, row: rows.TierRow) -> terms.Tier:
        conditions = tuple(condition_of(x) for x in row.conditions)
        return terms.Tier(row.code, row.name, row.name_en, conditions, self.cites.of(row))

    def benefit(self, row: rows.BenefitRow) -> terms.Benefit:
        cites = self.cites
        own = cites.of(row)
        deductible = cites.clause(row, row.deductible_clause, row.deductible_note)
        return terms.Benefit(
            benefit=row.benefit,
            cite=own,
            unset=terms.Unset(row.waits_for, own) if row.waits_for else None,
            deductible_mode=row.deductible_mode,
            deductible_pool=row.deductible_pool,
            deductible_cite=own if deductible is None else deductible,
            conditions=tuple(condition_of(x) for x in row.conditions),
            preferred=cites.clause(row, row.preferred_clause),
            external_prescription=cites.clause(row, row.prescription_clause, row.prescription_note),
            yields_to_negotiated=cites.clause(row, row.negotiated_clause),
            as_inpatient=cites.clause(row, row.as_inpatient_clause),
            not_paid_while=tuple((x.situation, cites.of(x)) for x in row.coordinations),
            special_rules=tuple(
                terms.SpecialRule(x.disease, x.waits_for, cites.of(x)) for x in row.special_diseases
            ),
            cells={(x.tier, x.status): self.cell(row, x) for x in row.terms if x.offered},
        )

    def cell(self, benefit: rows.BenefitRow, row: rows.TermRow) -> terms.Cell:
        """The deductible's clause is the cell's own, else its benefit's, else that of the rate."""
        cites, deductible = self.cites, None
        if benefit.deductible_mode != terms.NO_DEDUCTIBLE:
            clause = row.deductible_clause or benefit.deductible_clause or row.clause
            note = benefit.deductible_note or row.note
            cite = cites.add(row.document, clause, row.cite_kind, note)
            deductible = self.parameter(row.deductible, row.deductible_waits_for, cite)
        return terms.Cell(deductible, self.parameter(row.rate, row.rate_waits_for, cites.of(row)))

    def limit(self, row: rows.LimitRow) -> terms.Limit:
        return terms.Limit(
            pool=row.pool,
            period=row.period,
            basis=row.basis,
            benefits=frozenset(row.benefits),
            statuses=frozenset(row.statuses),
            disease=row.disease,
            amount=self.parameter(row.amount, row.waits_for, self.cites.of(row)),
        )

    def critical_illness(self) -> terms.CriticalIllness | None:
        row = self.version.critical_illness
        if row is None:
            return None
        own = self.cites.of(row)
        bonus = self.cites.clause(row, row.bonus_clause)
        ends = [*(band.above for band in row.bands[1:]), None]
        return terms.CriticalIllness(
            benefits=frozenset(row.benefits),
            bands=tuple(
                terms.Band(band.above, end, band.rate, self.cites.of(band))
                for band, end in zip(row.bands, ends, strict=True)
            ),
            bonus_status=row.bonus_status or None,
            bonus_per_year=row.bonus_per_year,
            bonus_max=row.bonus_max,
            bonus_cite=own if bonus is None else bonus,
            cite=own,
        )

    def entitlement(self) -> terms.Entitlement:
        row = self.version.entitlement
        waiting = {x.employment: terms.Figure(x.months, self.cites.of(x)) for x in self.version.waiting}
        return terms.Entitlement(waiting, row.back_payment_restores, self.cites.of(row))

    def out_of_area(self, row: rows.OutOfAreaRow) -> terms.OutOfArea | terms.Unset:
        cite = self.cites.of(row)
        if not row.covered:
            return terms.OutOfArea(None, cite)
        if row.upfront is None:
            return terms.Unset(row.waits_for, cite)
        return terms.OutOfArea(terms.Figure(row.upfront, cite), cite)

    def out_of_area_none(self) -> int:
        """The clause on care elsewhere: what it opens to filed members, it does not open to the others."""
        row = next(x for x in self.version.out_of_area if x.kind == terms.RESIDENT)
        return self.cites.add(row.document, row.clause, row.cite_kind)

    def credit(self, row: rows.CreditRow) -> terms.CreditRule:
        cite, value = self.cites.of(row), None
        if row.method not in (terms.OWN_AMOUNT, terms.NO_CREDIT):
            value = self.parameter(row.value, row.waits_for, cite)
        return terms.CreditRule(
            status=row.status,
            employment=row.employment or None,
            plan=row.plan or None,
            age_from=row.age_from,
            age_to=row.age_to,
            method=row.method,
            value=value,
            cite=cite,
        )

    def account_use(self, row: rows.AccountUseRow) -> terms.AccountUse:
        return terms.AccountUse(
            relation=row.relation,
            purpose=row.purpose,
            place=row.place,
            item_kinds=frozenset(row.item_kinds),
            allowed=row.allowed,
            cite=self.cites.of(row),
            status=row.status or None,
        )


def condition_of(row: rows.ConditionRow) -> terms.Condition:
    """A row's description of institutions, to be tried on one."""
    return terms.Condition(
        level_min=row.level_min,
        level_max=row.level_max,
        kinds=frozenset(row.kinds),
        affiliation=row.affiliation or None,
        in_city=row.in_city,
        named=frozenset(row.named),
    )
