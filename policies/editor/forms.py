"""What every form of the editor shares: one row of a version, where it stands, and what it was before."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from policies import rows, terms
from policies.editor import fields
from policies.models.base import CiteKind

SET, UNSET, NONE, MISSING = "set", "unset", "none", ""
CITATION = ("clause", "document", "cite_kind", "note")
# What stands under “more”: where a row stands beyond its clause.
FOLDED = ("document", "cite_kind", "note")
MORE = "more"


class Context:
    """What forms need to know of the version that they are parts of."""

    def __init__(self, document: str, documents: frozenset[str], compared: bool):
        self.document = document
        self.documents = documents
        self.compared = compared


class RowForm(forms.Form):
    """One row. `place`: its place by the file's keys; `base`: the same row in the version compared with.

    A row that is new or changed has to say where it stands: a clause, or how the text was read.
    """

    row_class: type[rows.Row]
    clause = fields.text(gettext_lazy("clause"), length=60)
    document = fields.text(gettext_lazy("document"), length=60, offers=fields.DOCUMENTS)
    cite_kind = fields.choice(gettext_lazy("basis"), CiteKind.choices)
    note = fields.text(gettext_lazy("interpretation note"), length=300)
    # Fields under “more”, besides those of the citation.
    folded: tuple[str, ...] = ()

    def __init__(self, *args, context: Context, row=None, base=None, place: str = "", **kwargs):
        self.context, self.row, self.base, self.place = context, row, base, place
        self.places = [place, *(self.other_places() if row is not None else ())] if place else []
        kwargs["initial"] = self.fill(row) if row is not None else {**self._first_choices(), **self.blank()}
        kwargs["use_required_attribute"] = False
        super().__init__(*args, **kwargs)
        self._before = self.fill(base) if base is not None else {}
        self.remarks: list = []

    @classmethod
    def _first_choices(cls) -> dict:
        """What a list box shows that nobody has touched: so an untouched new row counts as empty."""
        return {
            name: field.choices[0][0]
            for name, field in cls.base_fields.items()
            if type(field) is forms.ChoiceField
        }

    def other_places(self) -> list[str]:
        """Other names under which checks and remarks know the row; asked only for a row that is there."""
        return []

    # --- rows in, rows out ----------------------------------------------------------------------------

    def fill(self, row) -> dict:
        """What the boxes show for a row."""
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}

    def blank(self) -> dict:
        """What the boxes of a row that is not there yet begin with."""
        return {}

    def make(self) -> rows.Row:
        """The row that the boxes say. Call it only on a valid form."""
        return self.row_class(**self.values(), **self.citation())

    def values(self) -> dict:
        """The row's own fields."""
        own = set(self.row_class.__struct_fields__) - set(CITATION)
        return {name: self.cleaned_data[name] for name in self.fields if name in own}

    def citation(self) -> dict:
        data = self.cleaned_data
        return {name: data[name] for name in CITATION if name in self.fields}

    # --- checks ---------------------------------------------------------------------------------------

    def clean_document(self):
        number = self.cleaned_data["document"] or self.context.document
        if number not in self.context.documents:
            raise ValidationError(_("No document of this number is in the register: enter it there first."))
        return number

    def clean_cite_kind(self):
        return self.cleaned_data["cite_kind"] or terms.TEXT

    def full_clean(self):
        """The clause is asked for last, when the rest shows whether the row is another one."""
        super().full_clean()
        if not self.is_bound or self.errors or (self.empty_permitted and not self.has_changed()):
            return
        if self.needs_clause() and self.make() != self.row:
            self.add_error(
                "clause", _("Say where this stands: its clause, or under “more” a note on how it was read.")
            )

    def needs_clause(self) -> bool:
        data = self.cleaned_data
        return data.get("cite_kind") == terms.TEXT and not data.get("clause") and not data.get("note")

    # --- what the page shows --------------------------------------------------------------------------

    @property
    def is_new(self) -> bool:
        return self.context.compared and self.base is None and self.row is not None

    def was(self, name: str) -> str | None:
        """The text of a field in the version compared with, where there is such a row."""
        return shown(self.fields[name], self._before.get(name)) if self._before else None

    def now(self, name: str) -> str:
        return shown(self.fields[name], self[name].value())

    def folded_said(self) -> list[tuple[str, str]]:
        """What stands under “more” and is not as usual: label and text, so that nobody overlooks it."""
        usual = {"document": self.context.document, "cite_kind": str(CiteKind.TEXT.label)}
        found = ((name, self.now(name)) for name in (*self.folded, *FOLDED))
        return [(str(self.fields[n].label), text) for n, text in found if text and text != usual.get(n)]

    def open_fold(self) -> bool:
        """Whether something under “more” is wrong, or another than before."""
        names = (*FOLDED, *self.folded)
        if self.is_bound and any(name in self.errors for name in names):
            return True
        return any(self.was(name) not in (None, self.now(name)) for name in names)


