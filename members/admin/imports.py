"""Register files through the admin: what a row says that cannot be taken is told by line, the rest goes in."""

import io
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from members.forms import ImportForm
from members.importing.contributions import import_contributions, read_contributions
from members.importing.institutions import import_institutions, read_institutions
from members.importing.members import import_members, read_members
from members.models import RegisterImport
from members.services.imports import record_import
from policies import access
from policies.csv_import import FileError, ReadCsv, write_report

_PERMISSIONS = {
    ImportForm.MEMBERS: "members.add_member",
    ImportForm.INSTITUTIONS: "members.add_institution",
    ImportForm.CONTRIBUTIONS: "members.add_contribution",
}
_FAULTS_SHOWN = 200


def import_page(admin, request):
    """The form, and after a file was sent what came of it."""
    form = ImportForm(request.POST or None, request.FILES or None)
    outcome = None
    if form.is_bound and form.is_valid():
        if not access.may(request.user, _PERMISSIONS[form.cleaned_data["register"]]):
            raise PermissionDenied
        try:
            outcome = _import(request, form.cleaned_data)
        except FileError as error:
            form.add_error("file", str(error))
    request.current_app = admin.admin_site.name
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Import a register"),
        "opts": admin.opts,
        "form": form,
        "outcome": outcome,
    }
    return TemplateResponse(request, "members/import.html", context)


def _import(request, data) -> dict:
    raw = data["file"].read()
    at = timezone.now()
    on = timezone.localdate(at)
    who = {"actor": request.user}
    own = access.cities_of(request.user)
    reason = data["reason"] or _("import of %s") % data["file"].name
    if data["register"] == ImportForm.MEMBERS:
        read = read_members(raw, own=own)
        result = import_members(read=read, on=on, at=at, reason=reason, **who)
    elif data["register"] == ImportForm.INSTITUTIONS:
        read = read_institutions(raw, own=own)
        result = import_institutions(read=read, at=at, reason=reason, **who)
    else:
        read = read_contributions(raw, on=on, own=own)
        result = import_contributions(read=read, at=at, **who)
    record_import(
        register=data["register"],
        cities=[row.city for _line, row in read.good],
        name=data["file"].name,
        data=raw,
        source=RegisterImport.Source.PAGE,
        reason=reason,
        at=at,
        **who,
    )
    return {
        "total": read.total,
        "created": result.created,
        "updated": result.updated,
        "bad": read.bad,
        "faults": read.faults[:_FAULTS_SHOWN],
        "more": max(0, len(read.faults) - _FAULTS_SHOWN),
        "report": _report(read),
    }


def _report(read: ReadCsv) -> str:
    """The faults as a CSV file that the browser can save, without another request."""
    stream = io.StringIO()
    write_report(read.faults, stream)
    return "data:text/csv;charset=utf-8," + quote("\ufeff" + stream.getvalue())
