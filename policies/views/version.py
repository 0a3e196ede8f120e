"""A version as people read it: its matrices and tables with every clause, and how it came to be."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import checks, desk, pages, selectors, store
from policies.gaps import find_gaps
from policies.models import PolicyVersion
from policies.places import anchor
from policies.services import VersionRefused, draft_from
from policies.views.forms import DraftForm
from policies.views.rules import document_keys, render, title_of
from policies.wording import gap_text


def page(admin, request, version: PolicyVersion, *, draft_form=None, problems=()):
    """The version; a draft with what it lacks and what differs from the version before it."""
    today = timezone.localdate()
    before = None if version.is_published else checks.version_before(version)
    contents = store.rows_of_many([version, before] if before else [version])
    content = contents[version.pk]
    sections = pages.sections(content, before and contents[before.pk])
    standing = desk.desk_of(version, today)
    actions = standing.actions(request.user)
    line = selectors.timeline(version.city_id, today)
    documents = document_keys()
    return render(
        admin,
        request,
        "policies/version.html",
        title_of(version),
        version=version,
        original=version,
        standing=standing,
        entry=next(entry for entry in line if entry.version.pk == version.pk),
        timeline=line,
        tab="read",
        before=before,
        sections=sections,
        notes=pages.notes(sections),
        documents=documents,
        transitions=standing.transitions,
        gaps=[] if version.is_published else _gaps(content, documents),
        may_edit=not actions[desk.EDIT],
        may_draft=not actions[desk.MAKE_DRAFT],
        draft_form=draft_form or DraftForm(),
        problems=problems,
    )


def _gaps(content, documents) -> list[tuple[str, str]]:
    """What is missing in words, each with its place in the editor."""
    return [(gap_text(gap, content), anchor(gap.place)) for gap in find_gaps(content, frozenset(documents))]


def make_draft(admin, request, version: PolicyVersion):
    """A draft with this version's content, in one click and with a reason; its editor opens."""
    standing = desk.desk_of(version, timezone.localdate())
    if problem := standing.problem(desk.MAKE_DRAFT, request.user):
        return page(admin, request, version, problems=[problem])
    form = DraftForm(request.POST)
    if not form.is_valid():
        return page(admin, request, version, draft_form=form)
    try:
        draft = draft_from(
            version=version,
            actor=request.user,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            effective_from=form.cleaned_data["effective_from"],
        )
    except VersionRefused as refused:
        return page(admin, request, version, draft_form=form, problems=refused.problems)
    messages.success(request, _("A draft was made from this version. Its figures can be edited."))
    return HttpResponseRedirect(reverse("admin:policies_policyversion_edit", args=[draft.pk]))
