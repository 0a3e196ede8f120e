"""Pended claims by what would resolve them: how many, how long the oldest waits, where to mend it, and deciding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

import msgspec
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from claims.codes import PENDED, code_label
from claims.forms import DecisionForm
from claims.messages import message
from claims.models import Claim
from claims.services import requeue, review
from claims.views.deciding import AT_ONCE, decide
from claims.views.fixes import Fix, Fixes
from claims.views.statement import language_of
from policies import access
from policies.cities import local_name
from policies.models import City

ON_A_PAGE = 50
# The detail of these names each claim's own day, which tells no group apart.
_WITHOUT_DETAIL = ("no_policy_in_force", "awaiting_inpatient")


@dataclass(frozen=True)
class Group:
    """Claims that wait for the same thing."""

    city: str
    city_name: str
    code: str
    detail: str
    label: str
    sentence: str
    count: int
    oldest_days: int
    first_day: date | None
    last_day: date | None
    fix: Fix | None

    @property
    def query(self) -> str:
        return urlencode({"city": self.city, "code": self.code, "detail": self.detail})


def pended_claims(user) -> QuerySet[Claim]:
    """The pended claims that are for someone to decide: those under the rules of his cities."""
    pended = Claim.objects.filter(status=Claim.State.PENDED)
    own = access.cities_of(user)
    return pended if own is None else pended.filter(city__in=own)


def groups(claims: QuerySet[Claim], at: datetime, language: str) -> list[Group]:
    """Pended claims in groups, by cause in the order of codes, the largest first."""
    rows = (
        claims.values("city", "code", "detail")
        .annotate(
            count=Count("pk"), oldest=Min("received_at"), first=Min("service_date"), last=Max("service_date")
        )
        .order_by()
    )
    merged: dict[tuple, dict] = {}
    for row in rows:
        detail = "" if row["code"] in _WITHOUT_DETAIL else row["detail"]
        known = merged.setdefault((row["city"], row["code"], detail), {**row, "count": 0})
        known["count"] += row["count"]
        for name, choose in (("oldest", min), ("first", min), ("last", max)):
            known[name] = _either(choose, known[name], row[name])
    names = {city.pk: local_name(city) for city in City.objects.all()}
    fixes = Fixes()
    found = [_group(key, row, names, fixes, at, language) for key, row in merged.items()]
    order = list(PENDED)
    return sorted(found, key=lambda group: (order.index(group.code), -group.count, group.city))


def _either(choose, *values):
    given = [value for value in values if value is not None]
    return choose(given) if given else None


def _group(key, row, names, fixes, at, language) -> Group:
    city, code, detail = key
    return Group(
        city=city,
        city_name=names.get(city, ""),
        code=code,
        detail=detail,
        label=code_label(code),
        sentence=_sentence(code, row["detail"], language),
        count=row["count"],
        oldest_days=(at - row["oldest"]).days,
        first_day=row["first"],
        last_day=row["last"],
        fix=fixes.fix(city, code, detail, row["first"]),
    )


def _sentence(code: str, detail: str, language: str) -> str:
    if code == "no_policy_in_force":
        return str(_("No published version applies on the service dates."))
    return message(code, msgspec.json.decode(detail) if detail else (), language)


# --- the page -------------------------------------------------------------------------------------------


def _requeue(ids, reason, actor, at):
    return requeue.requeue(claim_ids=ids, reason=reason, actor=actor, at=at)


def _release(ids, reason, actor, at):
    return review.release(claim_ids=ids, reason=reason, actor=actor, at=at)


def _refuse(ids, reason, actor, at):
    return review.refuse(claim_ids=ids, reason=reason, actor=actor, at=at)


# What can be decided about a group, by its code: name, label, kind of button, call.
_REVIEW = (
    ("release", gettext_lazy("Release"), "primary", _release),
    ("refuse", gettext_lazy("Refuse"), "danger", _refuse),
)
_QUEUE = (("requeue", gettext_lazy("Queue again"), "primary", _requeue),)


def decisions(code: str) -> Iterable[tuple]:
    if code == "review":
        return _REVIEW
    return _QUEUE if code in requeue.CAUSES else ()


def page(admin, request):
    """All groups; with ?code=… one of them, with its claims and what can be decided about them."""
    if "code" in request.GET:
        return _group_page(admin, request)
    now = timezone.now()
    found = groups(pended_claims(request.user), now, language_of(get_language()))
    context = {
        **_context(admin, request),
        "groups": found,
        "total": sum(group.count for group in found),
    }
    return TemplateResponse(request, "claims/pended.html", context)


def _context(admin, request) -> dict:
    request.current_app = admin.admin_site.name
    return {**admin.admin_site.each_context(request), "title": _("Pended claims"), "opts": admin.opts}


def _group_page(admin, request):
    query = {name: request.GET.get(name, "") for name in ("city", "code", "detail")}
    claims = _claims(pended_claims(request.user), **query)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = decide(request, decisions(query["code"]), claims, form)
        if response is not None:
            return response
    found = groups(pended_claims(request.user), timezone.now(), language_of(get_language()))
    group = next((g for g in found if (g.city, g.code, g.detail) == tuple(query.values())), None)
    if group is None:
        return HttpResponseRedirect(reverse("admin:claims_pended"))
    shown = Paginator(claims.select_related("institution").order_by("seq"), ON_A_PAGE)
    context = {
        **_context(admin, request),
        "group": group,
        "page": shown.get_page(request.GET.get("page")),
        "form": form,
        "decisions": decisions(group.code) if access.may(request.user, "claims.change_claim") else (),
        "at_once": AT_ONCE,
        "chosen": request.POST.getlist("claim"),
    }
    return TemplateResponse(request, "claims/pended_group.html", context)


def _claims(pended: QuerySet[Claim], city: str, code: str, detail: str) -> QuerySet[Claim]:
    found = pended.filter(city=city, code=code).defer("content")
    return found if code in _WITHOUT_DETAIL else found.filter(detail=detail)
