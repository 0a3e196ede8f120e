"""The form of a benefit: how its deductible works, its rules and conditions, its matrix."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import rows, terms
from policies.editor import fields
from policies.editor.blocks import ConditionFormSet, by_place, formset
from policies.editor.cells import Matrix
from policies.editor.forms import MISSING, SET, UNSET, RowForm
from policies.models import BenefitRule, Coordination
from policies.models.base import BenefitKind


class SituationForm(RowForm):
    """A member situation in which the benefit is not paid, ticked where the text says so."""

    row_class = rows.CoordinationRow
    says = fields.tick(gettext_lazy("not paid then"))

    def __init__(self, *args, situation: str, **kwargs):
        self.situation, self.title = situation, Coordination.Situation(situation).label
        super().__init__(*args, **kwargs)

    def fill(self, row):
        return {**super().fill(row), "says": True}

    def make(self):
        if not self.cleaned_data["says"]:
            return None
        return rows.CoordinationRow(situation=self.situation, **self.citation())

    def needs_clause(self):
        return self.cleaned_data.get("says") and super().needs_clause()


class DiseaseForm(RowForm):
    """A disease of the benefit that another document governs."""

    row_class = rows.SpecialDiseaseRow
    disease = fields.text(gettext_lazy("disease code"), length=20, required=True)
    waits_for = fields.text(gettext_lazy("waits for"), length=100, offers=fields.WAITING)


DiseaseFormSet = formset(DiseaseForm)
# Emergency care has no figures of its own: it follows other rules.
_DEDUCTIBLE = ("deductible_mode", "deductible_pool", "deductible_clause", "deductible_note")


class BenefitForm(RowForm):
    """待遇类别: set here, left wholly to another document, or not said yet."""

    row_class = rows.BenefitRow
    states = [
        (MISSING, gettext_lazy("— still missing —")),
        (SET, gettext_lazy("set here")),
        (UNSET, gettext_lazy("left wholly to another document")),
    ]
    rare = (
        "deductible_clause",
        "deductible_note",
        "preferred_clause",
        "prescription_clause",
        "prescription_note",
        "negotiated_clause",
    )
    state = fields.choice(gettext_lazy("state"), states)
    waits_for = fields.text(gettext_lazy("waits for"), length=100, offers=fields.WAITING)
    deductible_mode = fields.choice(gettext_lazy("deductible"), BenefitRule.Mode.choices)
    deductible_pool = fields.text(gettext_lazy("deductible pool"), length=30, offers="known-pools")
    deductible_clause = fields.text(gettext_lazy("clause of the deductible"), length=60)
    deductible_note = fields.text(gettext_lazy("note on the deductible"), length=300)
    preferred_clause = fields.text(gettext_lazy("paid before ordinary care by clause"), length=60)
    prescription_clause = fields.text(gettext_lazy("external prescriptions by clause"), length=60)
    prescription_note = fields.text(gettext_lazy("note on prescriptions"), length=300)
    negotiated_clause = fields.text(gettext_lazy("negotiated drugs first by clause"), length=60)
    as_inpatient_clause = fields.text(gettext_lazy("emergency as inpatient by clause"), length=60)

    def __init__(self, data, *, benefit: str, tiers, prefix: str, **kwargs):
        self.benefit, self.title = benefit, BenefitKind(benefit).label
        super().__init__(data, prefix=prefix, place=f"benefits.{benefit}", **kwargs)
        self.emergency = benefit == terms.EMERGENCY
        for name in _DEDUCTIBLE if self.emergency else ("as_inpatient_clause",):
            del self.fields[name]
        row, base = self.row or self._none(), self.base or self._none()
        common = {"context": self.context, "data": data}
        self.conditions = ConditionFormSet(
            prefix=f"{prefix}-conditions",
            found=row.conditions,
            base=base.conditions,
            key=by_place(row.conditions, base.conditions),
            **common,
        )
        self.diseases = DiseaseFormSet(
            prefix=f"{prefix}-diseases",
            found=row.special_diseases,
            base=base.special_diseases,
            key=lambda disease: disease.disease,
            places=[f"{self.place}.other_rules.{x.disease}" for x in row.special_diseases],
            **common,
        )
        self.situations = self._situations(data, row, base)
        self.matrix = self._matrix(data, row, tiers)

    @property
    def folded(self) -> tuple[str, ...]:
        return tuple(name for name in self.rare if name in self.fields)

    def _none(self) -> rows.BenefitRow:
        return rows.BenefitRow(benefit=self.benefit, document=self.context.document)

    def _situations(self, data, row, base) -> list[SituationForm]:
        now = {line.situation: line for line in row.coordinations}
        then = {line.situation: line for line in base.coordinations}
        return [
            SituationForm(
                data,
                prefix=f"{self.prefix}-{situation}",
                situation=situation,
                context=self.context,
                row=now.get(situation),
                base=then.get(situation),
                place=f"{self.place}.not_paid_while.{situation}",
            )
            for situation in terms.SITUATIONS
        ]

    def _matrix(self, data, row, tiers) -> Matrix | None:
        """The cells: where the benefit has terms, is to be set here, or was shown with them before."""
        if self.emergency:
            return None
        shown = data is not None and f"{self.prefix}-matrix" in data
        asked = (self["state"].value() or "") == SET
        if not (row.terms or asked):
            return None
        return Matrix(
            row,
            self.base,
            tiers,
            data=data if shown else None,
            prefix=f"{self.prefix}-cell",
            context=self.context,
        )

    # --- rows -----------------------------------------------------------------------------------------

    def other_places(self):
        rules = ("deductible", "preferred", "external_prescription", "negotiated_first", "institutions")
        return [f"{self.place}.{rule}" for rule in rules]

    def fill(self, row):
        return {**super().fill(row), "state": UNSET if row.waits_for else SET}

    def clean(self):
        data = self.cleaned_data
        if data.get("state") == UNSET and not data.get("waits_for"):
            self.add_error("waits_for", _("Name the document or rule that this is left to."))
        return data

    def make(self):
        """The benefit's own row, with the nested rows that it has now; `made` gives those of the forms."""
        if self.cleaned_data["state"] == MISSING:
            return None
        values = super().values()
        if self.cleaned_data["state"] != UNSET:
            values["waits_for"] = ""
        nested = {}
        if self.row is not None:
            names = ("conditions", "coordinations", "special_diseases", "terms")
            nested = {name: getattr(self.row, name) for name in names}
        return rows.BenefitRow(benefit=self.benefit, **values, **self.citation(), **nested)

    def needs_clause(self):
        # Emergency care that follows the ordinary rules is said with a note at most.
        return self.cleaned_data.get("state") != MISSING and super().needs_clause()

    def parts(self) -> list:
        """Every form and set of forms inside the benefit."""
        cells = [cell for cell in self.matrix.cells if cell.is_bound] if self.matrix else []
        return [*self.situations, *cells, self.conditions, self.diseases]

    def is_valid(self):
        return all([super().is_valid(), *(part.is_valid() for part in self.parts())])

    def made(self, codes: dict) -> rows.BenefitRow | None:
        """The benefit with all that its forms say. `codes`: the code of each tier's form that stays."""
        row = self.make()
        if row is None:
            return None
        row.conditions = self.conditions.made()
        row.coordinations = [made for form in self.situations if (made := form.make()) is not None]
        row.special_diseases = self.diseases.made()
        if self.matrix and all(cell.is_bound for cell in self.matrix.cells):
            row.terms = self.matrix.made(codes)
        return row
