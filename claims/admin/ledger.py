"""The ledger as auditors read it: settlements, events, accumulators, keys. Nothing here can be changed."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from claims.admin.finding import (
    SettledServiceDateFilter,
    claims_numbered,
    received_since,
    service_dates,
)
from claims.codes import code_label
from claims.models import Accumulator, ClaimEvent, ClaimKey, Settlement
from members.models import Institution, Member
from policies.admin.base import FactAdmin
from policies.admin.keyset import KeysetList
from policies.admin.labels import PERCENT, YUAN
from policies.figures import yuan_text

COUNTED = ("admissions", "sequence")


@admin.register(Settlement)
class SettlementAdmin(KeysetList, FactAdmin):
    """A settlement's page is the statement of its claim, at its revision."""

    figures = {
        "total": YUAN,
        "pooled_fund": YUAN,
        "critical_illness": YUAN,
        "personal": YUAN,
        "cash": YUAN,
        "fund_rate": PERCENT,
    }
    list_display = [
        "claim_number",
        "revision",
        "kind",
        "cause",
        "city",
        "service_date",
        "benefit",
        "shown_total",
        "shown_pooled_fund",
        "shown_critical_illness",
        "shown_personal",
        "reason_name",
        "settled_at",
    ]
    list_filter = ["kind", "cause", "benefit", "city", ("service_date", SettledServiceDateFilter)]
    list_filter_submit = True
    list_select_related = ["claim"]
    search_fields = ["claim__claim_number"]
    search_help_text = _("A whole claim number")
    ordering = ["-id"]
    keyset_time = "settled_at"

    def get_ordering(self, request):
        """The newest first; of service dates, those first whose claims were received first."""
        return ["claim_id", "revision"] if service_dates(request) else ["-id"]

    def keyset_base(self, request):
        return Settlement.objects.filter(received_since(request, "claim_id"))

    def get_queryset(self, request):
        return (
            super().get_queryset(request).defer("case", "used", "deltas", "spent", "steps", "claim__content")
        )

    def get_search_results(self, request, queryset, search_term):
        """Through the claims' keys, which are indexed by number."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(claim__in=claims_numbered(search_term.strip())), False

    @admin.display(description=_("claim"))
    def claim_number(self, obj):
        return obj.claim.claim_number

    @admin.display(description=_("reason"))
    def reason_name(self, obj):
        return code_label(obj.reason) if obj.reason else None

    def change_view(self, request, object_id, form_url="", extra_context=None):
        settlement = self.get_object(request, object_id)
        if settlement is None or not self.has_view_permission(request, settlement):
            return super().change_view(request, object_id, form_url, extra_context)
        address = reverse("admin:claims_claim_change", args=[settlement.claim_id])
        return HttpResponseRedirect(f"{address}?revision={settlement.revision}")


@admin.register(ClaimEvent)
class ClaimEventAdmin(KeysetList, FactAdmin):
    list_display = ["at", "claim", "kind", "actor_name", "reason"]
    list_filter = ["kind"]
    list_select_related = ["claim"]
    search_fields = ["claim__claim_number"]
    search_help_text = _("A whole claim number, or the whole name of who did it")
    ordering = ["-id"]
    keyset_time = "at"
    fields = ["claim", "kind", "actor_name", "reason", "at"]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        numbered = claims_numbered(term)
        return queryset.filter(claim__in=numbered) if numbered else queryset.filter(actor_name=term), False


@admin.register(ClaimKey)
class ClaimKeyAdmin(KeysetList, FactAdmin):
    list_display = ["claim_number", "institution", "id"]
    list_select_related = ["institution"]
    search_fields = ["claim_number"]
    search_help_text = _("A whole claim number, or an institution's code")
    ordering = ["-id"]
    fields = ["institution", "claim_number", "claim_link", "digest"]
    readonly_fields = ["claim_link"]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        institution = list(Institution.objects.filter(code=term.upper()).values_list("pk", flat=True))
        return queryset.filter(claim_number=term) | queryset.filter(institution__in=institution), False

    @admin.display(description=_("claim"))
    def claim_link(self, obj):
        address = reverse("admin:claims_claim_change", args=[obj.claim_id])
        return format_html('<a href="{}">{}</a>', address, obj.claim_number)


@admin.register(Accumulator)
class AccumulatorAdmin(KeysetList, FactAdmin):
    list_display = ["key", "member", "amount"]
    search_fields = ["member_id"]
    search_help_text = _("The whole member number")
    ordering = ["id"]
    fields = ["member", "key", "amount"]
    readonly_fields = ["member", "amount"]

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        members = Member.objects.filter(number=search_term.strip().upper())
        return queryset.filter(member_id__in=list(members.values_list("pk", flat=True))), False

    @admin.display(description=_("member"), ordering="member_id")
    def member(self, obj):
        address = reverse("admin:members_member_change", args=[obj.member_id])
        return format_html('<a href="{}">{}</a>', address, obj.member_id)

    @admin.display(description=_("value"))
    def amount(self, obj):
        """Admissions and places are counts; everything else is money."""
        text = str(obj.value) if obj.key.split("/")[0] in COUNTED else yuan_text(obj.value)
        return format_html('<span class="amount">{}</span>', text)
