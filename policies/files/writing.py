"""Writing policy files: rows to YAML 1.2 as it is read, one line for what an officer compares.

What has a default is left out, so that reading the text gives the same rows, and writing those the same text.
"""

from policies import money, rows, terms
from policies.files.benefits import NOT_OFFERED
from policies.files.emit import Figure, Flow, entry
from policies.files.reading import EACH

HEADER = "# Yuan and fractions; a line without a clause has its block's. Layout: README.md in policies/data."


def write_version(version: rows.VersionRows) -> str:
    """The version's file."""
    version = rows.canonical(version)
    writer = _Writer(version.document)
    blocks = {
        "city": Figure(version.city) if version.city.isdigit() else version.city,
        "document": version.document,
        "effective": _given(
            **{"from": Figure(version.effective_from or "null")},
            clause=version.effective_clause,
            cite="" if version.effective_basis == terms.TEXT else version.effective_basis,
        ),
        "note": version.note,
        "status_change": _given(
            account=version.status_change,
            clause=version.status_change_clause,
            note=version.status_change_note,
        ),
        "tiers": {row.code: writer.tier(row) for row in version.tiers},
        "benefits": {row.benefit: writer.benefit(row) for row in version.benefits},
        "limits": [writer.limit(row) for row in version.limits],
        "admission_factors": [
            {"from": row.ordinal_from, "factor": _fraction(row.factor), **writer.cite(row)}
            for row in version.admission_factors
        ],
        "critical_illness": writer.critical_illness(version.critical_illness),
        "entitlement": writer.entitlement(version),
        "out_of_area": {row.kind: writer.out_of_area(row) for row in version.out_of_area},
        "account_credits": writer.credits(version.account_credits),
        "account_uses": writer.account_uses(version.account_uses),
        "contribution_rates": {
            row.employment: _given(rate=_fraction(row.rate), waits_for=row.waits_for, **writer.cite(row))
            for row in version.contribution_rates
        },
        "day_surgery_standards": {
            row.disease: {"amount": _yuan(row.amount), **writer.cite(row)}
            for row in version.day_surgery_standards
        },
        "provisions": [{"topic": x.topic, "text": x.text, **writer.cite(x)} for x in version.provisions],
    }
    lines = []
    for key, value in blocks.items():
        if value not in ("", None, {}, []):
            lines += entry(key, value, indent=0, flow=key in ("effective", "status_change"))
    return "\n".join([HEADER, *lines]) + "\n"