class FigureForm(RowForm):
    """A row with one figure that is set, or left to another document by name; `figure_name`: its field."""

    figure_name: str
    states = [(SET, gettext_lazy("set")), (UNSET, gettext_lazy("left to another document"))]
    state = fields.choice(gettext_lazy("state"), states)
    waits_for = fields.text(gettext_lazy("waits for"), length=100, offers=fields.WAITING)

    def fill(self, row):
        return {**super().fill(row), "state": self.state_of(row)}

    def state_of(self, row) -> str:
        return UNSET if row.waits_for else SET

    def clean(self):
        state = self.cleaned_data.get("state") or SET
        check_figure(self, self.figure_name, "waits_for", state)
        return self.cleaned_data

    def values(self):
        found = super().values()
        if (self.cleaned_data["state"] or SET) != UNSET:
            found["waits_for"] = ""
        return found


def check_figure(form: forms.Form, figure: str, waits_for: str, state: str) -> None:
    """A figure that is left to another document has no number, and names the document."""
    data = form.cleaned_data
    if state != UNSET or figure in form.errors:
        return
    if data.get(figure) is None and not data.get(waits_for):
        form.add_error(waits_for, _("Name the document or rule that this is left to."))
    elif data.get(figure) is not None and data.get(waits_for):
        form.add_error(figure, _("Either a figure, or what it waits for: leave one of them empty."))


def shown(field: forms.Field, value) -> str:
    """A field's value as people read it."""
    value = field.prepare_value(value)
    if value in (None, "", []):
        return ""
    if isinstance(field, forms.MultipleChoiceField):
        labels = dict(field.choices)
        return pgettext("between names", ", ").join(str(labels.get(v, v)) for v in value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))
    if isinstance(field, forms.BooleanField):
        return _("yes") if value in (True, "on", "True") else ""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    unit = str(getattr(field, "unit", "") or "")
    return f"{value}{'' if unit == '%' else ' '}{unit}".strip() if unit else str(value)


class RowFormSet(forms.BaseFormSet):
    """The rows of a block, each with its form. Rows ticked for removal are left out.

    `keys` of a row find it in the version compared with.
    """

    def __init__(self, *args, context: Context, found=(), base=(), key=None, places=None, **kwargs):
        self.context, self.found = context, list(found)
        self.places = places or []
        self._base = {}
        for row in base:
            self._base.setdefault(key(row), row)
        self._key = key
        kwargs["initial"] = [{} for _row in self.found]  # each form fills itself from its row
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index):
        kwargs = {**super().get_form_kwargs(index), "context": self.context}
        if index is not None and index < len(self.found):
            row = self.found[index]
            kwargs |= {
                "row": row,
                "base": self._base.get(self._key(row)),
                "place": self.places[index] if index < len(self.places) else "",
            }
        return kwargs

    def made(self) -> list:
        """The rows in the order that was asked for; call it only on a valid set."""
        return [form.make() for form in self.kept()]

    def kept(self) -> list[RowForm]:
        """The forms that say something and are not to be removed, in order."""
        kept = [
            form
            for number, form in enumerate(self.forms)
            if not self._should_delete_form(form)
            and (number < self.initial_form_count() or form.has_changed())
        ]
        if not self.can_order:
            return kept
        places = {id(form): number for number, form in enumerate(kept)}
        return sorted(kept, key=lambda form: (_asked_place(form, len(self.forms) + 1), places[id(form)]))


def _asked_place(form: RowForm, last: int) -> int:
    place = form.cleaned_data.get("ORDER")
    return last if place is None else place
