"""A version as a workbook: every row with its citation in full, percent and yuan as people read them."""

from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from policies import rows, terms
from policies.files.reading import EACH
from policies.files.sheets import CITE, HEAD, HEAD_KEYS, LISTS, PERCENT, SHEETS, YUAN
from policies.money import FEN_PER_YUAN, RATE_UNIT

_BOLD = Font(bold=True)
_WIDTH = 16


def write_xlsx(version: rows.VersionRows) -> bytes:
    """The version's workbook, which `read_xlsx` reads as the same version."""
    writer = _Writer(rows.canonical(version))
    book = Workbook()
    head = book.active
    head.title = HEAD
    for number, (key, value) in enumerate(writer.head().items(), 1):
        _put(head, number, 1, key).font = _BOLD
        _put(head, number, 2, value)
    for name, columns in SHEETS.items():
        _sheet(book.create_sheet(name), columns, writer.lines(name))
    for sheet in book.worksheets:
        for column in range(1, sheet.max_column + 1):
            sheet.column_dimensions[get_column_letter(column)].width = _WIDTH
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet(sheet: Worksheet, columns: tuple[str, ...], lines: list[dict]) -> None:
    for place, column in enumerate(columns, 1):
        _put(sheet, 1, place, column).font = _BOLD
    sheet.freeze_panes = "A2"
    for number, line in enumerate(lines, 2):
        for place, column in enumerate(columns, 1):
            _figure(sheet, number, place, column, line.get(column))


def _figure(sheet: Worksheet, row: int, place: int, column: str, value) -> None:
    if value is None or value == "":
        return
    if column in PERCENT:
        _put(sheet, row, place, Decimal(value) / RATE_UNIT).number_format = "0.##%"
    elif column in YUAN:
        _put(sheet, row, place, Decimal(value) / FEN_PER_YUAN).number_format = "#,##0.00"
    else:
        _put(sheet, row, place, ", ".join(value) if column in LISTS else value)


def _put(sheet: Worksheet, row: int, column: int, value) -> Cell:
    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"  # a text that begins with "=" is no formula
    return cell


