"""Batches as institutions sent them, with what is wrong with the claims that were refused."""

from datetime import timedelta

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from claims.batch_results import faults_of
from claims.ids import first_uuid7
from claims.models import ClaimBatch, ClaimBatchRow
from claims.views.statement import language_of
from policies.admin.base import FactAdmin


class FaultsFilter(admin.SimpleListFilter):
    title = _("faults")
    parameter_name = "faults"

    def lookups(self, request, model_admin):
        return [("yes", _("with faults")), ("week", _("with faults, in the last 7 days"))]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "week"):
            queryset = queryset.filter(refused__gt=0)
        if self.value() == "week":
            queryset = queryset.filter(pk__gte=first_uuid7(timezone.now() - timedelta(days=7)))
        return queryset


@admin.register(ClaimBatch)
class ClaimBatchAdmin(FactAdmin):
    list_display = [
        "received_at",
        "institution",
        "name",
        "format",
        "source",
        "claims",
        "stored",
        "same",
        "refused",
        "faults",
    ]
    list_filter = [FaultsFilter, "format", "source"]
    list_select_related = ["institution"]
    search_fields = ["institution__code__exact", "institution__name", "idempotency_key__exact"]
    ordering = ["-id"]
    sortable_by = []
    fields = [
        "institution",
        "name",
        "format",
        "source",
        "actor_name",
        "received_at",
        "idempotency_key",
        "claims",
        "stored",
        "same",
        "refused",
        "faults",
    ]
    readonly_fields = ["faults"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("receipts")

    @admin.display(description=_("faults"))
    def faults(self, obj):
        if not obj.refused:
            return None
        address = f"{reverse('admin:claims_claimbatchrow_changelist')}?batch__id__exact={obj.pk}"
        return format_html('<a href="{}">{}</a>', address, _("see the faults"))


@admin.register(ClaimBatchRow)
class ClaimBatchRowAdmin(FactAdmin):
    list_display = ["row", "claim_number", "batch", "told"]
    list_filter = [("batch", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["batch"]
    search_fields = ["claim_number__exact"]
    ordering = ["-batch", "row"]
    sortable_by = []
    fields = ["batch", "row", "claim_number", "told"]
    readonly_fields = ["told"]

    @admin.display(description=_("faults"))
    def told(self, obj):
        """Each fault with its place; the sentence says how to mend it."""
        language = language_of(get_language())
        found = (
            (fault.row, fault.column or fault.pointer, fault.detail(language)) for fault in faults_of(obj)
        )
        return format_html_join(mark_safe("<br>"), "<b>{} {}</b> {}", found)
