"""City scope of admin pages: staff meet only what belongs to their cities, in lists, fields, filters, addresses.

What lies outside answers as if it were not there (404); what a role does not allow answers 403.
"""

from operator import attrgetter

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldForeignKeyRawIdWidget

from policies import access
from policies.cities import local_name
from policies.models import City


class CityScope:
    """For every admin and inline of a model whose rows belong to cities (access.register_scope).

    `acting_city`: the path from a record to the code of the city whose staff may change it, where it is seen
    by others too (what all cities share, or what belongs to two of them). Without a code: by whoever acts
    everywhere.
    """

    acting_city = ""

    def get_queryset(self, request):
        return access.in_scope(super().get_queryset(request), request.user)

    def acts_on(self, request, obj) -> bool:
        """Whether a record that someone sees is also his to change."""
        own = access.cities_of(request.user)
        if obj is None or own is None or not self.acting_city:
            return True
        return attrgetter(self.acting_city)(obj) in own

    def has_change_permission(self, request, obj=None):
        record = self._record(request, obj)
        return super().has_change_permission(request, record) and self.acts_on(request, record)

    def has_delete_permission(self, request, obj=None):
        record = self._record(request, obj)
        return super().has_delete_permission(request, record) and self.acts_on(request, record)

    def _record(self, request, obj):
        """The actions of a record's page ask with its key instead of it."""
        return obj if obj is None or isinstance(obj, Model) else self.get_object(request, str(obj))

    def require(self, request, permission: str, obj=None) -> None:
        """Raises PermissionDenied where someone lacks a right, or has it in other cities than the record's."""
        if not (access.may(request.user, permission) and self.acts_on(request, obj)):
            raise PermissionDenied

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    # --- what can be chosen ---------------------------------------------------------------------------

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.raw_id_fields and "widget" not in kwargs:
            kwargs["widget"] = ScopedKeyWidget(db_field.remote_field, self.admin_site)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        _within(field, request)
        if field is not None and db_field.remote_field.model is City and access.cities_of(request.user):
            field.required = True  # nobody makes for all cities what is his to make for his own
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        _within(field, request)
        return field

    def get_list_filter(self, request):
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item):
        if not isinstance(item, str):
            return item
        try:
            field = get_fields_from_path(self.model, item)[-1]
        except FieldDoesNotExist:
            return item
        if field.is_relation:
            return (item, ScopedFilter) if field.remote_field.model in access.scoped_models() else item
        return (item, CityCodeFilter) if item.split("__")[-1] == "city" else item


def _within(field, request) -> None:
    if field is not None and field.queryset.model in access.scoped_models():
        field.queryset = access.in_scope(field.queryset, request.user)


class ScopedKeyWidget(UnfoldForeignKeyRawIdWidget):
    """A key typed or looked up; what it names is told only where it may be chosen."""

    def label_and_url_for_value(self, value):
        try:
            known = self.choices.queryset.filter(pk=value).exists()
        except (TypeError, ValueError):
            known = False
        return super().label_and_url_for_value(value) if known else ("", "")


class ScopedFilter(admin.RelatedFieldListFilter):
    """By a related record, among those that someone sees."""

    def field_choices(self, field, request, model_admin):
        rows = access.in_scope(field.remote_field.model._default_manager.all(), request.user)
        return [(row.pk, local_name(row) if isinstance(row, City) else str(row)) for row in rows]


class CityCodeFilter(admin.FieldListFilter):
    """By a city that is kept as a plain code."""

    def __init__(self, field, request, params, model, model_admin, field_path):
        self.lookup_kwarg = field_path
        self.cities = list(access.in_scope(City.objects.all(), request.user))
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = _("city")
        chosen = self.used_parameters.get(self.lookup_kwarg)
        self.chosen = chosen[-1] if isinstance(chosen, list) else chosen

    def expected_parameters(self):
        return [self.lookup_kwarg]

    def has_output(self):
        return len(self.cities) > 1

    def choices(self, changelist):
        yield {
            "selected": self.chosen is None,
            "query_string": changelist.get_query_string(remove=[self.lookup_kwarg]),
            "display": _("All"),
        }
        for city in self.cities:
            yield {
                "selected": self.chosen == city.pk,
                "query_string": changelist.get_query_string({self.lookup_kwarg: city.pk}),
                "display": local_name(city),
            }


class _ScopedDropdownForm(AutocompleteDropdownForm):
    """What was chosen is named only where it may be chosen."""

    def __init__(self, request, name, *args, **kwargs):
        super().__init__(request, name, *args, **kwargs)
        _within(self.fields[name], request)


class ScopedAutocompleteFilter(AutocompleteSelectFilter):
    """By a related record, found by typing."""

    form_class = _ScopedDropdownForm
