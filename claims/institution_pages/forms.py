"""Forms of the institutions' pages."""

from pathlib import PurePath

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimBatch
from members.services.logins import institution_of

FORMATS = {
    ".xlsx": ClaimBatch.Format.XLSX,
    ".csv": ClaimBatch.Format.CSV,
    ".txt": ClaimBatch.Format.CSV,
    ".json": ClaimBatch.Format.JSON,
    ".ndjson": ClaimBatch.Format.NDJSON,
}


class InstitutionLoginForm(AuthenticationForm):
    """Lets in institutions' users only; staff are told nothing that a wrong password would not tell."""

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        if institution_of(user) is None:
            raise self.get_invalid_login_error()


class FileForm(forms.Form):
    """A file of claims; its ending tells the format (`format` after it is valid)."""

    file = forms.FileField(
        label=_("file"),
        allow_empty_file=True,  # what is wrong with it, the reader tells
        widget=forms.FileInput(attrs={"accept": ",".join(FORMATS)}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.API_MAX_BATCH_BYTES:
            raise ValidationError(too_large(), code="too_large")
        self.format = FORMATS.get(PurePath(file.name).suffix.lower())
        if self.format is None:
            raise ValidationError(
                _("Save the file as .xlsx or .csv (or .json) and send it again; .xls is not read."),
                code="format",
            )
        return file


def too_large() -> str:
    megabytes = settings.API_MAX_BATCH_BYTES // 1024**2
    return _("A file may have %(most)s MB at most: send it in parts.") % {"most": megabytes}


class OwnPasswordForm(forms.Form):
    old = forms.CharField(
        label=_("your password now"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("new password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    again = forms.CharField(
        label=_("new password, again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self):
        super().clean()
        if self.cleaned_data.get("new") != self.cleaned_data.get("again"):
            self.add_error("again", ValidationError(_("This is not the same password."), code="mismatch"))
