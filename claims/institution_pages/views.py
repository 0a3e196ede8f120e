"""What an institution's user sees: his institution's files and claims, and nobody else's."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from claims.batch_presentation import results_csv, results_xlsx
from claims.batch_results import batch_of, batches_of, claims_in, progress_of, refused_in, results_of
from claims.faults import Refused
from claims.institution_claims import current_settlements
from claims.institution_pages import tables
from claims.institution_pages.forms import FileForm, InstitutionLoginForm, OwnPasswordForm, too_large
from claims.models import ClaimBatch
from claims.presentation import message_of
from claims.services.batches import receive
from claims.views.statement import language_of
from members.services.logins import change_own_password, institution_of

_LOGIN = reverse_lazy("institution:login")
_PER_PAGE = 50
_SHOWN_FAULTS = 200
# Beside the file a form has a token and its boundaries.
_BESIDE_THE_FILE = 16 * 1024


class Login(auth.LoginView):
    form_class = InstitutionLoginForm
    template_name = "institution/login.html"
    next_page = reverse_lazy("institution:home")


class Logout(auth.LogoutView):
    next_page = _LOGIN


def _own(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for institutions' users; others are asked to log in. The view is given the institution."""

    @never_cache
    @wraps(view)
    def page(request, **parts):
        institution = institution_of(request.user)
        if institution is None:
            return HttpResponseRedirect(_LOGIN)
        return view(request, institution, **parts)

    return page


def _own_batch(institution, batch_id) -> ClaimBatch:
    try:
        return batch_of(institution, batch_id)
    except ClaimBatch.DoesNotExist:
        raise Http404 from None


# Django looks for the token in the body, so the body's length is looked at before, and the token after.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    """The form for a file, and the files sent before."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.API_MAX_BATCH_BYTES + _BESIDE_THE_FILE:
        request.upload_handlers = []
        return HttpResponse(str(too_large()), status=413, content_type="text/plain; charset=utf-8")
    return _home(request)


@csrf_protect
@_own
def _home(request, institution):
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    refused = []
    if form.is_bound and form.is_valid():
        try:
            return _take(request, institution, form)
        except Refused as found:
            refused = [fault.detail(language_of(get_language())) for fault in found.faults]
    page = Paginator(batches_of(institution), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"institution": institution, "form": form, "refused": refused, "page": page}
    status = 400 if refused or form.errors else 200
    return TemplateResponse(request, "institution/home.html", context, status=status)


def _take(request, institution, form: FileForm) -> HttpResponse:
    file = form.cleaned_data["file"]
    received = receive(
        institution=institution,
        file=file.file,
        format=form.format,
        source=ClaimBatch.Source.PAGE,
        name=file.name,
        actor=request.user,
        at=timezone.now(),
    )
    return redirect("institution:batch", batch_id=received.batch.pk)


@require_safe
@_own
def batch(request, institution, batch_id):
    """What became of a file: rows refused with how to mend them, claims with their states and amounts."""
    found = _own_batch(institution, batch_id)
    language = language_of(get_language())
    progress = progress_of(found)
    claims = claims_in(found).defer("content").order_by("seq")
    page = Paginator(claims, _PER_PAGE).get_page(request.GET.get("page"))
    settlements = current_settlements(list(page))
    refused = [(result, fault) for result in refused_in(found) for fault in result.faults]
    context = {
        "institution": institution,
        "batch": found,
        "waiting": progress.waiting,
        "done": found.stored + found.same - progress.waiting,
        "taken": found.stored + found.same,
        "states": [(label, count) for state, label in tables.STATES if (count := progress.by_status[state])],
        "faults": [
            {"row": fault.row, "place": tables.place_of(fault, language), "number": result.claim_number}
            | {"text": fault.detail(language)}
            for result, fault in refused[:_SHOWN_FAULTS]
        ],
        "more_faults": max(0, len(refused) - _SHOWN_FAULTS),
        "page": page,
        "claims": [_shown(claim, settlements.get(claim.pk), language) for claim in page],
    }
    return TemplateResponse(request, "institution/batch.html", context)


def _shown(claim, settlement, language: str) -> dict:
    account = settlement.account + settlement.family_account if settlement else None
    why = message_of(claim, language)
    return {"claim": claim, "settlement": settlement, "account": account, "why": why}


@require_safe
@_own
def faults(request, institution, batch_id):
    """The rows that were refused, with a column that says how to mend each."""
    found = _own_batch(institution, batch_id)
    rows = results_csv(refused_in(found), language_of(get_language()))
    return _download(
        StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8"), f"faults-{found.pk}.csv"
    )


@require_safe
@_own
def results(request, institution, batch_id, format):
    """Every claim of the file with its state and amounts."""
    found, language = _own_batch(institution, batch_id), language_of(get_language())
    name = f"results-{found.pk}.{format}"
    if format == "csv":
        rows = results_csv(results_of(found), language)
        return _download(StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8"), name)
    if format == "xlsx":
        return FileResponse(results_xlsx(results_of(found), language), as_attachment=True, filename=name)
    raise Http404


@require_safe
@_own
def template(request, institution, format):
    """An empty table with its headers."""
    if format not in tables.TEMPLATES:
        raise Http404
    file = tables.TEMPLATES[format](language_of(get_language()))
    return FileResponse(file, as_attachment=True, filename=f"claims.{format}")


def _download(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@_own
def password(request, institution):
    """Another password for oneself; one logs in anew with it."""
    form = OwnPasswordForm(request.POST or None)
    if form.is_bound and form.is_valid():
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        try:
            change_own_password(user=request.user, old=old, new=new, at=timezone.now())
        except ValidationError as refusal:
            form.add_error("old" if getattr(refusal, "code", "") == "wrong" else "new", refusal)
        else:
            messages.success(request, _("The password is changed. Log in with the new one."))
            return HttpResponseRedirect(reverse("institution:login"))
    context = {"institution": institution, "form": form}
    return TemplateResponse(request, "institution/password.html", context)
