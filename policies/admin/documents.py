from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from policies.admin.base import RecordAdmin
from policies.admin.history import latest_export, latest_page
from policies.cities import local_name
from policies.figures import percent_text, yuan_text
from policies.forms import BoundForm
from policies.models import City, FrameworkBound, PolicyDocument
from policies.views import urls as desk_pages


@admin.register(City)
class CityAdmin(RecordAdmin):
    acting_city = "pk"
    list_display = ["code", "name", "name_en", "versions"]
    list_display_links = ["code", "name"]
    search_fields = ["code", "name", "name_en"]
    fields = ["code", "name", "name_en"]

    def get_urls(self):
        view = self.admin_site.admin_view
        latest = [
            path("history/", view(self.latest_view), name="policies_history"),
            path(
                "history/export/<slug:kind>/", view(self.latest_export_view), name="policies_history_export"
            ),
        ]
        return [*latest, *desk_pages.patterns(self), *super().get_urls()]

    def latest_view(self, request):
        return latest_page(self, request)

    def latest_export_view(self, request, kind):
        return latest_export(self, request, kind)

    def title(self, record):
        return local_name(record)

    @admin.display(description=_("versions"))
    def versions(self, obj):
        """The city's own page: its line of time, and what holds."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:policies_city_page", args=[obj.pk]), _("line of time")
        )

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(PolicyDocument)
class PolicyDocumentAdmin(RecordAdmin):
    acting_city = "city_id"
    list_display = ["number", "title", "issuer", "issued_on", "kind", "city", "available", "files"]
    list_filter = ["kind", "city", "available"]
    list_select_related = ["city"]
    search_fields = ["number", "title", "issuer"]
    date_hierarchy = "issued_on"
    fields = ["number", "title", "issuer", "issued_on", "kind", "city", "available"]

    def get_urls(self):
        return [*desk_pages.patterns(self), *super().get_urls()]

    @admin.display(description=_("files"))
    def files(self, obj):
        """The document's own page: its files, and what waits for it."""
        address = reverse("admin:policies_policydocument_page", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', address, _("files and versions"))


@admin.register(FrameworkBound)
class FrameworkBoundAdmin(RecordAdmin):
    """A bound's value is a rate or an amount, by its rule: the form has a box for each."""

    acting_city = "city_id"
    form = BoundForm
    list_display = ["rule", "city", "benefit_name", "status_name", "bound", "document", "clause"]
    list_filter = ["city", "rule"]
    list_select_related = ["city", "document"]
    search_fields = ["document__number", "clause"]
    raw_id_fields = ["document"]

    def get_fields(self, request, obj=None):
        figure = ["bound"] if self.is_read_only(request, obj) else ["rate", "amount", "on"]
        return ["city", "rule", "benefit", "status", *figure, "document", "clause", "cite_kind", "note"]

    def get_readonly_fields(self, request, obj=None):
        return ["bound"] if self.is_read_only(request, obj) else []

    @admin.display(description=_("benefit"), ordering="benefit")
    def benefit_name(self, obj):
        return dict(BoundForm.BENEFITS).get(obj.benefit, obj.benefit) if obj.benefit else None

    @admin.display(description=_("status"), ordering="status")
    def status_name(self, obj):
        return dict(BoundForm.STATUSES).get(obj.status, obj.status) if obj.status else None

    @admin.display(description=_("bound"))
    def bound(self, obj):
        return obj.on if obj.value is None else self.tell("value", obj.value, obj)

    def tell(self, name, value, record):
        if name == "value":
            return percent_text(value) if BoundForm.boxes[record.rule] == "rate" else yuan_text(value)
        choices = dict({"benefit": BoundForm.BENEFITS, "status": BoundForm.STATUSES}.get(name, ()))
        return str(choices[value]) if value in choices else None
