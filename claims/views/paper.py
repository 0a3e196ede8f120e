"""Paper entry (Changchun 三(八)): a clerk types a claim, which goes the same way as one from an institution."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.faults import Fault, Refused
from claims.forms import LineFormSet, PaperForm
from claims.institution_claims import is_institution
from claims.models import Claim
from claims.services.intake import Arrival, submit
from claims.submission import read_claim
from claims.views.statement import language_of
from members.models import Member
from policies import access

# Where a fault of the claim's JSON stands in the form, if its field has another name there.
_FIELDS = {
    "emergency/disposition": "disposition",
    "emergency/statement": "statement",
    "emergency": "disposition",
}


def page(admin, request):
    """The form; a claim that is taken leads to its own page."""
    form = PaperForm(request.POST or None)
    lines = LineFormSet(request.POST or None, prefix="lines")
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        response = _submit(request, form, lines)
        if response is not None:
            return response
    request.current_app = admin.admin_site.name
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Paper entry"),
        "opts": admin.opts,
        "form": form,
        "lines": lines,
    }
    return TemplateResponse(request, "claims/paper.html", context)


def _submit(request, form, lines):
    """Sends the claim on; None where the form now says what is wrong with it."""
    try:
        submission = read_claim(form.as_claim(lines), is_institution=is_institution)
    except Refused as refused:
        for fault in refused.faults:
            _place(fault, form, lines)
        return None
    if not _concerns(request.user, form.institution, submission):
        form.add_error(None, _("Neither this institution nor this member belongs to your cities."))
        return None
    (receipt,) = submit(
        institution=form.institution,
        claims=[submission],
        at=timezone.now(),
        source=Claim.Source.PAPER,
        actor=request.user,
    )
    if receipt.arrival == Arrival.DUPLICATE:
        _place(Fault("/claim_number", "duplicate"), form, lines)
        return None
    if receipt.arrival == Arrival.SAME:
        messages.info(request, _("This claim is on record already: here it is."))
    else:
        messages.success(
            request, _("The claim is queued. This page shows the settlement as soon as it is there.")
        )
    claim = access.in_scope(Claim.objects.filter(pk=receipt.claim_id), request.user)
    if claim.exists():
        return HttpResponseRedirect(reverse("admin:claims_claim_change", args=[receipt.claim_id]))
    # From another city's institution: it is this city's as soon as it is adjudicated under its rules.
    return HttpResponseRedirect(reverse("admin:claims_paper"))


def _concerns(user, institution, submission) -> bool:
    """Whether a claim is a clerk's to enter: by the institution, or by the member."""
    if access.sees(user, institution):
        return True
    members = Member.objects.filter(number=submission.content.member_number)
    return access.in_scope(members, user).exists()


def _place(fault: Fault, form, lines) -> None:
    """Puts a fault beside the field that it is about."""
    text = fault.detail(language_of(get_language()))
    path = fault.pointer.strip("/")
    first, _slash, rest = path.partition("/")
    if first == "lines" and rest:
        number, _slash, name = rest.partition("/")
        filled = lines.filled()
        line = filled[int(number)] if int(number) < len(filled) else None
        if line is not None:
            line.add_error(name if name in line.fields else None, text)
            return
    name = _FIELDS.get(path, first)
    form.add_error(name if name in form.fields else None, text)
