"""A version under review: what differs, what the checks say, what colleagues say, and the next step."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from policies import access, cases, checks, desk, impact, store
from policies.compare import differences
from policies.findings import BROKEN
from policies.models import PolicyVersion
from policies.places import anchor
from policies.registry import Impact
from policies.services import (
    VersionRefused,
    approve_version,
    publish_version,
    return_version,
    submit_version,
    withdraw_version,
)
from policies.services.comments import add_comment, reopen_comment, resolve_comment
from policies.views.cases import shown
from policies.views.changes import by_title
from policies.views.forms import PublishForm, RemarkForm, StepForm
from policies.views.rules import document_keys, render, title_of
from policies.wording import place_text, tier_names


@dataclass(frozen=True)
class Step:
    """A button: what it is called, how it looks, and what is told when it is done."""

    action: str
    label: str
    kind: str
    done: str


STEPS = (
    Step(desk.SUBMIT, gettext_lazy("Send to review"), "primary", gettext_lazy("Sent to review.")),
    Step(desk.APPROVE, gettext_lazy("Approve"), "primary", gettext_lazy("Approved, as it stands now.")),
    Step(desk.RETURN, gettext_lazy("Return"), "", gettext_lazy("Returned, with your reason.")),
    Step(
        desk.PUBLISH,
        gettext_lazy("Publish for ever"),
        "primary",
        gettext_lazy("Published. From now on nothing in it can change."),
    ),
    Step(desk.WITHDRAW, gettext_lazy("Withdraw"), "danger", gettext_lazy("Withdrawn. It stays readable.")),
)
_CALLS = {
    desk.SUBMIT: submit_version,
    desk.RETURN: return_version,
    desk.APPROVE: approve_version,
    desk.PUBLISH: publish_version,
    desk.WITHDRAW: withdraw_version,
}


@dataclass(frozen=True)
class Offer:
    """A step on the page: its form where it can be taken, else why not."""

    step: Step
    form: forms.Form
    problem: str


def page(admin, request, version: PolicyVersion, *, refusal=None, forms_=None, remark_form=None):
    """Left the version before, right this one: only what differs; then checks, cases, remarks and steps."""
    standing = desk.desk_of(version, timezone.localdate())
    before = checks.version_before(version)
    contents = store.rows_of_many([version, before] if before else [version])
    found = differences(contents[before.pk], contents[version.pk]) if before else []
    threads = desk.threads(version)
    blocks, others = by_title(found, threads)
    runs = cases.run_cases(version)
    findings = checks.review_checks(version, runs)
    return render(
        admin,
        request,
        "policies/desk/review.html",
        title_of(version),
        version=version,
        original=version,
        standing=standing,
        tab="review",
        before=before,
        blocks=blocks,
        count=len(found),
        threads=[(thread, place_text(thread.place, contents[version.pk])) for thread in others],
        findings=[(found, place_text(found.place, contents[version.pk])) for found in findings],
        runs=[shown(run, tier_names(contents[version.pk])) for run in runs],
        passed=sum(run.passed for run in runs),
        broken=sum(finding.mark == BROKEN for finding in findings),
        impact=_impact(request, standing),
        past=_is_past(version),
        offers=_offers(request, standing, forms_ or {}),
        may_edit=not standing.problem(desk.EDIT, request.user),
        may_remark=access.may(request.user, access.COMMENT, version.city_id),
        remark_form=remark_form or RemarkForm(),
        refusal=refusal,
        documents=document_keys(),
    )


def _is_past(version: PolicyVersion) -> bool:
    """Whether the version reaches back over days on which claims may be settled already."""
    day = version.effective_from
    return not version.is_published and day is not None and day <= timezone.localdate()


def _impact(request, standing: desk.Desk) -> Impact | None:
    """What the version would change: worked out where it is asked for, and always for who may publish it now."""
    asked = "impact" in request.GET or not standing.problem(desk.PUBLISH, request.user)
    if not (asked and _is_past(standing.version)):
        return None
    return impact.impact_of(standing.version, at=timezone.now())


def _offers(request, standing: desk.Desk, given: dict) -> list[Offer]:
    """The steps that belong to the version's state, each with its form or why this person cannot take it."""
    offers = []
    for step in STEPS:
        if desk.state_problem(step.action, standing.state):
            continue
        problem = standing.problem(step.action, request.user)
        form = given.get(step.action) or _form(step.action, standing.version)
        offers.append(Offer(step, form, problem))
    return offers


def _form(action: str, version: PolicyVersion, data=None) -> forms.Form:
    if action == desk.PUBLISH:
        return PublishForm(data, version=version, prefix=action)
    return StepForm(data, prefix=action)


# --- steps and remarks ------------------------------------------------------------------------------------


def step(admin, request, version: PolicyVersion):
    """Takes the step that was asked for; the page says why where it cannot be taken."""
    chosen = next((step for step in STEPS if step.action == request.POST.get("action")), None)
    standing = desk.desk_of(version, timezone.localdate())
    if chosen is None:
        return HttpResponseRedirect(_address(version))
    if problem := standing.problem(chosen.action, request.user):
        return page(admin, request, version, refusal=VersionRefused([problem]))
    form = _form(chosen.action, version, request.POST)
    if not form.is_valid():
        return page(admin, request, version, forms_={chosen.action: form})
    more = (
        {"effective_from": form.cleaned_data.get("effective_from")} if chosen.action == desk.PUBLISH else {}
    )
    if chosen.action == desk.APPROVE:
        more["seen"] = request.POST.get("seen", "")
    try:
        _CALLS[chosen.action](
            version=version,
            actor=request.user,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            **more,
        )
    except VersionRefused as refused:
        return page(admin, request, version, refusal=refused, forms_={chosen.action: form})
    messages.success(request, chosen.done)
    return HttpResponseRedirect(_address(version))


def remark(admin, request, version: PolicyVersion):
    """A remark at a figure, an answer to one, or that it is resolved or opened again."""
    if not access.may(request.user, access.COMMENT, version.city_id):
        raise PermissionDenied
    about = version.comments.filter(pk=_number(request.POST.get("about"))).first()
    what = request.POST.get("what", "comment")
    form = RemarkForm(request.POST)
    if what == "comment" and not form.is_valid():
        return page(admin, request, version, remark_form=form)
    place = about.place if about else request.POST.get("place", "")
    said = {"text": form.data.get("text", "").strip(), "author": request.user, "at": timezone.now()}
    try:
        if what == "comment":
            add_comment(version=version, place=place, about=about, **said)
        elif about is not None:
            _SETTLE.get(what, resolve_comment)(comment=about, **said)
    except ValidationError as refused:
        return page(admin, request, version, refusal=VersionRefused(refused.messages))
    return HttpResponseRedirect(f"{_address(version)}#{anchor(place) if place else 'remarks'}")


_SETTLE = {"resolve": resolve_comment, "reopen": reopen_comment}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _address(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_review", args=[version.pk])
