"""A version as a document: to print, as PDF, and as the files that it can be loaded from again."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from policies import desk, pages, store
from policies.cities import local_name
from policies.files import write_version, write_xlsx
from policies.models import PolicyVersion
from policies.paper import version_pdf
from policies.views.rules import document_keys, render, title_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def page(admin, request, version: PolicyVersion):
    """Clean, without buttons, for the printer."""
    sections = pages.sections(store.rows_of(version))
    return render(
        admin,
        request,
        "policies/desk/paper.html",
        title_of(version),
        version=version,
        original=version,
        facts=_facts(version),
        sections=sections,
        notes=pages.notes(sections),
        documents=document_keys(),
    )


def _facts(version: PolicyVersion) -> list[tuple[str, str]]:
    standing = desk.desk_of(version, timezone.localdate())
    day = version.effective_from.isoformat() if version.effective_from else _("no date yet")
    if version.effective_basis != "text":
        day += f" ({version.get_effective_basis_display()})"
    facts = [
        (_("city"), f"{local_name(version.city)} {version.city_id}"),
        (_("document"), f"{version.document.number} {version.document.title}".strip()),
        (_("effective from"), f"{day} {version.effective_clause}".strip()),
        (_("revision"), str(version.revision)),
        (_("state"), str(standing.label)),
    ]
    if version.note:
        facts.append((_("note"), version.note))
    return facts


def pdf(admin, request, version: PolicyVersion):
    """The same as PDF."""
    sections = pages.sections(store.rows_of(version))
    own = version.document.number
    data = version_pdf(title_of(version), _facts(version), sections, pages.notes(sections), own)
    return _file(data, version, "pdf", "application/pdf")


def as_yaml(admin, request, version: PolicyVersion):
    """The version as its file: the draft that is made from it says the same."""
    return _file(write_version(store.rows_of(version)), version, "yaml", "application/yaml; charset=utf-8")


def as_xlsx(admin, request, version: PolicyVersion):
    """The version as a workbook that can be edited and loaded again."""
    return _file(write_xlsx(store.rows_of(version)), version, "xlsx", XLSX)


def _file(data, version: PolicyVersion, kind: str, media_type: str) -> HttpResponse:
    day = version.effective_from or "undated"
    language = "-en" if kind == "pdf" and (get_language() or "").startswith("en") else ""
    name = f"{version.city_id}-{day}-r{version.revision}{language}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(data, content_type=media_type, headers=headers)
