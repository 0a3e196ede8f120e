"""Pages of the policy desk, each with the rule of who may open it: nobody sees what is outside his cities."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from policies import access
from policies.cities import Titled, local_name
from policies.models import AcceptanceCase, City, DocumentFile, PolicyDocument, PolicyVersion


@dataclass(frozen=True)
class Subject:
    """What a page is about: how it is found, and where its city stands."""

    queryset: Callable[[], QuerySet]
    city_of: Callable[[object], str | None]


VERSION = Subject(
    lambda: PolicyVersion.objects.select_related("city", "document", "based_on"), lambda v: v.city_id
)
CASE = Subject(
    lambda: AcceptanceCase.objects.select_related("version__city", "version__document"),
    lambda case: case.version.city_id,
)
CITY = Subject(lambda: City.objects.all(), lambda city: city.pk)
DOCUMENT = Subject(lambda: PolicyDocument.objects.select_related("city"), lambda _document: None)
FILE = Subject(lambda: DocumentFile.objects.select_related("document"), lambda _file: None)


@dataclass(frozen=True)
class Page:
    """An address under the admin of `model`, the permission that opens it, and what it is about.

    Without a `subject` the page is of no single record, and bounds itself to its reader's cities.
    """

    model: type
    route: str
    name: str
    show: Callable[..., HttpResponse]
    permission: str
    subject: Subject | None = None
    post_only: bool = False

    def pattern(self, admin) -> URLPattern:
        def view(request: HttpRequest, **kwargs) -> HttpResponse:
            return self.answer(admin, request, kwargs)

        return path(self.route, admin.admin_site.admin_view(view), name=self.name)

    def answer(self, admin, request: HttpRequest, kwargs: dict) -> HttpResponse:
        """404 for what is outside the reader's cities, 403 without the permission, else the page."""
        if self.post_only and request.method != "POST":
            raise Http404
        if self.subject is None:
            if not access.may(request.user, self.permission):
                raise PermissionDenied
            return self.show(admin, request)
        found = access.in_scope(self.subject.queryset(), request.user).filter(**kwargs).first()
        if found is None:
            raise Http404
        if not access.may(request.user, self.permission, self.subject.city_of(found)):
            raise PermissionDenied
        return self.show(admin, request, found)


def render(admin, request, template: str, title: str, **context) -> TemplateResponse:
    """A page inside the admin."""
    request.current_app = admin.admin_site.name
    frame = {**admin.admin_site.each_context(request), "opts": admin.opts, "title": title}
    if (record := context.pop("original", None)) is not None:
        frame["original"] = Titled(record, title)
    return TemplateResponse(request, template, {**frame, **context})


def title_of(version: PolicyVersion) -> str:
    """A version as headings name it."""
    day = version.effective_from or _("no date yet")
    return _("%(city)s, from %(day)s") % {"city": local_name(version.city), "day": day}


def asked_day(request) -> tuple[date, str]:
    """The day that `?on=` asks for, today without one; and what is wrong with it, if something is."""
    today, asked = timezone.localdate(), request.GET.get("on", "")
    if not asked:
        return today, ""
    try:
        day = parse_date(asked)
    except ValueError:
        day = None
    return (day, "") if day else (today, _("Enter a date such as 2023-05-01."))


def document_keys() -> dict[str, int]:
    """The register's documents by number, for links from clauses."""
    return dict(PolicyDocument.objects.values_list("number", "pk"))
