"""The matrix of a benefit: a cell for each tier and status, with deductible and rate."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from policies import rows, terms
from policies.editor import fields
from policies.editor.forms import MISSING, NONE, SET, UNSET, RowForm, check_figure


class CellForm(RowForm):
    """Deductible and rate at one tier for one status: set, left to another document, or not offered."""

    row_class = rows.TermRow
    states = [
        (MISSING, _("— still missing —")),
        (SET, _("set")),
        (UNSET, _("left to another document")),
        (NONE, _("not offered")),
    ]
    folded = ("deductible_clause",)
    state = fields.choice(_("state"), states)
    deductible = fields.yuan(_("deductible"))
    deductible_waits_for = fields.text(_("deductible waits for"), length=100, offers=fields.WAITING)
    deductible_clause = fields.text(_("clause of the deductible"), length=60)
    rate = fields.percent(_("fund pays"))
    rate_waits_for = fields.text(_("rate waits for"), length=100, offers=fields.WAITING)

    def __init__(self, *args, status: str, **kwargs):
        self.status = status
        super().__init__(*args, **kwargs)

    def other_places(self):
        return [f"{self.place}.deductible", f"{self.place}.rate"]

    def fill(self, row):
        state = NONE if not row.offered else UNSET if row.deductible_waits_for or row.rate_waits_for else SET
        return {**super().fill(row), "state": state}

    def clean(self):
        data = self.cleaned_data
        state = data.get("state")
        if state == MISSING and any(data.get(name) is not None for name in ("deductible", "rate")):
            data["state"] = state = SET
        if data.get("rate") is None or data.get("rate_waits_for"):
            check_figure(self, "rate", "rate_waits_for", state)
        # Where the deductible's mode is “none”, a rate alone may wait for another document.
        if data.get("deductible") is not None:
            check_figure(self, "deductible", "deductible_waits_for", state)
        return data

    def make_at(self, tier: str) -> rows.TermRow | None:
        """The row of a tier; None where the cell says nothing yet."""
        if self.cleaned_data["state"] == MISSING:
            return None
        return rows.TermRow(tier=tier, status=self.status, **self.values(), **self.citation())

    def make(self):
        return self.make_at(self.row.tier if self.row else "")

    def values(self):
        data = self.cleaned_data
        if data["state"] == NONE:
            return {"offered": False}
        waits = data["state"] == UNSET
        return {
            "deductible": data["deductible"],
            "deductible_waits_for": data["deductible_waits_for"] if waits else "",
            "deductible_clause": data["deductible_clause"],
            "rate": data["rate"],
            "rate_waits_for": data["rate_waits_for"] if waits else "",
        }

    def needs_clause(self):
        return self.cleaned_data.get("state") != MISSING and super().needs_clause()


@dataclass(frozen=True)
class Line:
    """A tier's line of the matrix. `tier`: the tier's form."""

    tier: RowForm
    cells: tuple[CellForm, ...]


class Matrix:
    """The cells of one benefit, a line for each tier's form."""

    def __init__(
        self, benefit: rows.BenefitRow, base: rows.BenefitRow | None, tiers, *, data, prefix, context
    ):
        now = {(row.tier, row.status): row for row in benefit.terms}
        then = {(row.tier, row.status): row for row in base.terms} if base else {}
        self.lines = []
        for number, tier in enumerate(tiers):
            code = tier.row.code if tier.row else ""
            cells = tuple(
                CellForm(
                    data,
                    prefix=f"{prefix}-{number}-{status}",
                    status=status,
                    context=context,
                    row=now.get((code, status)),
                    base=then.get((code, status)),
                    place=f"benefits.{benefit.benefit}.terms.{code}.{status}",
                )
                for status in terms.STATUSES
            )
            self.lines.append(Line(tier, cells))

    @property
    def cells(self) -> list[CellForm]:
        return [cell for line in self.lines for cell in line.cells]

    def made(self, codes: dict[RowForm, str]) -> list[rows.TermRow]:
        """The terms of the tiers that stay; `codes`: the code of each such tier's form."""
        found = [
            cell.make_at(codes[line.tier]) for line in self.lines if line.tier in codes for cell in line.cells
        ]
        return [row for row in found if row is not None]