class _Writer:
    """Rows as mappings of columns to values. A citation is written in full, so that nothing is inherited."""

    def __init__(self, version: rows.VersionRows):
        self.version = version

    def head(self) -> dict[str, object]:
        version = self.version
        day = version.effective_from
        values = (
            version.city,
            version.document,
            day and day.isoformat(),
            version.effective_clause,
            version.effective_basis,
            version.note,
            version.status_change,
            version.status_change_clause,
            version.status_change_note,
        )
        return dict(zip(HEAD_KEYS, values, strict=True))

    def lines(self, sheet: str) -> list[dict]:
        return list(getattr(self, sheet)())

    def cite(self, row: rows.Row) -> dict:
        document = "" if row.document == self.version.document else row.document
        kind = "" if row.cite_kind == terms.TEXT else row.cite_kind
        return dict(zip(CITE, (row.clause, document, kind, row.note), strict=True))

    def condition(self, row: rows.ConditionRow, block: rows.Row | None = None) -> dict:
        """A condition; its citation only where it is not its block's."""
        found = {
            "level.from": row.level_min,
            "level.to": row.level_max,
            "kinds": row.kinds,
            "run_by": row.affiliation,
            "in_city": row.in_city,
            "named": row.named,
        }
        if all(value in (None, "", []) for value in found.values()):
            found["any"] = True
        own = (row.document, row.clause, row.cite_kind, row.note)
        if block is None or own != (block.document, block.clause, block.cite_kind, ""):
            found |= self.cite(row)
            found["document"] = row.document if block is not None else found["document"]
        return found

    def tiers(self):
        for tier in self.version.tiers:
            head = {"code": tier.code, "name": tier.name, "name_en": tier.name_en, **self.cite(tier)}
            fits = [self.condition(row, tier) for row in tier.conditions] or [{}]
            for number, condition in enumerate(fits):
                own = {f"fits.{name}": value for name, value in condition.items()}
                yield {**(head if number == 0 else {"code": tier.code}), **own}

    def benefits(self):
        for row in self.version.benefits:
            ordinary = row.benefit == terms.EMERGENCY and not row.as_inpatient_clause and not row.waits_for
            yield {
                "benefit": row.benefit,
                "waits_for": row.waits_for,
                "follows": terms.ORDINARY if ordinary else "",
                "deductible.mode": row.deductible_mode,
                "deductible.pool": row.deductible_pool,
                "deductible.clause": row.deductible_clause,
                "deductible.note": row.deductible_note,
                "preferred.clause": row.preferred_clause,
                "external_prescription.clause": row.prescription_clause,
                "external_prescription.note": row.prescription_note,
                "negotiated_first.clause": row.negotiated_clause,
                "as_inpatient.clause": row.as_inpatient_clause,
                **self.cite(row),
            }

    def institutions(self):
        for row in self.version.benefits:
            for condition in row.conditions:
                yield {"benefit": row.benefit, **self.condition(condition)}

    def not_paid_while(self):
        for row in self.version.benefits:
            for line in row.coordinations:
                yield {"benefit": row.benefit, "situation": line.situation, **self.cite(line)}

    def other_rules(self):
        for row in self.version.benefits:
            for line in row.special_diseases:
                rest = {"disease": line.disease, "waits_for": line.waits_for}
                yield {"benefit": row.benefit, **rest, **self.cite(line)}

    def terms(self):
        for row in self.version.benefits:
            for term in row.terms:
                yield {
                    "benefit": row.benefit,
                    "tier": term.tier,
                    "status": term.status,
                    "offered": None if term.offered else False,
                    "deductible": term.deductible,
                    "deductible.waits_for": term.deductible_waits_for,
                    "rate": term.rate,
                    "rate.waits_for": term.rate_waits_for,
                    "deductible_clause": term.deductible_clause,
                    **self.cite(term),
                }

    def limits(self):
        for row in self.version.limits:
            yield {
                **_fields(row, "benefits", "statuses", "pool", "period", "basis", "amount", "waits_for"),
                "disease": EACH if row.disease == terms.EACH_DISEASE else row.disease,
                **self.cite(row),
            }

    def admission_factors(self):
        for row in self.version.admission_factors:
            yield {"from": row.ordinal_from, "factor": row.factor, **self.cite(row)}

    def critical_illness(self):
        row = self.version.critical_illness
        if row is not None:
            yield {
                "benefits": row.benefits,
                "bonus.status": row.bonus_status,
                "bonus.per_year": row.bonus_per_year or None,
                "bonus.max": row.bonus_max or None,
                "bonus.clause": row.bonus_clause,
                **self.cite(row),
            }

    def bands(self):
        rule = self.version.critical_illness
        for row in rule.bands if rule else ():
            yield {"above": row.above, "rate": row.rate, **self.cite(row)}

    def entitlement(self):
        row = self.version.entitlement
        if row is not None:
            yield {"back_payment_restores": row.back_payment_restores, **self.cite(row)}

    def waiting(self):
        for row in self.version.waiting:
            yield {"employment": row.employment, "months": row.months, **self.cite(row)}

    def out_of_area(self):
        for row in self.version.out_of_area:
            covered = None if row.covered else False
            yield {
                "kind": row.kind,
                "covered": covered,
                **_fields(row, "upfront", "waits_for"),
                **self.cite(row),
            }

    def account_credits(self):
        for row in self.version.account_credits:
            figure = "rate" if row.method == terms.BASE_RATE else "amount"
            yield {
                **_fields(row, "status", "employment", "plan", "method", "waits_for"),
                "age.from": row.age_from or None,
                "age.to": row.age_to,
                figure: row.value,
                **self.cite(row),
            }

    def account_uses(self):
        for row in self.version.account_uses:
            yield {
                "for": row.relation,
                "purpose": row.purpose,
                "at": row.place,
                "items": row.item_kinds,
                "status": row.status,
                "allowed": None if row.allowed else False,
                **self.cite(row),
            }

    def contribution_rates(self):
        for row in self.version.contribution_rates:
            yield {**_fields(row, "employment", "rate", "waits_for"), **self.cite(row)}

    def day_surgery_standards(self):
        for row in self.version.day_surgery_standards:
            yield {**_fields(row, "disease", "amount"), **self.cite(row)}

    def provisions(self):
        for row in self.version.provisions:
            yield {**_fields(row, "topic", "text"), **self.cite(row)}


def _fields(row: rows.Row, *names: str) -> dict:
    return {name: getattr(row, name) for name in names}
