"""Policy versions: their list and history; what staff do with one stands in policies.views."""

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy

from policies.admin.base import RecordAdmin
from policies.cities import version_name
from policies.models import PolicyVersion, VersionTransition
from policies.views import urls as desk_pages
from policies.wording import status_change_text


class StageFilter(admin.SimpleListFilter):
    """By the last step that was taken with a version."""

    title = gettext_lazy("last step")
    parameter_name = "stage"

    def lookups(self, request, model_admin):
        return VersionTransition.Kind.choices

    def queryset(self, request, queryset):
        if self.value() not in VersionTransition.Kind.values:
            return queryset
        steps = VersionTransition.objects.filter(version=OuterRef("pk")).order_by("-pk")
        return queryset.annotate(stage=Subquery(steps.values("kind")[:1])).filter(stage=self.value())


@admin.register(PolicyVersion)
class PolicyVersionAdmin(RecordAdmin):
    """The list of versions; their pages are the policy desk's (policies.views.urls)."""

    list_display = [
        "city",
        "effective_from",
        "revision",
        "document",
        "published_at",
        "effective_basis",
        "note",
    ]
    list_display_links = ["city", "effective_from"]
    list_filter = ["city", StageFilter, "effective_basis"]
    list_select_related = ["city", "document"]
    search_fields = ["city__name", "document__number"]
    ordering = ["city", "-effective_from", "-revision"]
    date_hierarchy = "effective_from"
    hidden_history = ("fingerprint", "based_on", "loaded", "created_at", "published_at")

    def has_add_permission(self, request):
        """A draft is made from another version, or loaded from a file."""
        return False

    def has_change_permission(self, request, obj=None):
        """A version is edited on its own page, never in a form of the admin's."""
        return False

    def has_delete_permission(self, request, obj=None):
        """A draft that nobody wants is withdrawn, and stays on record."""
        return False

    def title(self, record):
        return version_name(record)

    def tell(self, name, value, record):
        return status_change_text(value) if name == "status_change" else super().tell(name, value, record)

    def get_urls(self):
        return [*desk_pages.patterns(self), *super().get_urls()]