class _Writer:
    """Turns rows into the values of a file; `document` is the one that need not be named."""

    def __init__(self, document: str):
        self.own = rows.Row(document=document)

    def cite(self, row: rows.Row, block: rows.Row | None = None) -> dict:
        """The citation's keys; without the block's own ones, where the line has the same."""
        same = block or self.own
        if (row.document, row.clause, row.cite_kind) == (same.document, same.clause, same.cite_kind):
            return _given(note=row.note)
        return self.whole_cite(row)

    def whole_cite(self, row: rows.Row) -> dict:
        """The citation in full; an empty clause is said where nothing else would show that there is one."""
        document = "" if row.document == self.own.document else row.document
        kind = "" if row.cite_kind == terms.TEXT else row.cite_kind
        found = _given(clause=row.clause, document=document, cite=kind)
        return {**(found or {"clause": ""}), **_given(note=row.note)}

    def tier(self, row: rows.TierRow) -> dict:
        fits = [self.condition(x, row) for x in row.conditions]
        return _given(
            name=row.name,
            name_en=row.name_en,
            fits=fits[0] if len(fits) == 1 else fits,
            **self.cite(row),
        )

    def condition(self, row: rows.ConditionRow, block: rows.Row):
        found = _given(
            level=_span(row.level_min, row.level_max, single=True),
            kinds=row.kinds,
            run_by=row.affiliation,
            in_city=row.in_city,
            named=row.named,
            **self.cite(row, block),
        )
        return found or "any"

    def benefit(self, row: rows.BenefitRow) -> dict:
        institutions = [self.condition(x, row) for x in row.conditions]
        ordinary = row.benefit == terms.EMERGENCY and not row.as_inpatient_clause and not row.waits_for
        deductible = _given(
            mode="" if row.deductible_mode == terms.NO_DEDUCTIBLE else row.deductible_mode,
            pool=row.deductible_pool,
            clause=row.deductible_clause,
            note=row.deductible_note,
        )
        if deductible and "mode" not in deductible:
            deductible = {"mode": terms.NO_DEDUCTIBLE, **deductible}
        return _given(
            waits_for=row.waits_for,
            follows=terms.ORDINARY if ordinary else "",
            **self.cite(row),
            deductible=deductible,
            preferred=_given(clause=row.preferred_clause),
            external_prescription=_given(clause=row.prescription_clause, note=row.prescription_note),
            negotiated_first=_given(clause=row.negotiated_clause),
            as_inpatient=_given(clause=row.as_inpatient_clause),
            institutions=institutions[0] if len(institutions) == 1 else institutions,
            not_paid_while=Flow({x.situation: self.cite(x, row) for x in row.coordinations}),
            other_rules={
                x.disease: _given(waits_for=x.waits_for, **self.cite(x, row)) for x in row.special_diseases
            },
            terms=self.lines(row),
        )

    def lines(self, row: rows.BenefitRow) -> dict:
        tiers: dict[str, dict[str, rows.TermRow]] = {}
        for term in row.terms:
            tiers.setdefault(term.tier, {})[term.status] = term
        return {tier: self.line(row, cells) for tier, cells in tiers.items()}

    def line(self, row: rows.BenefitRow, cells: dict[str, rows.TermRow]) -> dict:
        """One line for a tier: `both` where the statuses have the same, and the citation once."""
        first = next(iter(cells.values()))
        cites = {(x.document, x.clause, x.cite_kind, x.note, x.deductible_clause) for x in cells.values()}
        with_cite = len(cites) > 1
        found = {status: self.cell(row, cell, with_cite) for status, cell in cells.items()}
        values = list(found.values())
        if len(values) == len(terms.STATUSES) and values[0] == values[1]:
            found = {"both": values[0]}
        if with_cite:
            return found
        return {**found, **self.cite(first, row), **_given(deductible_clause=first.deductible_clause)}

    def cell(self, row: rows.BenefitRow, cell: rows.TermRow, with_cite: bool):
        if not cell.offered:
            return {"offered": False, **self.whole_cite(cell)} if with_cite else NOT_OFFERED
        needs_deductible = row.deductible_mode != terms.NO_DEDUCTIBLE
        waits = cell.rate_waits_for
        unset = cell.rate is None and cell.deductible is None and waits
        if unset and cell.deductible_waits_for == (waits if needs_deductible else ""):
            found = {"waits_for": waits}
        else:
            found = _given(
                deductible=_set_or_waits(_yuan(cell.deductible), cell.deductible_waits_for),
                rate=_set_or_waits(_fraction(cell.rate), cell.rate_waits_for),
            )
        if with_cite:
            found |= {**self.whole_cite(cell), **_given(deductible_clause=cell.deductible_clause)}
        return found

    def limit(self, row: rows.LimitRow) -> dict:
        both = row.statuses == list(terms.STATUSES)
        return {
            "benefits": row.benefits,
            **({} if both else {"statuses": row.statuses}),
            **_given(
                pool=row.pool,
                period=row.period,
                basis=row.basis,
                disease=EACH if row.disease == terms.EACH_DISEASE else row.disease,
                amount=_yuan(row.amount),
                waits_for=row.waits_for,
                **self.cite(row),
            ),
        }

    def critical_illness(self, row: rows.CriticalIllnessRow | None):
        if row is None:
            return "none"
        bonus = _given(
            status=row.bonus_status,
            per_year=_fraction(row.bonus_per_year or None),
            max=_fraction(row.bonus_max or None),
            clause=row.bonus_clause,
        )
        bands = [{"above": _yuan(x.above), "rate": _fraction(x.rate), **self.cite(x, row)} for x in row.bands]
        return _given(benefits=Flow(row.benefits), **self.cite(row), bands=bands, bonus=bonus)

    def entitlement(self, version: rows.VersionRows) -> dict:
        row, found = version.entitlement, {}
        if row is not None:
            found = {"back_payment_restores": row.back_payment_restores, **self.cite(row)}
        waiting = {x.employment: {"months": x.months, **self.cite(x, row)} for x in version.waiting}
        return {**found, **_given(waiting=waiting)}

    def out_of_area(self, row: rows.OutOfAreaRow) -> dict:
        covered = None if row.covered else False
        return _given(
            covered=covered, upfront=_fraction(row.upfront), waits_for=row.waits_for, **self.cite(row)
        )

    def credits(self, credits: list[rows.CreditRow]) -> list[dict]:
        """One line each; the same for employed and retired in one."""
        found: list[tuple[list[str], dict]] = []
        for row in credits:
            by_rate = row.method == terms.BASE_RATE
            rest = _given(
                employment=row.employment,
                plan=row.plan,
                age=_span(row.age_from or None, row.age_to),
                method=row.method,
                rate=_fraction(row.value) if by_rate else None,
                amount=None if by_rate else _yuan(row.value),
                waits_for=row.waits_for,
                **self.cite(row),
            )
            if (
                found
                and found[-1][1] == rest
                and found[-1][0] == [terms.EMPLOYED]
                and row.status == terms.RETIRED
            ):
                found[-1][0].append(row.status)
            else:
                found.append(([row.status], rest))
        return [{"status": s[0] if len(s) == 1 else s, **rest} for s, rest in found]

    def account_uses(self, uses: list[rows.AccountUseRow]) -> list[dict]:
        """Lines of relations × purposes, as many rows to a line as read the same way back."""
        found, place = [], 0
        while place < len(uses):
            relations, purposes, used = uses_product(uses, place)
            row = uses[place]
            found.append(
                _given(
                    **{"for": relations},
                    purpose=purposes,
                    at="" if row.place == terms.ANYWHERE else row.place,
                    items=row.item_kinds,
                    status=row.status,
                    allowed=None if row.allowed else False,
                    **self.cite(row),
                )
            )
            place += used
        return found


