"""Editing a draft: its whole content as one form, stored at once with a reason, or not at all."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import checks, desk, store
from policies.editor import VersionEditor
from policies.findings import BROKEN
from policies.gaps import find_gaps
from policies.models import PolicyVersion
from policies.places import anchor
from policies.selectors import APPROVED, IN_REVIEW
from policies.services import VersionRefused
from policies.services.drafts import edit_draft
from policies.views.rules import document_keys, render, title_of
from policies.wording import gap_text


@dataclass(frozen=True)
class Remark:
    """Something said about a row, shown beside it. `kind` styles it."""

    place: str
    mark: str
    text: str
    kind: str


def page(admin, request, version: PolicyVersion):
    """The editor; once everything that was sent is good it is stored, and the version's page shows it."""
    standing = desk.desk_of(version, timezone.localdate())
    if problem := standing.problem(desk.EDIT, request.user):
        messages.error(request, problem)
        return HttpResponseRedirect(reverse("admin:policies_policyversion_change", args=[version.pk]))
    before = checks.version_before(version)
    contents = store.rows_of_many([version, before] if before else [version])
    documents = document_keys()
    then = before and contents[before.pk]
    editor = VersionEditor(contents[version.pk], then, documents, request.POST or None)
    refusal: VersionRefused | None = None
    if editor.checked:
        reason = request.POST.get("reason", "").strip()
        if editor.is_valid() and reason:
            try:
                return _save(request, version, editor, reason)
            except VersionRefused as refused:
                refusal = refused
    return _shown(admin, request, standing, editor, before, documents, refusal)


def _save(request, version, editor: VersionEditor, reason: str):
    edited = edit_draft(
        version=version,
        content=editor.made(),
        actor=request.user,
        reason=reason,
        at=timezone.now(),
        seen=request.POST.get("seen", ""),
    )
    if edited:
        messages.success(request, _("Saved. What differs from the version before is marked."))
    else:
        messages.info(request, _("Nothing was changed."))
    return HttpResponseRedirect(reverse("admin:policies_policyversion_change", args=[version.pk]))


def _shown(admin, request, standing: desk.Desk, editor, before, documents, refusal):
    version = standing.version
    gaps = find_gaps(editor.content, frozenset(documents))
    found = refusal.findings if refusal else []
    remarks = [Remark(gap.place, BROKEN, str(gap.message) % gap.params, "gap") for gap in gaps]
    remarks += [Remark(f.place, f.mark, f.explanation or f.title, "gap") for f in found]
    remarks += [
        Remark(thread.place, "❝", f"{row.author_name}: {row.text}", "comment")
        for thread in desk.threads(version)
        if thread.open
        for row in thread.rows
    ]
    left = editor.place(remarks)
    reason = request.POST.get("reason", "")
    return render(
        admin,
        request,
        "policies/desk/edit.html",
        title_of(version),
        version=version,
        original=version,
        standing=standing,
        tab="edit",
        editor=editor,
        before=before,
        documents=documents,
        gaps=[(gap_text(gap, editor.content), anchor(gap.place)) for gap in gaps],
        left=left,
        problems=refusal.problems if refusal else (),
        void_warning=_void_warning(standing),
        reason=reason,
        reason_error=_("Say why: every change has its reason.")
        if editor.checked and not reason.strip()
        else "",
        # What the form was filled from: kept when it is shown again, so that a colleague's change is noticed.
        seen=request.POST.get("seen") or standing.fingerprint,
    )


def _void_warning(standing: desk.Desk) -> str:
    if standing.state == APPROVED:
        return _("This version is approved. Any change voids the approval: it has to be approved anew.")
    if standing.state == IN_REVIEW:
        return _("This version is under review. The reviewer sees what you change.")
    return ""
