"""Forms for logins."""

from django import forms
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from policies import access
from policies.cities import local_name
from policies.forms import ChoicesField, ReasonForm, reason_field
from policies.models import City


def _password(label, **kwargs) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, widget=widget, **kwargs)


def _agree(form: forms.Form) -> None:
    """Both times the same password."""
    if form.cleaned_data.get("password") != form.cleaned_data.get("again"):
        form.add_error("again", ValidationError(_("This is not the same password."), code="mismatch"))


class StaffForm(ReasonForm):
    """A login with its roles and cities. `reader` (UserAdmin sets it) gives only cities of his own."""

    reader = None
    roles = ChoicesField(label=_("roles"), choices=(), required=False)
    places = ChoicesField(
        label=_("cities"),
        choices=(),
        required=False,
        help_text=_("Where they may act. Without a city they see nothing that belongs to one."),
    )

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, instance=instance, **kwargs)
        groups = Group.objects.order_by("pk").values_list("name", flat=True)
        own = access.cities_of(self.reader)
        cities = [city for city in City.objects.all() if own is None or city.pk in own]
        self.fields["roles"].choices = [(name, access.role_label(name)) for name in groups]
        self.fields["places"].choices = [(city.pk, local_name(city)) for city in cities]
        if instance is not None and instance.pk:
            self.initial["roles"] = [group.name for group in instance.groups.all()]
            self.initial["places"] = [city.pk for city in instance.cities.all()]

    def clean(self):
        super().clean()
        self.instance.wanted_roles = self.cleaned_data.get("roles", [])
        self.instance.wanted_cities = self.cleaned_data.get("places", [])


class NewStaffForm(StaffForm):
    """A new login, with its first password."""

    password = _password(_("password"), help_text=password_validators_help_text_html)
    again = _password(_("password, again"))

    def clean(self):
        super().clean()
        _agree(self)
        self.instance.wanted_password = self.cleaned_data.get("password", "")


class PasswordForm(forms.Form):
    """Another password for a login."""

    password = _password(_("password"), help_text=password_validators_help_text_html)
    again = _password(_("password, again"))
    reason = reason_field()

    def clean(self):
        super().clean()
        _agree(self)
