"""One page with everything that changed about a record and what belongs to it; as it stood; as a file."""

from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import access
from policies.admin.labels import plain_label
from policies.cities import Titled
from policies.history import registry
from policies.history.entries import EVENT, KINDS, steps
from policies.history.exports import csv_text, xlsx_bytes
from policies.history.reading import History
from policies.history.state import state_at
from policies.history.telling import Speakers
from policies.history.wanted import Wanted, end_of
from policies.models import User

LATEST_ON_A_PAGE = 100
_FILTERS = ("of", "person", "field", "kind", "since", "until")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlainSpeaker:
    """For a model whose admin says nothing special about its fields."""

    hidden_history = ()

    def __init__(self, model):
        self.model = model

    def tell(self, name, value, record) -> None:
        return None

    def label(self, name):
        return plain_label(self.model, name)

    def title(self, record) -> str:
        return str(record)


def speakers(site) -> Speakers:
    """Each model's admin, which knows the units and names of its fields."""

    def of(model):
        admin = site.get_model_admin(model) if site.is_registered(model) else None
        return admin if hasattr(admin, "tell") else PlainSpeaker(model)

    return of


class HistoryPage:
    """For a ModelAdmin: the history of a record with all that is registered for its model (policies.history)."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_history_export"
        export = self.admin_site.admin_view(self.history_export_view)
        own = [path("<path:object_id>/history/export/<slug:kind>/", export, name=name)]
        return own + super().get_urls()

    def history_view(self, request, object_id, extra_context=None):
        record = self._seen(request, object_id)
        history = self._history(request, record)
        wanted = Wanted.of(request.GET)
        page = history.page(wanted)
        context = {
            **_context(self, request, wanted, page),
            "title": _("History of %(name)s") % {"name": self.title(record)},
            "original": Titled(record, self.title(record)),
            "people": history.people(),
            "fields": history.fields(),
            "export": self._export_address(record) if self._may_export(request, record) else "",
            **self._state(request, record),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "pages/history.html", context)

    def _state(self, request, record) -> dict:
        """The record as it stood at the moment that was asked for."""
        moment = end_of(request.GET.get("on"))
        if moment is None:
            return {"on": ""}
        moment = min(moment, timezone.now())
        state = state_at(record, moment, request.user, speakers(self.admin_site))
        return {"on": request.GET["on"], "moment": moment, "state": state}

    def history_export_view(self, request, object_id, kind):
        record = self._seen(request, object_id)
        if not self._may_export(request, record):
            raise PermissionDenied
        entries = self._history(request, record).all(Wanted.of(request.GET))
        return file_of(entries, kind, f"history-{self.opts.model_name}-{record.pk}")

    def _seen(self, request, object_id):
        record = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        if record is None:
            raise Http404
        return record

    def _may_export(self, request, record) -> bool:
        return access.may(request.user, access.EXPORT_HISTORY)

    def _history(self, request, record) -> History:
        records = self.model._default_manager.filter(pk=record.pk)
        return History([records], request.user, speakers(self.admin_site))

    def _export_address(self, record) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_history_export"
        return reverse(name, args=[record.pk, "kind"]).removesuffix("kind/")


def file_of(entries, kind: str, name: str) -> HttpResponse:
    """The entries as a download: `kind` is csv or xlsx."""
    if kind == "csv":
        response = StreamingHttpResponse(csv_text(entries), content_type="text/csv; charset=utf-8")
    elif kind == "xlsx":
        response = HttpResponse(xlsx_bytes(entries), content_type=_XLSX)
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["Cache-Control"] = "no-store"
    return response


# --- the latest of everything -----------------------------------------------------------------------------


def latest_page(admin, request):
    """What changed lately in someone's cities, whatever it was about."""
    history = latest_history(admin.admin_site, request.user, request.GET.get("of", ""))
    wanted = Wanted.of(request.GET)
    page = history.linked_page(wanted, LATEST_ON_A_PAGE, address_of)
    context = {
        **_context(admin, request, wanted, page),
        "title": _("Latest changes"),
        "people": [(str(user.pk), user.get_username()) for user in _colleagues(request.user)],
        "fields": history.fields(),
        "latest": True,
        "subjects": [
            (model._meta.label_lower, model._meta.verbose_name_plural)
            for model in _readable_subjects(request.user)
        ],
        "of": request.GET.get("of", ""),
        "export": _latest_export() if access.may(request.user, access.EXPORT_HISTORY) else "",
    }
    return TemplateResponse(request, "pages/history.html", context)


def latest_export(admin, request, kind):
    if not access.may(request.user, access.EXPORT_HISTORY):
        raise PermissionDenied
    history = latest_history(admin.admin_site, request.user, request.GET.get("of", ""))
    return file_of(history.all(Wanted.of(request.GET)), kind, "history")


def latest_history(site, user, of: str = "") -> History:
    """The history of all records that someone may read. `of`: only of those of a model ("members.member").

    Raises PermissionDenied where he may read none.
    """
    models = _readable_subjects(user)
    if not models or not access.may(user, access.VIEW_HISTORY):
        raise PermissionDenied
    chosen = [model for model in models if model._meta.label_lower == of] or models
    records = [access.in_scope(model._default_manager.all(), user) for model in chosen]
    return History(records, user, speakers(site), latest=True)


def _readable_subjects(user) -> list:
    return [model for model in registry.subjects() if access.may(user, registry.view_permission(model))]


def address_of(model, key) -> str:
    """The history page of a record."""
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[key]) if key else ""


def _colleagues(user):
    """Whoever acts in one of someone's cities."""
    own = access.cities_of(user)
    found = User.objects.order_by("username")
    return found if own is None else found.filter(cities__in=own).distinct()


def _latest_export() -> str:
    return reverse("admin:policies_history_export", args=["kind"]).removesuffix("kind/")


def _context(admin, request, wanted: Wanted, page) -> dict:
    request.current_app = admin.admin_site.name
    query = {name: value for name, value in request.GET.items() if name in _FILTERS}
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "steps": steps(page.entries),
        "kinds": [*KINDS.items(), (EVENT, _("event"))],
        "wanted": wanted,
        "query": urlencode(query),
        "more": urlencode({**query, "behind": str(page.last)}) if page.last else "",
    }
