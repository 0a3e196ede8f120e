"""The forms of the personal account: what is credited each month, and what an account may pay."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import rows, terms
from policies.editor import fields
from policies.editor.blocks import ANY, formset
from policies.editor.forms import FigureForm, RowForm
from policies.files.writing import uses_product
from policies.forms import PercentField, YuanField
from policies.models import AccountCredit, AccountUseRule
from policies.models.base import Employment, ItemKind, Plan, Status

_PERCENT, _YUAN = PercentField(required=False), YuanField(required=False)


def _reader(method: str):
    """Who reads and shows a credit's figure; None where the method has none."""
    if method == terms.BASE_RATE:
        return _PERCENT
    return _YUAN if method in (terms.FIXED, terms.AGE_FACTOR) else None


class CreditForm(FigureForm):
    """What a group of members is credited each month. Its figure is percent or yuan, as its method says."""

    row_class = rows.CreditRow
    figure_name = "figure"
    status = fields.choice(gettext_lazy("members"), Status.choices)
    employment = fields.choice(gettext_lazy("employment"), Employment.choices, empty=ANY)
    plan = fields.choice(gettext_lazy("plan"), Plan.choices, empty=ANY)
    age_from = fields.whole(gettext_lazy("age from"), high=150)
    age_to = fields.whole(gettext_lazy("age under"), high=150)
    method = fields.choice(gettext_lazy("each month"), AccountCredit.Method.choices)
    figure = fields.text(
        gettext_lazy("percent or yuan"), length=20, inputmode="decimal", **{"class": "figure"}
    )

    def other_places(self):
        row = self.row
        span = f"{row.age_from}-{'' if row.age_to is None else row.age_to}"
        return [f"account_credits.{row.status}.{row.employment}.{row.plan}.{span}"]

    def fill(self, row):
        reader = _reader(row.method)
        value = "" if row.value is None or reader is None else reader.show(row.value)
        return {**super().fill(row), "figure": value, "age_from": row.age_from or None}

    def clean(self):
        data = self.cleaned_data
        low, high = data.get("age_from") or 0, data.get("age_to")
        if high is not None and low >= high:
            self.add_error("age_to", _("This is not above the age from which it counts."))
        self._read_figure()
        return super().clean()

    def _read_figure(self) -> None:
        reader = _reader(self.cleaned_data.get("method", ""))
        text, self.cleaned_data["figure"] = self.cleaned_data.get("figure"), None
        if text and reader is None:
            self.add_error("figure", _("The method that you chose has no figure: leave this empty."))
        elif text:
            try:
                self.cleaned_data["figure"] = reader.to_python(text)
            except forms.ValidationError as fault:
                self.add_error("figure", fault)

    def values(self):
        found = super().values()
        return {**found, "age_from": found["age_from"] or 0, "value": self.cleaned_data["figure"]}

    def was(self, name):
        if name == "figure" and self._before:
            return _with_unit(self._before["figure"], self._before["method"])
        return super().was(name)

    def now(self, name):
        if name == "figure":
            return _with_unit(self["figure"].value(), self["method"].value())
        return super().now(name)


def _with_unit(value, method: str) -> str:
    reader = _reader(method or "")
    if not value or reader is None:
        return ""
    unit = str(reader.unit)
    return f"{value}{unit}" if unit == "%" else f"{value} {unit}"


def credit_key(row: rows.CreditRow) -> tuple:
    return row.status, row.employment, row.plan, row.age_from, row.age_to


@dataclass(frozen=True)
class UseLine:
    """Rows that differ only in relation and purpose: their product, as it is said in one line."""

    rows: list[rows.AccountUseRow]
    relations: list[str]
    purposes: list[str]

    @property
    def first(self) -> rows.AccountUseRow:
        return self.rows[0]

    @property
    def key(self) -> tuple:
        row = self.first
        return tuple(self.purposes), row.place, row.status, row.allowed


def use_lines(uses: list[rows.AccountUseRow]) -> list[UseLine]:
    """The rows as lines: read back line by line they are the same rows in the same order."""
    found, place = [], 0
    while place < len(uses):
        relations, purposes, count = uses_product(uses, place)
        found.append(UseLine(uses[place : place + count], relations, purposes))
        place += count
    return found


class UseForm(RowForm):
    """For whose burden, for what and where an account may or may not pay: relations × purposes, a row each."""

    row_class = rows.AccountUseRow
    folded = ("status",)
    allowed = fields.choice(
        gettext_lazy("the account"),
        [("yes", gettext_lazy("may pay")), ("no", gettext_lazy("must not pay"))],
    )
    relations = fields.many(gettext_lazy("for"), AccountUseRule.Relation.choices, required=True)
    purposes = fields.many(gettext_lazy("purposes"), AccountUseRule.Purpose.choices, required=True)
    at = fields.choice(gettext_lazy("place"), AccountUseRule.Place.choices)
    item_kinds = fields.many(gettext_lazy("only for"), ItemKind.choices)
    status = fields.choice(gettext_lazy("owner's status"), Status.choices, empty=ANY)

    def other_places(self):
        return [f"account_uses.{x.relation}.{x.status}.{x.purpose}.{x.place}" for x in self.row.rows]

    def fill(self, row: UseLine):
        return {
            **super().fill(row.first),
            "relations": row.relations,
            "purposes": row.purposes,
            "at": row.first.place,
            "allowed": "yes" if row.first.allowed else "no",
        }

    def make(self) -> UseLine:
        data = self.cleaned_data
        common = {
            "place": data["at"] or terms.ANYWHERE,
            "item_kinds": data["item_kinds"],
            "status": data["status"],
            "allowed": data["allowed"] != "no",
            **self.citation(),
        }
        relations, purposes = data["relations"], data["purposes"]
        if self.row is not None:
            relations = _in_order_of(self.row.relations, relations)
            purposes = _in_order_of(self.row.purposes, purposes)
        made = [
            rows.AccountUseRow(relation=relation, purpose=purpose, **common)
            for relation in relations
            for purpose in purposes
        ]
        return UseLine(made, relations, purposes)


def _in_order_of(before: list[str], chosen: list[str]) -> list[str]:
    """What is chosen, in the order it had before where it is the same."""
    return before if set(before) == set(chosen) else chosen


CreditFormSet = formset(CreditForm, ordered=True)
UseFormSet = formset(UseForm, ordered=True)
