"""The list of API keys; they are made on the institution's page (members.admin.keys_page)."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import InstitutionKey
from members.services import keys
from policies.admin.base import FactAdmin
from policies.admin.history import HistoryPage


class EndingFilter(admin.SimpleListFilter):
    """Keys that stop within a month, which institutions have to be told in time."""

    title = _("runs out")
    parameter_name = "ending"

    def lookups(self, request, model_admin):
        return [("yes", _("within 30 days"))]

    def queryset(self, request, queryset):
        return keys.ending(queryset, at=timezone.now()) if self.value() == "yes" else queryset


@admin.register(InstitutionKey)
class InstitutionKeyAdmin(HistoryPage, FactAdmin):
    """Keys are made and revoked on the institution's page."""

    list_display = [
        "prefix",
        "institution",
        "created_at",
        "created_by",
        "expires_at",
        "revoked_at",
        "last_used_on",
    ]
    list_filter = ["institution__city", EndingFilter]
    list_select_related = ["institution", "created_by"]
    search_fields = ["prefix__exact", "institution__code__exact", "institution__name"]
    fields = ["institution", "prefix", "created_at", "created_by", "expires_at", "revoked_at", "last_used_on"]
    hidden_history = ("digest",)
