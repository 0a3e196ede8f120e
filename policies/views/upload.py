"""A draft from a file: YAML or XLSX, with every fault of the file by its path."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import access
from policies.files import FileFaults, read_upload
from policies.services import VersionRefused
from policies.services.drafts import draft_from_file
from policies.views.forms import UploadForm
from policies.views.rules import render


def page(admin, request):
    """The form; the draft that a good file makes opens in its editor."""
    form = UploadForm(request.POST or None, request.FILES or None)
    faults, problems = [], []
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            return _make(request, sent.read(), sent.name, form.cleaned_data["reason"])
        except FileFaults as refused:
            faults = [(fault.path, str(fault.message) % fault.params) for fault in refused.faults]
        except VersionRefused as refused:
            problems = refused.problems
    return render(
        admin,
        request,
        "policies/desk/upload.html",
        _("Draft from a file"),
        form=form,
        faults=faults,
        problems=problems,
    )


def _make(request, data: bytes, name: str, reason: str):
    """Raises FileFaults, and VersionRefused also where the file is about a city that is not the person's."""
    city = read_upload(data, name).city
    if not access.may(request.user, access.MAKE_DRAFTS, city):
        raise VersionRefused([_("The file is about the city %(code)s, which is not yours.") % {"code": city}])
    draft = draft_from_file(data=data, name=name, actor=request.user, reason=reason, at=timezone.now())
    messages.success(request, _("The file became a draft. Its figures can be edited."))
    return HttpResponseRedirect(reverse("admin:policies_policyversion_change", args=[draft.pk]))
