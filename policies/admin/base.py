"""What every admin page shares: figures for people, records that change with a reason, facts that never do."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from policies.admin.history import HistoryPage
from policies.admin.labels import PERCENT, PRICE, SHOW, TOLD, YUAN, plain_label, words
from policies.admin.scope import CityScope
from policies.forms import ChoicesField, NamesField, PercentField, PriceField, ReasonForm, YuanField

_READ = {YUAN: YuanField, PERCENT: PercentField, PRICE: PriceField}


class Figures:
    """For an admin or an inline: which integers are figures (`figures`), which JSON fields lists (`lists`).

    `figures` maps a field to YUAN, PERCENT or PRICE; `lists` one to its choices, or to None for names. Each
    such field has a display, which stands for it in lists and wherever it is read-only: `shown_<field>` for
    figures (numbers, aligned right), `told_<field>` for the others. `masked` maps a field with personal data
    to the function that masks it. `labels`: names of fields that are better than their models'.
    """

    figures: dict[str, str] = {}
    lists: dict[str, object] = {}
    masked: dict[str, Callable[[str], str]] = {}
    labels: dict[str, object] = {}
    # Fields that are bookkeeping and say nothing to the readers of a history.
    hidden_history: tuple[str, ...] = ()

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        for name, unit in self.figures.items():
            setattr(self, f"shown_{name}", self._figure_display(name, SHOW[unit]))
        for name, choices in self.lists.items():
            setattr(self, f"told_{name}", self._list_display(name, choices))
        for name, mask in self.masked.items():
            setattr(self, f"told_{name}", self._masked_display(name, mask))

    def tell(self, name, value, record) -> str | None:
        """A field's value as people read it, for its history; None where nothing special applies."""
        if name in self.figures:
            return TOLD[self.figures[name]](value)
        if name in self.lists:
            return words(value, self.lists[name])
        return self.masked[name](value) if name in self.masked else None

    def title(self, record) -> str:
        """What a record is called in histories."""
        return str(record)

    def label(self, name: str):
        """What a field is called on pages."""
        return self.labels.get(name) or plain_label(self.model, name)

    def _figure_display(self, name, show):
        def display(obj):
            value = getattr(obj, name)
            return None if value is None else format_html('<span class="amount">{}</span>', show(value))

        display.short_description = self.label(name)
        display.admin_order_field = name
        return display

    def _list_display(self, name, choices):
        def display(obj):
            return words(getattr(obj, name), choices) or None

        display.short_description = self.label(name)
        return display

    def _masked_display(self, name, mask):
        def display(obj):
            return mask(getattr(obj, name)) or None

        display.short_description = self.label(name)
        display.admin_order_field = name
        return display

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        common = {
            "label": self.label(db_field.name),
            "required": not db_field.blank,
            "help_text": db_field.help_text,
        }
        if db_field.name in self.figures:
            return _READ[self.figures[db_field.name]](**common)
        if db_field.name in self.lists:
            choices = self.lists[db_field.name]
            if choices is None:
                return NamesField(**{**common, "help_text": _("One a line.")})
            return ChoicesField(choices=choices, **common)
        if db_field.name in self.labels:
            kwargs["label"] = self.label(db_field.name)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request, obj=None):
        """Where a figure is not to be typed, its display stands in its place."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.is_read_only(request, obj):
            return self._displayed(fieldsets, self._special())
        return self._displayed(fieldsets, self.get_readonly_fields(request, obj))

    def is_read_only(self, request, obj) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    def _displayed(self, fieldsets, names):
        names = set(self._special()).intersection(names)

        def shown(field):
            if isinstance(field, (list, tuple)):
                return tuple(shown(part) for part in field)
            return self.display_of(field) if field in names else field

        return [(title, {**options, "fields": shown(options["fields"])}) for title, options in fieldsets]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *(self.display_of(name) for name in fields if name in self._special())]

    def get_fields(self, request, obj=None):
        displays = {self.display_of(name) for name in self._special()}
        return [name for name in super().get_fields(request, obj) if name not in displays]

    def display_of(self, name: str) -> str:
        """What shows a field of `figures`, `lists` or `masked`; any other field shows itself."""
        if name in self.figures:
            return f"shown_{name}"
        return f"told_{name}" if name in self._special() else name

    def _special(self) -> tuple[str, ...]:
        return (*self.figures, *self.lists, *self.masked)


class BoundedPaginator(Paginator):
    """Counts no further than anyone would page: a table of millions is not counted to show its first rows."""

    limit = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.limit].count()


class FactAdmin(CityScope, Figures, ModelAdmin):
    """What machines and services append: to be found and read, never to be changed here."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def history_view(self, request, object_id, extra_context=None):
        raise Http404  # what never changes has none

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(
            request, object_id, form_url, {"show_history": False, **(extra_context or {})}
        )


class FactInline(CityScope, Figures, TabularInline):
    """Facts on the page of what they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class RecordAdmin(CityScope, HistoryPage, Figures, ModelAdmin):
    """What people edit: every change with its reason, and its history on one page.

    `create` and `amend` store a record, by the service that owns it where there is one; the ValidationError
    that a service raises is shown with the form. Rows are not deleted in bulk: a deletion has its reason too.
    """

    form = ReasonForm
    list_per_page = 50
    delete_confirmation_template = "admin/delete_with_reason.html"

    def get_fieldsets(self, request, obj=None):
        fieldsets = list(super().get_fieldsets(request, obj))
        return fieldsets if self.is_read_only(request, obj) else self._with_reason(fieldsets)

    @staticmethod
    def _with_reason(fieldsets):
        return [*fieldsets, (None, {"fields": ("change_reason",)})]

    def get_fields(self, request, obj=None):
        return [name for name in super().get_fields(request, obj) if name != "change_reason"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A refusal by a service has rolled everything back; the form is shown again with what it says."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            request.refusal = refusal
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        reason = form.cleaned_data["change_reason"]
        if not change:
            obj.pk = self.create(request, obj, reason).pk
        elif set(form.changed_data) - {"change_reason"}:
            self.amend(request, obj, form.changed_data, reason)

    def create(self, request, obj, reason):
        """Stores a new record and returns it as stored."""
        self.amend(request, obj, (), reason)
        return obj

    def amend(self, request, obj, changed, reason):
        obj._change_reason = reason
        obj.save()

    def save_formset(self, request, form, formset, change):
        for row in formset.forms:
            row.instance._change_reason = form.cleaned_data["change_reason"]
        super().save_formset(request, form, formset, change)

    def delete_view(self, request, object_id, extra_context=None):
        if request.method == "POST" and not request.POST.get("change_reason", "").strip():
            request.method = "GET"  # asked again, with what is missing
            extra_context = {**(extra_context or {}), "reason_missing": True}
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request, obj):
        obj._change_reason = request.POST["change_reason"].strip()
        obj.delete()
