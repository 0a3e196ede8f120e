"""Claims: found by number, member or institution; the page of one is its statement, with what staff may do."""

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from claims.admin.finding import ServiceDateFilter, claims_numbered, received_since, service_dates
from claims.codes import LABELS, PENDED, code_label
from claims.forms import DecisionForm
from claims.ids import first_uuid7
from claims.models import Claim, Settlement
from claims.services import requeue, reversal, review, withdrawal
from claims.services.errors import ClaimStateError
from claims.views import paper, parked, pended, year
from claims.views.statement import language_of, statement
from members.admin.people import looks_like_number
from members.masking import mask_id_number
from members.models import Institution
from policies import access
from policies.admin.base import FactAdmin
from policies.admin.keyset import KeysetList
from policies.admin.labels import YUAN
from policies.admin.scope import ScopedAutocompleteFilter
from policies.cites import note_mark
from policies.models import PolicyDocument

_INSTITUTION = "institution__id__exact"


class ReceivedFilter(admin.SimpleListFilter):
    """When a claim was received, by its key, which is ordered by time: no index of its own is needed."""

    title = gettext_lazy("received")
    parameter_name = "received"

    def lookups(self, request, model_admin):
        return [
            ("1", gettext_lazy("today")),
            ("7", gettext_lazy("in the last 7 days")),
            ("31", gettext_lazy("in the last 31 days")),
        ]

    def queryset(self, request, queryset):
        if self.value() not in ("1", "7", "31"):
            return queryset
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return queryset.filter(pk__gte=first_uuid7(midnight - timedelta(days=int(self.value()) - 1)))


class StateFilter(admin.SimpleListFilter):
    """Where a claim stands; of those that wait, by the indexes that hold only them."""

    title = gettext_lazy("state")
    parameter_name = "status__exact"

    def lookups(self, request, model_admin):
        return Claim.State.choices

    def queryset(self, request, queryset):
        if self.value() == Claim.State.QUEUED:
            # In two, as the index of the queue leaves out what is parked, which has one of its own.
            queued = Q(status=Claim.State.QUEUED)
            return queryset.filter(queued & Q(parked=False) | queued & Q(parked=True))
        return queryset.filter(status=self.value()) if self.value() else queryset


class CodeFilter(admin.SimpleListFilter):
    """Why a claim is rejected, pended or without payment."""

    title = gettext_lazy("reason")
    parameter_name = "code"

    def lookups(self, request, model_admin):
        return [(code, code_label(code)) for code in LABELS]

    def queryset(self, request, queryset):
        if self.value() in PENDED:
            queryset = queryset.filter(status=Claim.State.PENDED)  # which has an index
        return queryset.filter(code=self.value()) if self.value() else queryset


