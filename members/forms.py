"""Staff's forms for members, institutions and accounts."""

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from members.models import Member
from members.validators import validate_id_number
from policies import access
from policies.forms import DayInput, MonthInput, ReasonForm, SignedYuanField, YuanField, reason_field
from policies.models import City
from policies.models.base import Employment, Plan


class MemberForm(ReasonForm):
    """A member. On record, numbers are shown masked; a wrong one is corrected by typing the right one."""

    new_number = forms.CharField(
        label=_("the right member number"), max_length=30, required=False, widget=UnfoldAdminTextInputWidget
    )
    new_id_number = forms.CharField(
        label=_("the right ID number"),
        max_length=18,
        required=False,
        validators=[validate_id_number],
        widget=UnfoldAdminTextInputWidget,
    )

    def clean(self):
        super().clean()
        if self.instance.pk:
            self.instance.number = self.cleaned_data.get("new_number") or self.instance.number
            self.instance.id_number = self.cleaned_data.get("new_id_number") or self.instance.id_number

    def clean_new_number(self):
        number = self.cleaned_data["new_number"].strip().upper()
        if number and Member.objects.filter(number=number).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another member has this number."), code="taken")
        return number


class EnrolmentForm(ReasonForm):
    """An enrolment; on record, its last day moves, or employment and plan change from a day on."""

    from_day = forms.DateField(
        label=_("change from"),
        required=False,
        widget=DayInput,
        help_text=_("Empty: only the last day moves."),
    )
    new_employment = forms.ChoiceField(
        label=_("employment"), choices=Employment.choices, required=False, widget=UnfoldAdminSelectWidget
    )
    new_plan = forms.ChoiceField(
        label=_("plan"), choices=Plan.choices, required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        if instance is not None and instance.pk:
            self.initial.update(new_employment=instance.employment, new_plan=instance.plan)

    def clean(self):
        super().clean()
        self.instance.change_from = self.cleaned_data.get("from_day")
        self.instance.change_employment = self.cleaned_data.get("new_employment")
        self.instance.change_plan = self.cleaned_data.get("new_plan")


class FamilyLinkForm(ReasonForm):
    """A link needs the day of the owner's consent when it is made, and its last day when it ends."""

    def clean(self):
        super().clean()
        name = "ends_on" if self.instance.pk else "consented_on"
        if name in self.fields and not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, ValidationError(_("This day is needed."), code="required"))


class NumberForm(forms.Form):
    """A form about a member, named by the whole number; `member` is the one found, of the reader's cities."""

    member_number = forms.CharField(
        label=_("member number"), max_length=30, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, **kwargs)
        self.reader = reader

    def clean_member_number(self):
        number = self.cleaned_data["member_number"].strip().upper()
        self.member = access.in_scope(Member.objects.filter(number=number), self.reader).first()
        if self.member is None:
            raise ValidationError(_("No member has this number."), code="unknown_member")
        return number


class CorrectionForm(NumberForm):
    """A correction of an account: an entry of its own, never a change of another."""

    amount = SignedYuanField(label=_("amount"), help_text=_("With a minus sign where the account gets less."))
    on = forms.DateField(label=_("on"), widget=DayInput)
    reason = reason_field()


class ContributionForm(NumberForm):
    """A month's contribution; a later payment of the same month is booked as one more row."""

    city = forms.ModelChoiceField(
        label=_("city"), queryset=City.objects.all(), widget=UnfoldAdminSelectWidget
    )
    month = forms.DateField(label=_("month"), widget=MonthInput, input_formats=["%Y-%m"])
    employment = forms.ChoiceField(
        label=_("employment"), choices=Employment.choices, widget=UnfoldAdminSelectWidget
    )
    base = YuanField(label=_("contribution base"))
    paid_on = forms.DateField(
        label=_("paid on"), required=False, widget=DayInput, help_text=_("Empty: declared unpaid.")
    )

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        own = access.cities_of(reader)
        if own is not None:
            self.fields["city"].queryset = City.objects.filter(pk__in=own)


class KeyForm(forms.Form):
    """A new API key."""

    expires_on = forms.DateField(
        label=_("last day"), required=False, widget=DayInput, help_text=_("Empty: until it is revoked.")
    )
    reason = reason_field()


class RotateForm(KeyForm):
    """A new key beside an old one, which goes on for some days or stops at once."""

    old_until = forms.DateField(
        label=_("last day of the old key"),
        required=False,
        widget=DayInput,
        help_text=_("Empty: it stops at once."),
    )


class RevokeForm(forms.Form):
    reason = reason_field()


class ImportForm(forms.Form):
    """A register as a CSV file."""

    MEMBERS, INSTITUTIONS, CONTRIBUTIONS = "members", "institutions", "contributions"
    register = forms.ChoiceField(
        label=_("register"),
        choices=[
            (MEMBERS, _("members")),
            (INSTITUTIONS, _("institutions")),
            (CONTRIBUTIONS, _("contributions")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(label=_("CSV file, UTF-8 or GBK"))
    reason = reason_field(required=False, help_text=_("Empty: the file's name."))


class LoginForm(forms.Form):
    """A login for an institution's upload pages, with its first password."""

    username = forms.CharField(label=_("login name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    name = forms.CharField(label=_("full name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(
        label=_("password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    reason = reason_field()
