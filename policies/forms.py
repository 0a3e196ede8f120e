"""Form fields for figures: people type yuan and percent, the model keeps integers. Exact, never rounded."""

import re

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from policies.figures import MINUS, percent_text, price_text, yuan_text
from policies.models import FrameworkBound
from policies.models.base import BenefitKind, Status
from policies.money import RATE_UNIT, MoneyError, parse_amount, parse_fine
from policies.terms import AGE_FACTOR, BASE_RATE, FIXED

# Thousands separators only where they belong: "1,800.00" and "1800.00", never "18,00".
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", re.ASCII)


def _plain(text: str) -> str:
    text = text.strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


class DayInput(forms.DateInput):
    """A day, picked or typed."""

    input_type = "date"

    def __init__(self, attrs=None, format="%Y-%m-%d"):
        super().__init__({"class": " ".join(INPUT_CLASSES), **(attrs or {})}, format)


class MonthInput(DayInput):
    """A month."""

    input_type = "month"

    def __init__(self, attrs=None):
        super().__init__(attrs, "%Y-%m")


class FigureField(forms.Field):
    """Text of one figure. Subclasses say how it is read and shown; empty is None, which means not set."""

    unit: str = ""
    message: str = ""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))
        super().__init__(**kwargs)
        if self.unit:
            self.widget.attrs["suffix"] = self.unit

    def prepare_value(self, value):
        """What the box shows: the figure as text; what was typed stays as it was typed."""
        return self.show(value) if isinstance(value, int) else value

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        try:
            return self.read(_plain(value))
        except MoneyError as error:
            raise ValidationError(self.message, code="figure") from error

    def show(self, value: int) -> str:
        raise NotImplementedError

    def read(self, text: str) -> int:
        """The integer behind the text. Raises MoneyError."""
        raise NotImplementedError


class YuanField(FigureField):
    """Yuan with at most two decimals ↔ fen."""

    unit = _("yuan")
    message = _("Enter an amount in yuan with at most two decimals, such as 1800 or 16.50.")
    show = staticmethod(yuan_text)
    read = staticmethod(parse_amount)


class SignedYuanField(YuanField):
    """Yuan that may be below zero ↔ fen."""

    def read(self, text: str) -> int:
        if text[:1] not in ("-", MINUS):
            return parse_amount(text)
        return -parse_amount(_plain(text[1:]))


class PercentField(FigureField):
    """Percent with at most two decimals, 0 to 100 ↔ ten-thousandths."""

    unit = "%"
    message = _("Enter a percentage from 0 to 100 with at most two decimals, such as 70 or 6.3.")

    def show(self, value: int) -> str:
        return percent_text(value).removesuffix("%")

    def read(self, text: str) -> int:
        value = parse_amount(text.removesuffix("%").rstrip())
        if value > RATE_UNIT:
            raise MoneyError("percent")
        return value


class PriceField(FigureField):
    """A unit price in yuan with at most four decimals ↔ ten-thousandths of a yuan."""

    unit = _("yuan")
    message = _("Enter a price in yuan with at most four decimals, such as 16.5 or 0.0325.")
    show = staticmethod(price_text)
    read = staticmethod(parse_fine)


class ChoicesField(forms.MultipleChoiceField):
    """Several of a model's choices, kept as a list of codes in their own order."""

    def __init__(self, *, choices, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        super().__init__(choices=choices, **kwargs)

    def clean(self, value) -> list[str]:
        chosen = set(super().clean(value))
        return [code for code, _label in self.choices if code in chosen]

    def has_changed(self, initial, data) -> bool:
        return set(initial or ()) != set(data or ())


class NamesField(forms.CharField):
    """Names, one a line, kept as a list."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 3}))
        kwargs.setdefault("help_text", _("One a line."))
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        if isinstance(value, list):
            return value
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial, data) -> bool:
        return (initial or []) != self.to_python(data)


class ReasonForm(forms.ModelForm):
    """A record's form with the reason that its history will show.

    `refusal`: what a service said when this form was saved before (RecordAdmin sets it).
    """

    refusal: ValidationError | None = None
    change_reason = forms.CharField(
        label=_("reason for the change"),
        max_length=300,
        strip=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Kept in the record's history, with your name and the time."),
    )

    def clean(self):
        super().clean()
        if self.refusal is not None:
            self.add_error(None, self._placed(self.refusal))

    def _placed(self, refusal: ValidationError) -> ValidationError:
        """The refusal by field, as far as this form has the fields."""
        if not hasattr(refusal, "error_dict"):
            return refusal
        placed: dict[str, list] = {}
        for name, errors in refusal.error_dict.items():
            placed.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(errors)
        return ValidationError(placed)


class FigureByRule(ReasonForm):
    """A record whose `value` is a rate or an amount, by another of its fields: a box for each.

    `decides`: that field; `boxes`: which box each of its values uses, the others using none.
    """

    decides: str
    boxes: dict[str, str] = {}
    rate = PercentField(label=_("rate"), required=False)
    amount = YuanField(label=_("amount"), required=False)

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        box = self.boxes.get(getattr(instance, self.decides, None))
        if box is not None:
            self.initial[box] = instance.value

    def clean(self):
        super().clean()
        own = self.boxes.get(self.cleaned_data.get(self.decides))
        for box in ("rate", "amount"):
            if box != own and self.cleaned_data.get(box) is not None:
                self.add_error(box, _("What you chose has no such figure: leave this empty."))
        self.instance.value = self.cleaned_data.get(own) if own else None


class BoundForm(FigureByRule):
    """A framework's bound: its benefit and status by name, its figure in percent or yuan by its rule."""

    BENEFITS = BenefitKind.choices
    STATUSES = Status.choices
    decides = "rule"
    boxes = {
        FrameworkBound.Rule.MIN_RATE: "rate",
        FrameworkBound.Rule.MAX_RATE: "rate",
        FrameworkBound.Rule.MAX_DEDUCTIBLE: "amount",
        FrameworkBound.Rule.MAX_LIMIT: "amount",
    }
    benefit = forms.ChoiceField(
        label=_("benefit"),
        required=False,
        choices=[("", _("any")), *BENEFITS],
        widget=UnfoldAdminSelectWidget,
    )
    status = forms.ChoiceField(
        label=_("status"), required=False, choices=[("", _("any")), *STATUSES], widget=UnfoldAdminSelectWidget
    )


class CreditForm(FigureByRule):
    """An account credit: its value is a share of the base, or an amount; which, its method says."""

    decides = "method"
    boxes = {BASE_RATE: "rate", FIXED: "amount", AGE_FACTOR: "amount"}


def reason_field(**kwargs) -> forms.CharField:
    """The reason for something that staff do, kept with it for ever."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})
    return forms.CharField(label=_("reason"), max_length=300, widget=widget, **kwargs)
