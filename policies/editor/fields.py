"""The boxes of the editor: plain inputs, since a draft has hundreds of them. What they read is policies.forms'."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from policies.editor import widgets
from policies.forms import NamesField, PercentField, YuanField

DOCUMENTS, WAITING = "known-documents", "known-names"  # the lists that text boxes offer
_CODE = re.compile(r"[^\s./\[\]](?:[^./\[\]]*[^\s./\[\]])?")


def text(label, *, length, required=False, offers: str = "", **attrs) -> forms.CharField:
    """One line of text; `offers`: the id of the page's list of known values."""
    if offers:
        attrs["list"] = offers
    attrs.setdefault("autocomplete", "off")
    return forms.CharField(
        label=label, max_length=length, required=required, widget=widgets.Input(attrs=attrs)
    )


def choice(label, choices, *, empty=None, required=False) -> forms.ChoiceField:
    """One of `choices`; `empty`: what the empty choice is called, where there is one."""
    options = [*choices] if empty is None else [("", empty), *choices]
    return forms.ChoiceField(label=label, choices=options, required=required, widget=widgets.Choice)


class Many(forms.MultipleChoiceField):
    """Several of `choices`, as a list in their own order."""

    widget = widgets.Ticks

    def clean(self, value) -> list[str]:
        chosen = set(super().clean(value))
        return [code for code, _label in self.choices if code in chosen]


def many(label, choices, *, required=False) -> Many:
    return Many(label=label, choices=choices, required=required)


def yuan(label, *, required=False) -> YuanField:
    return _plain(YuanField, label, required)


def percent(label, *, required=False) -> PercentField:
    return _plain(PercentField, label, required)


def _plain(field_class, label, required):
    field = field_class(label=label, required=required, widget=widgets.Input())
    field.widget.attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "figure"}
    return field


def whole(label, *, low: int = 0, high: int, required=False) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "class": "figure"}
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=high,
        required=required,
        widget=widgets.Number(attrs=attrs),
    )


def day(label) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=widgets.Day)


def tick(label) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=widgets.Tick)


def names(label) -> NamesField:
    return NamesField(label=label, required=False, widget=widgets.Lines(attrs={"rows": 2}))


def checked_code(code: str) -> str:
    """A name that may stand in a place (`tiers.level 3`): dots and brackets would end it."""
    if not _CODE.fullmatch(code):
        raise ValidationError(_("Use letters, digits and spaces, without dots, slashes or brackets."))
    return code
