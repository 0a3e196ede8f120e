"""A version's acceptance cases: listed, run at a click, written in a form or pasted as YAML."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import cases, desk, store
from policies.case_words import label, told
from policies.forms import reason_field
from policies.models import AcceptanceCase, PolicyVersion
from policies.registry import EntryRun, InvalidCases
from policies.services import VersionRefused
from policies.services.cases import remove_case, save_cases
from policies.views.case_form import CaseEditor, case_of
from policies.views.forms import StepForm
from policies.views.rules import render, title_of
from policies.wording import tier_names

FORM, YAML = "form", "yaml"


class TextForm(forms.Form):
    """One case or several, as YAML."""

    text = forms.CharField(
        label=gettext_lazy("cases (YAML)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )
    reason = reason_field()


def page(admin, request, version: PolicyVersion):
    """The cases; `?run` runs them, with expected, actual and the steps that led there."""
    standing = desk.desk_of(version, timezone.localdate())
    run = "run" in request.GET
    tiers = tier_names(store.rows_of(version)) if run else {}
    runs = [shown(run, tiers) for run in cases.run_cases(version)] if run else []
    return render(
        admin,
        request,
        "policies/desk/cases.html",
        title_of(version),
        version=version,
        original=version,
        standing=standing,
        tab="cases",
        cases=version.cases.all(),
        run=run,
        runs=runs,
        passed=sum(run.run.passed for run in runs),
        may_edit=not standing.problem(desk.EDIT, request.user),
        remove_form=StepForm(),
    )


@dataclass(frozen=True)
class Line:
    """A field of a settlement, as it was expected (None: not checked) and as it came out."""

    field: str
    label: str
    expected: str | None
    actual: str | None
    differs: bool


@dataclass(frozen=True)
class Shown:
    """A case that was run, with the lines of each of its entries."""

    run: cases.CaseRun
    entries: list[tuple[EntryRun, list[Line]]]


def shown(run: cases.CaseRun, tiers: Mapping[str, str]) -> Shown:
    """A case that was run, as pages show it. `tiers`: the names of the version's tiers."""
    return Shown(run, [(entry, _lines(entry, tiers)) for entry in run.entries])


def _lines(entry: EntryRun, tiers: Mapping[str, str]) -> list[Line]:
    """What was expected first, then the rest of the settlement; under which version is on the page already."""
    differing = {field for field, _expected, _actual in entry.differences}
    names = dict.fromkeys([*entry.expected, *differing, *entry.actual])
    return [
        Line(
            name,
            label(name),
            told(name, entry.expected.get(name), tiers),
            told(name, entry.actual.get(name), tiers),
            name in differing,
        )
        for name in names
        if name not in _UNTOLD or name in entry.expected
    ]


_UNTOLD = ("policy", "revision")


def add(admin, request, version: PolicyVersion):
    """A new case."""
    return _edit(admin, request, version, None)


def change(admin, request, case: AcceptanceCase):
    """A case, in the form where that has a box for everything in it, else as text."""
    return _edit(admin, request, case.version, case)


def remove(admin, request, case: AcceptanceCase):
    """Takes a case out of the draft, with a reason."""
    form = StepForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A reason is needed."))
    else:
        try:
            remove_case(case=case, actor=request.user, reason=form.cleaned_data["reason"], at=timezone.now())
            messages.success(request, _("The case is removed."))
        except VersionRefused as refused:
            messages.error(request, str(refused))
    return HttpResponseRedirect(_cases(case.version))


def _edit(admin, request, version: PolicyVersion, case: AcceptanceCase | None):
    standing = desk.desk_of(version, timezone.localdate())
    if problem := standing.problem(desk.EDIT, request.user):
        messages.error(request, problem)
        return HttpResponseRedirect(_cases(version))
    said = case_of(case.text) if case else None
    as_text = request.GET.get("as") == YAML or (case is not None and said is None)
    data = request.POST or None
    if as_text:
        form, editor = TextForm(data, initial={"text": case.text if case else ""}), None
    else:
        form, editor = StepForm(data), CaseEditor(said, version.city_id, data)
    faults: list[str] = []
    if data is not None and (editor is None or editor.checked):
        valid = all([form.is_valid(), editor is None or editor.is_valid()])
        text = (editor.text() if editor else form.cleaned_data["text"]) if valid else ""
        if valid:
            faults = _save(request, version, case, text, form.cleaned_data["reason"])
            if not faults:
                return HttpResponseRedirect(f"{_cases(version)}?run=1")
    return render(
        admin,
        request,
        "policies/desk/case.html",
        title_of(version),
        version=version,
        original=version,
        standing=standing,
        tab="cases",
        case=case,
        form=form,
        editor=editor,
        as_text=as_text,
        only_text=case is not None and said is None,
        faults=faults,
        checked=editor is None or editor.checked,
        may_edit=True,
    )


def _save(request, version, case, text: str, reason: str) -> list[str]:
    """Stores the text as cases; what is wrong with it in words, nothing where it is stored."""
    try:
        saved = save_cases(
            version=version,
            text=text,
            actor=request.user,
            reason=reason,
            at=timezone.now(),
            replacing=case,
        )
    except InvalidCases as invalid:
        return invalid.faults
    except VersionRefused as refused:
        return refused.problems
    messages.success(request, _("Saved: %(names)s.") % {"names": ", ".join(case.name for case in saved)})
    return []


def _cases(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_cases", args=[version.pk])
