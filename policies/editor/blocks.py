"""The forms of the blocks whose rows hang on the version alone."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import rows
from policies.editor import fields
from policies.editor.forms import NONE, SET, FigureForm, RowForm, RowFormSet
from policies.models import PaymentLimit, Provision
from policies.models.base import Affiliation, BenefitKind, InstitutionKind, Status
from policies.wording import conditions_text

ANY = gettext_lazy("any")


class ConditionForm(RowForm):
    """Which institutions: every part that is given must fit."""

    row_class = rows.ConditionRow
    level_min = fields.whole(gettext_lazy("level from"), high=3)
    level_max = fields.whole(gettext_lazy("level to"), high=3)
    kinds = fields.many(gettext_lazy("kinds"), InstitutionKind.choices)
    affiliation = fields.choice(gettext_lazy("run by"), Affiliation.choices, empty=ANY)
    in_city = fields.choice(
        gettext_lazy("where"),
        [("yes", gettext_lazy("in the city")), ("no", gettext_lazy("outside the city"))],
        empty=gettext_lazy("anywhere"),
    )
    named = fields.names(gettext_lazy("named institutions (code or name)"))

    def fill(self, row):
        return {**super().fill(row), "in_city": {True: "yes", False: "no", None: ""}[row.in_city]}

    def clean(self):
        low, high = self.cleaned_data.get("level_min"), self.cleaned_data.get("level_max")
        if low is not None and high is not None and low > high:
            self.add_error("level_max", _("This is below the level from which it counts."))
        return self.cleaned_data

    def values(self):
        return {
            **super().values(),
            "in_city": {"yes": True, "no": False, "": None}[self.cleaned_data["in_city"]],
        }


class TierForm(RowForm):
    row_class = rows.TierRow
    code = fields.text(gettext_lazy("code"), length=30, required=True)
    name = fields.text(gettext_lazy("name"), length=100, required=True)
    name_en = fields.text(gettext_lazy("English name"), length=100)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.conditions = ConditionFormSet(
            self.data if self.is_bound else None,
            prefix=f"{self.prefix}-conditions",
            context=self.context,
            found=self.row.conditions if self.row else (),
            base=self.base.conditions if self.base else (),
            key=by_place(self.row.conditions if self.row else (), self.base.conditions if self.base else ()),
        )

    def clean_code(self):
        return fields.checked_code(self.cleaned_data["code"])

    def full_clean(self):
        self.conditions.is_valid() if self.is_bound else None
        super().full_clean()

    def is_valid(self):
        return super().is_valid() and self.conditions.is_valid()

    def told(self) -> str:
        """Which institutions belong to the tier, as the draft says it now."""
        return conditions_text(self.row.conditions) if self.row else ""

    def make(self):
        made = self.conditions.made() if self.conditions.is_valid() else []
        return rows.TierRow(**super().values(), **self.citation(), conditions=made)


def by_place(*lists):
    """A key for rows that have no name of their own: their place in their list."""
    places = {id(row): number for found in lists for number, row in enumerate(found)}
    return lambda row: places[id(row)]


class LimitForm(FigureForm):
    row_class = rows.LimitRow
    figure_name = "amount"
    states = [
        (SET, gettext_lazy("set")),
        (FigureForm.states[1][0], gettext_lazy("named here, set elsewhere (no limit until then)")),
    ]
    benefits = fields.many(gettext_lazy("benefits"), BenefitKind.choices)
    statuses = fields.many(gettext_lazy("members"), Status.choices)
    period = fields.choice(gettext_lazy("period"), PaymentLimit.Period.choices)
    basis = fields.choice(gettext_lazy("basis"), PaymentLimit.Basis.choices)
    disease = fields.text(
        gettext_lazy("disease"), length=20, title=gettext_lazy("* means: one limit for each disease")
    )
    pool = fields.text(gettext_lazy("pool"), length=30, required=True, offers="known-pools")
    amount = fields.yuan(gettext_lazy("limit"))
    folded = ("pool", "disease")

    def other_places(self):
        row = self.row
        return [".".join(filter(None, ("limits", row.pool, row.period, row.basis, row.disease)))]


class FactorForm(RowForm):
    row_class = rows.AdmissionFactorRow

    def other_places(self):
        return [f"admission_factors.{self.row.ordinal_from}"]

    ordinal_from = fields.whole(gettext_lazy("from admission"), low=1, high=1000, required=True)
    factor = fields.percent(gettext_lazy("share of the deductible"), required=True)


class BandForm(RowForm):
    row_class = rows.BandRow

    def other_places(self):
        return [f"critical_illness.bands.{self.row.above}"]

    above = fields.yuan(gettext_lazy("above"), required=True)
    rate = fields.percent(gettext_lazy("insurance pays"), required=True)


class CriticalForm(RowForm):
    """Whether there is critical-illness insurance, for which benefits, and the bonus. Bands are a set of their own."""

    row_class = rows.CriticalIllnessRow
    has = fields.choice(
        gettext_lazy("critical illness"),
        [("yes", gettext_lazy("the text has it")), ("no", gettext_lazy("the text has none"))],
    )
    benefits = fields.many(gettext_lazy("counts the eligible cash of"), BenefitKind.choices)
    bonus_status = fields.choice(gettext_lazy("bonus for"), Status.choices, empty=gettext_lazy("nobody"))
    bonus_per_year = fields.percent(gettext_lazy("bonus a year"))
    bonus_max = fields.percent(gettext_lazy("highest bonus"))
    bonus_clause = fields.text(gettext_lazy("clause of the bonus"), length=60)

    def other_places(self):
        return [f"{self.place}.benefits", f"{self.place}.bonus", f"{self.place}.bands"]

    def fill(self, row):
        return {**super().fill(row), "has": "yes"}

    def blank(self):
        return {"has": "no"}

    def make(self):
        """The row without its bands; None where the text has none."""
        if self.cleaned_data["has"] != "yes":
            return None
        values = super().values()
        values["bonus_per_year"] = values["bonus_per_year"] or 0
        values["bonus_max"] = values["bonus_max"] or 0
        return rows.CriticalIllnessRow(**values, **self.citation(), bands=self.row.bands if self.row else [])

    def needs_clause(self):
        return self.cleaned_data.get("has") == "yes" and super().needs_clause()


class EntitlementForm(RowForm):
    row_class = rows.EntitlementRow
    restores = fields.choice(
        gettext_lazy("paying arrears later"),
        [
            ("yes", gettext_lazy("restores the months' benefits")),
            ("no", gettext_lazy("does not restore them")),
        ],
        empty=gettext_lazy("— still missing —"),
    )

    def other_places(self):
        return [f"{self.place}.back_payment_restores"]

    def fill(self, row):
        return {**super().fill(row), "restores": "yes" if row.back_payment_restores else "no"}

    def make(self):
        restores = self.cleaned_data["restores"]
        if not restores:
            return None
        return rows.EntitlementRow(back_payment_restores=restores == "yes", **self.citation())

    def needs_clause(self):
        return bool(self.cleaned_data.get("restores")) and super().needs_clause()


class KindForm:
    """A row of a fixed kind (`kind_field` of the row), one of a short list that the page always shows."""

    kind_field: str

    def __init__(self, *args, kind: str, title: str, **kwargs):
        self.kind, self.title = kind, title
        super().__init__(*args, **kwargs)

    def is_empty(self) -> bool:
        """Whether the version says nothing of this kind."""
        raise NotImplementedError

    def make(self):
        if self.is_empty():
            return None
        return self.row_class(**{self.kind_field: self.kind}, **self.values(), **self.citation())

    def needs_clause(self):
        return not self.is_empty() and super().needs_clause()


class WaitingForm(KindForm, RowForm):
    row_class = rows.WaitingRow
    kind_field = "employment"
    months = fields.whole(gettext_lazy("calendar months of waiting"), high=120)

    def is_empty(self):
        return self.cleaned_data.get("months") is None


class OutOfAreaForm(KindForm, FigureForm):
    row_class = rows.OutOfAreaRow
    kind_field, figure_name = "kind", "upfront"
    states = [
        ("", gettext_lazy("— still missing —")),
        (SET, gettext_lazy("covered")),
        (NONE, gettext_lazy("not covered")),
        FigureForm.states[1],
    ]
    state = fields.choice(gettext_lazy("state"), states)
    upfront = fields.percent(gettext_lazy("the member bears first"))

    def state_of(self, row):
        return NONE if not row.covered else super().state_of(row)

    def is_empty(self):
        return not self.cleaned_data.get("state")

    def values(self):
        if self.cleaned_data["state"] == NONE:
            return {"covered": False}
        found = super().values()
        found.pop("covered", None)
        return found


class ContributionForm(KindForm, FigureForm):
    row_class = rows.ContributionRateRow
    kind_field, figure_name = "employment", "rate"
    states = [("", gettext_lazy("not in the text")), *FigureForm.states]
    state = fields.choice(gettext_lazy("state"), states)
    rate = fields.percent(gettext_lazy("contribution rate"))

    def is_empty(self):
        return not self.cleaned_data.get("state")


class StandardForm(RowForm):
    row_class = rows.DaySurgeryStandardRow
    disease = fields.text(gettext_lazy("disease code"), length=20, required=True)
    amount = fields.yuan(gettext_lazy("standard"), required=True)


class ProvisionForm(RowForm):
    row_class = rows.ProvisionRow

    def other_places(self):
        return [f"provisions.{self.row.topic}.{self.row.clause}"]

    topic = fields.choice(gettext_lazy("topic"), Provision.Topic.choices)
    text = fields.text(gettext_lazy("provision"), length=300, required=True)


def formset(form, *, ordered: bool = False):
    """A set of rows with this form: rows can be added, ticked for removal, and put in another order."""
    return forms.formset_factory(
        form, formset=RowFormSet, extra=0, can_delete=True, can_order=ordered, max_num=500, absolute_max=600
    )


ConditionFormSet = formset(ConditionForm)
TierFormSet = formset(TierForm, ordered=True)
LimitFormSet = formset(LimitForm, ordered=True)
FactorFormSet = formset(FactorForm)
BandFormSet = formset(BandForm)
StandardFormSet = formset(StandardForm)
ProvisionFormSet = formset(ProvisionForm, ordered=True)


def kind_forms(form, labels, found: list, base: list, *, data, prefix: str, context, place: str) -> list:
    """One form for each kind of a short list; `labels`: the choices, `place`: where each stands."""
    now = {getattr(row, form.kind_field): row for row in found}
    then = {getattr(row, form.kind_field): row for row in base}
    return [
        form(
            data,
            prefix=f"{prefix}-{kind}",
            kind=kind,
            title=label,
            context=context,
            row=now.get(kind),
            base=then.get(kind),
            place=f"{place}.{kind}",
        )
        for kind, label in labels
    ]
