from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from policies.admin.base import RecordAdmin
from policies.figures import percent_text, yuan_text
from policies.forms import BoundForm
from policies.models import City, FrameworkBound, PolicyDocument


@admin.register(City)
class CityAdmin(RecordAdmin):
    list_display = ["code", "name", "name_en"]
    list_display_links = ["code", "name"]
    search_fields = ["code", "name", "name_en"]
    fields = ["code", "name", "name_en"]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(PolicyDocument)
class PolicyDocumentAdmin(RecordAdmin):
    list_display = ["number", "title", "issuer", "issued_on", "kind", "city", "available"]
    list_filter = ["kind", "city", "available"]
    list_select_related = ["city"]
    search_fields = ["number", "title", "issuer"]
    date_hierarchy = "issued_on"
    fields = ["number", "title", "issuer", "issued_on", "kind", "city", "available"]


@admin.register(FrameworkBound)
class FrameworkBoundAdmin(RecordAdmin):
    """A bound's value is a rate or an amount, by its rule: the form has a box for each."""

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
