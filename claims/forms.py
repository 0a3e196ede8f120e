"""Staff's forms for claims."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from claims.engine.routing import DISPOSITIONS
from claims.submission import LONGEST, MAX_LINES
from members.models import Institution
from policies.forms import DayInput, reason_field
from policies.models import OutOfAreaTerm
from policies.models.base import BenefitKind
from policies.terms import EMERGENCY


class DecisionForm(forms.Form):
    """The reason for what is decided about claims."""

    reason = reason_field()


def _text(label, name, **kwargs):
    widget = UnfoldAdminTextInputWidget
    return forms.CharField(label=label, max_length=LONGEST[name], widget=widget, **kwargs)


def _day(label):
    return forms.DateField(label=label, required=False, widget=DayInput)


_DISPOSITION_LABELS = {
    "admitted": _("admitted"),
    "died": _("died"),
    "no_bed": _("no bed"),
    "discharged": _("discharged"),
}


class PaperForm(forms.Form):
    """A claim as it stands on paper. What the claim itself must obey is claims.submission's, as for the API."""

    institution_code = _text(_("institution code"), "prescribed_by")
    claim_number = _text(
        _("claim number"), "claim_number", help_text=_("The invoice's number, for instance.")
    )
    member_number = _text(_("member number"), "member_number")
    benefit = forms.ChoiceField(
        label=_("benefit"), choices=BenefitKind.choices, widget=UnfoldAdminSelectWidget
    )
    service_date = _day(_("service date"))
    admitted_on = _day(_("admitted on"))
    discharged_on = _day(_("discharged on"))
    disease_code = _text(_("disease code"), "disease_code", required=False)
    out_of_area = forms.ChoiceField(
        label=_("out of area"),
        choices=[("none", _("no")), *OutOfAreaTerm.Kind.choices],
        widget=UnfoldAdminSelectWidget,
    )
    prescribed_by = _text(_("prescribed by (institution code)"), "prescribed_by", required=False)
    use_account = forms.BooleanField(
        label=_("pay from the personal account"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    disposition = forms.ChoiceField(
        label=_("how the emergency ended"),
        required=False,
        choices=[("", "—"), *((code, _DISPOSITION_LABELS[code]) for code in DISPOSITIONS)],
        widget=UnfoldAdminSelectWidget,
    )
    statement = forms.BooleanField(
        label=_("with the institution's statement"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    lists = forms.CharField(
        label=_("emergency claims taken up"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Claim numbers, separated by commas."),
    )
    total = forms.CharField(
        label=_("stated total, yuan"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    def clean_institution_code(self):
        code = self.cleaned_data["institution_code"].strip().upper()
        self.institution = Institution.objects.filter(code=code).first()
        if self.institution is None:
            raise ValidationError(_("No institution has this code."), code="unknown_institution")
        return code

    def as_claim(self, lines: "LineFormSet") -> dict:
        """The claim in the API's form, so that it is read by the same rules."""
        data = self.cleaned_data
        claim = {
            "claim_number": data["claim_number"],
            "member_number": data["member_number"].upper(),
            "benefit": data["benefit"],
            "out_of_area": data["out_of_area"],
            "use_account": data["use_account"],
            "lines": [line.as_line() for line in lines.filled()],
        }
        for name in ("service_date", "admitted_on", "discharged_on"):
            if data[name]:
                claim[name] = data[name].isoformat()
        for name in ("disease_code", "prescribed_by", "total"):
            if data[name]:
                claim[name] = data[name]
        if data["disposition"] or data["statement"]:
            claim["emergency"] = {"disposition": data["disposition"], "statement": data["statement"]}
        elif data["benefit"] == EMERGENCY:
            claim["emergency"] = None
        if data["lists"]:
            claim["lists"] = [
                number.strip() for number in data["lists"].replace("，", ",").split(",") if number.strip()
            ]
        return claim


class LineForm(forms.Form):
    """One line, as it is printed; figures are read by the claim's own rules."""

    item_code = _text(_("item code"), "item_code")
    name = _text(_("name"), "name", required=False)
    quantity = forms.CharField(
        label=_("quantity"), widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    )
    unit_price = forms.CharField(
        label=_("unit price"), widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    )
    amount = forms.CharField(
        label=_("amount"), widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    )

    def as_line(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if value and name in self.fields}


class BaseLineFormSet(forms.BaseFormSet):
    def filled(self) -> list[LineForm]:
        """The lines that say something, in order."""
        return [form for form in self.forms if form.has_changed()]


LineFormSet = forms.formset_factory(
    LineForm, formset=BaseLineFormSet, extra=6, max_num=MAX_LINES, validate_max=True
)
