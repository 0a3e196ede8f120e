from django.contrib import admin

from policies.admin.base import BoundedPaginator, RecordAdmin
from policies.admin.labels import PERCENT, PRICE
from policies.models import CatalogueItem


@admin.register(CatalogueItem)
class CatalogueItemAdmin(RecordAdmin):
    """A row holds from its date until the item's next row: a change is a new row, a mistake is corrected."""

    figures = {"upfront": PERCENT, "ceiling": PRICE}
    list_display = [
        "code",
        "name",
        "city",
        "item_class",
        "kind",
        "shown_upfront",
        "shown_ceiling",
        "negotiated",
        "valid_from",
    ]
    list_display_links = ["code", "name"]
    list_filter = ["city", "item_class", "kind", "negotiated"]
    list_select_related = ["city"]
    search_fields = ["=code", "name"]
    ordering = ["city", "code", "valid_from"]
    show_full_result_count = False
    paginator = BoundedPaginator
    fields = ["city", "code", "name", "kind", "item_class", "upfront", "ceiling", "negotiated", "valid_from"]
