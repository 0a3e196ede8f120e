"""The ledger as auditors read it: settlements, events, accumulators, keys. Nothing here can be changed."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from claims.codes import code_label
from claims.models import Accumulator, ClaimEvent, ClaimKey, Settlement
from members.models import Member
from policies.admin.base import FactAdmin
from policies.admin.labels import PERCENT, YUAN
from policies.figures import yuan_text

COUNTED = ("admissions", "sequence")


@admin.register(Settlement)
class SettlementAdmin(FactAdmin):
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
    list_filter = ["kind", "cause", "benefit", "city", ("service_date", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["claim"]
    search_fields = ["claim__claim_number"]
    search_help_text = _("A whole claim number")
    ordering = ["-id"]
    sortable_by = []

    def get_queryset(self, request):
        return (
            super().get_queryset(request).defer("case", "used", "deltas", "spent", "steps", "claim__content")
        )

    def get_search_results(self, request, queryset, search_term):
        """Through the claims' keys, which are indexed by number."""
        if not search_term.strip():
            return queryset, False
        keys = ClaimKey.objects.filter(claim_number=search_term.strip())
        return queryset.filter(claim__in=list(keys.values_list("claim_id", flat=True)[:1000])), False

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
class ClaimEventAdmin(FactAdmin):
    list_display = ["at", "claim", "kind", "actor_name", "reason"]
    list_filter = ["kind"]
    list_select_related = ["claim"]
    search_fields = ["actor_name", "reason"]
    ordering = ["-id"]
    fields = ["claim", "kind", "actor_name", "reason", "at"]


@admin.register(ClaimKey)
class ClaimKeyAdmin(FactAdmin):
    list_display = ["claim_number", "institution", "id"]
    list_select_related = ["institution"]
    search_fields = ["claim_number__exact", "institution__code__exact"]
    ordering = ["-id"]
    fields = ["institution", "claim_number", "claim_link", "digest"]
    readonly_fields = ["claim_link"]

    @admin.display(description=_("claim"))
    def claim_link(self, obj):
        address = reverse("admin:claims_claim_change", args=[obj.claim_id])
        return format_html('<a href="{}">{}</a>', address, obj.claim_number)


@admin.register(Accumulator)
class AccumulatorAdmin(FactAdmin):
    list_display = ["key", "member", "amount"]
    search_fields = ["member_id"]
    search_help_text = _("The whole member number")
    ordering = ["member_id", "key"]
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