def uses_product(uses: list[rows.AccountUseRow], start: int) -> tuple[list[str], list[str], int]:
    """The relations and purposes whose product the rows from `start` on are, and how many rows that is."""

    def rest(row: rows.AccountUseRow):
        return (
            row.place,
            row.item_kinds,
            row.status,
            row.allowed,
            row.document,
            row.clause,
            row.cite_kind,
            row.note,
        )

    run = []
    for row in uses[start:]:
        if rest(row) != rest(uses[start]):
            break
        run.append((row.relation, row.purpose))
    purposes = []
    for relation, purpose in run:
        if relation != run[0][0]:
            break
        purposes.append(purpose)
    relations, size = [], len(purposes)
    for first in range(0, len(run), size):
        block = run[first : first + size]
        if block != [(block[0][0], purpose) for purpose in purposes] or block[0][0] in relations:
            break
        relations.append(block[0][0])
    return relations, purposes, len(relations) * size


def _given(**values) -> dict:
    """The values that say something."""
    return {key: value for key, value in values.items() if not _empty(value)}


def _empty(value) -> bool:
    value = value.value if isinstance(value, Flow) else value
    return value is None or value == "" or value == [] or value == {}


def _yuan(value: int | None) -> Figure | None:
    return None if value is None else Figure(money.yuan(value))


def _fraction(value: int | None) -> Figure | None:
    return None if value is None else Figure(money.fraction(value, places=2))


def _set_or_waits(value, waits_for: str):
    return value if value is not None else _given(waits_for=waits_for)


def _span(low: int | None, high: int | None, single: bool = False):
    if low is None and high is None:
        return None
    return low if single and low == high else [low, high]
