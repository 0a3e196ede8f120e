"""Small forms of the policy desk: a step with its reason, a draft, a file."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from policies.forms import DayInput, reason_field
from policies.models import PolicyVersion
from policies.terms import TEXT


class StepForm(forms.Form):
    """A step of a version's life, with its reason."""

    reason = reason_field()


class PublishForm(StepForm):
    """Publishing: where the text gives no date that binds, the date is typed again."""

    effective_from = forms.DateField(
        label=_("effective from"),
        widget=DayInput,
        help_text=_("The text gives no date that binds: type the one that was approved."),
    )
    field_order = ["effective_from", "reason"]

    def __init__(self, *args, version: PolicyVersion, **kwargs):
        super().__init__(*args, **kwargs)
        if version.effective_basis == TEXT:
            del self.fields["effective_from"]


class DraftForm(forms.Form):
    """A draft with a version's content: for another date, or to correct it on its own."""

    effective_from = forms.DateField(
        label=_("effective from"),
        required=False,
        widget=DayInput,
        help_text=_("Empty: a correction, for the same date."),
    )
    reason = reason_field()


class UploadForm(forms.Form):
    """A draft from a file."""

    file = forms.FileField(
        label=_("file (YAML or XLSX)"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".yaml,.yml,.xlsx"}),
    )
    reason = reason_field()


class RemarkForm(forms.Form):
    """A remark at a figure, or an answer to one."""

    text = forms.CharField(
        label=_("remark"), max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


class AttachForm(forms.Form):
    """A document's text as a file."""

    file = forms.FileField(
        label=_("file (PDF, DOCX or text)"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".pdf,.docx,.txt,.md"}),
    )
    reason = reason_field()


class CitedForm(forms.Form):
    """A document that a text cites and that nobody has yet."""

    number = forms.CharField(label=_("document number"), max_length=60, widget=UnfoldAdminTextInputWidget)
    title = forms.CharField(
        label=_("title"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    reason = reason_field()