@admin.register(Claim)
class ClaimAdmin(KeysetList, FactAdmin):
    figures = {"total": YUAN}
    masked = {"member_number": mask_id_number}
    list_display = [
        "claim_number",
        "institution",
        "told_member_number",
        "benefit",
        "service_date",
        "shown_total",
        "status",
        "code_name",
        "received_at",
    ]
    list_filter = [
        StateFilter,
        CodeFilter,
        ("institution", ScopedAutocompleteFilter),
        "benefit",
        ("service_date", ServiceDateFilter),
        ReceivedFilter,
        "source",
        "parked",
    ]
    list_filter_submit = True
    list_select_related = ["institution"]
    search_fields = ["claim_number"]
    search_help_text = gettext_lazy(
        "A whole claim number, the whole member number, or an institution's code or name"
    )
    ordering = ["-id"]
    keyset_time = "received_at"

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content")

    def get_ordering(self, request):
        """The newest received first; an institution's by its index; of service dates the first received first."""
        if service_dates(request):
            return ["id"]
        return ["-seq"] if request.GET.get(_INSTITUTION) else ["-id"]

    def keyset_base(self, request):
        claims = Claim.objects.all()
        if service_dates(request):
            return claims.filter(received_since(request))
        institution = request.GET.get(_INSTITUTION, "")
        return claims.filter(institution=institution) if institution.isdecimal() else claims

    def acts_on(self, request, obj):
        """A claim is decided where its rules come from; until that is known, where it was sent."""
        own = access.cities_of(request.user)
        return obj is None or own is None or (obj.city or obj.institution.city_id) in own

    @admin.display(description=gettext_lazy("reason"))
    def code_name(self, obj):
        return code_label(obj.code) if obj.code else None

    def get_search_results(self, request, queryset, search_term):
        """By the indexes: claim numbers through their keys, members by number, institutions by name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = queryset.filter(pk__in=claims_numbered(term)) | queryset.filter(member_number=term.upper())
        named = Institution.objects.filter(code=term.upper()) if looks_like_number(term) else None
        if named is None:
            named = Institution.objects.filter(name__contains=term)
        return found | queryset.filter(institution__in=list(named.values_list("pk", flat=True)[:100])), False

    # --- the statement --------------------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("pended/", view(self.pended_view), name="claims_pended"),
            path("parked/", view(self.parked_view), name="claims_parked"),
            path("paper/", view(self.paper_view), name="claims_paper"),
            path("year/<int:member_id>/<int:on_year>/", view(self.year_view), name="claims_member_year"),
            path(
                "<uuid:claim_id>/decide/<slug:decision>/", view(self.decide_view), name="claims_claim_decide"
            ),
        ]
        return own + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            raise PermissionDenied  # what is decided about a claim has addresses of its own
        claim = self._claim(request, object_id)
        return self._statement(request, claim)

    def _claim(self, request, object_id) -> Claim:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            seen = access.in_scope(Claim.objects.all(), request.user)
            return seen.select_related("institution", "entered_by").get(pk=object_id)
        except (Claim.DoesNotExist, ValidationError) as error:
            raise Http404 from error

    def _statement(self, request, claim, *, forms=None):
        language = language_of(get_language())
        revision = request.GET.get("revision", "")
        try:
            seen = access.in_scope(Claim.objects.all(), request.user)
            shown = statement(claim, language, int(revision) if revision.isdecimal() else None, seen=seen)
        except Settlement.DoesNotExist as error:
            raise Http404 from error
        context = {
            **self.admin_site.each_context(request),
            "title": _("Settlement statement %(number)s") % {"number": claim.claim_number},
            "opts": self.opts,
            "original": claim,
            "statement": shown,
            "claim": claim,
            "decisions": self._decisions(request, claim, forms or {}),
            "code_name": code_label(claim.code) if claim.code else "",
            "documents": dict(PolicyDocument.objects.values_list("number", "pk")),
            "own_document": shown.revision.version.document.number if shown.revision else None,
            "notes": _notes(shown),
            "year": claim.service_date.year if claim.service_date else None,
            "member_seen": _sees_member(request.user, shown.member),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "claims/statement.html", context)

    # --- what staff decide ----------------------------------------------------------------------------

    def _decisions(self, request, claim, forms) -> list[dict]:
        """What staff may do with the claim as it stands, each with its form."""
        if not (access.may(request.user, "claims.change_claim") and self.acts_on(request, claim)):
            return []
        return [
            {
                "name": name,
                "label": label,
                "kind": kind,
                "form": forms.get(name) or DecisionForm(auto_id=f"{name}_%s"),
                "action": reverse("admin:claims_claim_decide", args=[claim.pk, name]),
            }
            for name, (label, kind, _act) in DECISIONS.items()
            if _possible(name, claim)
        ]

    def decide_view(self, request, claim_id, decision):
        if request.method != "POST" or decision not in DECISIONS:
            raise Http404
        self.require(request, "claims.change_claim")
        claim = self._claim(request, claim_id)
        self.require(request, "claims.change_claim", claim)
        form = DecisionForm(request.POST, auto_id=f"{decision}_%s")
        if not form.is_valid():
            return self._statement(request, claim, forms={decision: form})
        _label, _kind, act = DECISIONS[decision]
        try:
            act(claim_id, form.cleaned_data["reason"], request.user, timezone.now())
        except ClaimStateError as error:
            state = dict(Claim.State.choices).get(error.status, error.status)
            messages.error(
                request, _("The claim is %(state)s by now: this cannot be done any more.") % {"state": state}
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self._statement(request, claim, forms={decision: form})
        else:
            messages.success(request, _("Done. It stands among the claim's events, with your reason."))
        return HttpResponseRedirect(reverse("admin:claims_claim_change", args=[claim_id]))

    # --- the other pages of claims --------------------------------------------------------------------

    def pended_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return pended.page(self, request)

    def parked_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return parked.page(self, request)

    def paper_view(self, request):
        self.require(request, "claims.add_claim")
        return paper.page(self, request)

    def year_view(self, request, member_id, on_year):
        return year.page(self, request, member_id, on_year)


def _withdraw(claim_id, reason, actor, at):
    withdrawal.withdraw(claim_id=claim_id, institution=None, reason=reason, actor=actor, at=at)


def _reverse(claim_id, reason, actor, at):
    reversal.reverse(claim_id=claim_id, institution=None, reason=reason, actor=actor, at=at)


def _requeue(claim_id, reason, actor, at):
    requeue.requeue(claim_ids=[claim_id], reason=reason, actor=actor, at=at)


def _release(claim_id, reason, actor, at):
    review.release(claim_ids=[claim_id], reason=reason, actor=actor, at=at)


def _refuse(claim_id, reason, actor, at):
    review.refuse(claim_ids=[claim_id], reason=reason, actor=actor, at=at)


# Label, kind of button, the service's call.
DECISIONS = {
    "release": (gettext_lazy("Release"), "primary", _release),
    "refuse": (gettext_lazy("Refuse"), "danger", _refuse),
    "requeue": (gettext_lazy("Queue again"), "primary", _requeue),
    "withdraw": (gettext_lazy("Withdraw"), "danger", _withdraw),
    "reverse": (gettext_lazy("Reverse"), "danger", _reverse),
}


def _possible(name: str, claim: Claim) -> bool:
    state = Claim.State
    in_review = claim.status == state.PENDED and claim.code == "review"
    return {
        "release": in_review,
        "refuse": in_review,
        "requeue": claim.parked or (claim.status == state.PENDED and claim.code in requeue.CAUSES),
        "withdraw": claim.status in (state.QUEUED, state.PENDED),
        "reverse": claim.status == state.SETTLED,
    }[name]


def _sees_member(user, member) -> bool:
    """Whether the pages of the claim's member are for this reader; those of another city's are not."""
    return member is not None and access.may(user, "members.view_member") and access.sees(user, member)


def _notes(shown) -> list[tuple[str, str]]:
    """The interpretation notes behind the steps, each once."""
    if shown.revision is None:
        return []
    drawing = shown.revision.drawing
    steps = [*drawing.steps, *(step for payer in drawing.payers for step in payer.steps)]
    texts = dict.fromkeys(step.cite.note for step in steps if step.cite and step.cite.note)
    return [(note_mark(text), text) for text in texts]
