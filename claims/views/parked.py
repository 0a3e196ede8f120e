"""Claims parked after repeated failures of ours, by what failed: how many, how often, where, and trying again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.forms import DecisionForm
from claims.models import Claim, ClaimEvent
from claims.services import requeue
from claims.views.deciding import AT_ONCE, decide
from policies import access

ON_A_PAGE = 50


@dataclass(frozen=True)
class Group:
    """Claims that failed with the same error at the same place, as the worker recorded it (`reason`)."""

    reason: str
    count: int
    attempts: int
    oldest_days: int
    first_at: datetime
    last_at: datetime
    first_day: date | None
    last_day: date | None

    @property
    def error(self) -> str:
        return self.reason.partition(" ")[0]

    @property
    def where(self) -> str:
        return self.reason.partition(" ")[2]

    @property
    def query(self) -> str:
        return urlencode({"failure": self.reason})


def parked_claims(user) -> QuerySet[Claim]:
    """The parked claims that someone may see, each with what last failed (`failure`) and when (`failed_at`).

    Which city's rules they fall under was not known yet: the institution's city decides.
    """
    parked = Claim.objects.filter(status=Claim.State.QUEUED, parked=True)
    last = ClaimEvent.objects.filter(claim=OuterRef("pk"), kind=ClaimEvent.Kind.PARKED).order_by("-pk")
    shown = access.in_scope(parked, user).defer("content")
    return shown.annotate(
        failure=Subquery(last.values("reason")[:1]), failed_at=Subquery(last.values("at")[:1])
    )


def groups(claims: QuerySet[Claim], at: datetime) -> list[Group]:
    """Parked claims by what failed, the largest group first."""
    rows = (
        claims.values("failure")
        .annotate(
            count=Count("pk"),
            most=Max("attempts"),
            oldest=Min("received_at"),
            first_at=Min("failed_at"),
            last_at=Max("failed_at"),
            first_day=Min("service_date"),
            last_day=Max("service_date"),
        )
        .order_by("-count", "failure")
    )
    return [_group(row, at) for row in rows]


def _group(row: dict, at: datetime) -> Group:
    return Group(
        reason=row["failure"] or "",
        count=row["count"],
        attempts=row["most"],
        oldest_days=(at - row["oldest"]).days,
        first_at=row["first_at"],
        last_at=row["last_at"],
        first_day=row["first_day"],
        last_day=row["last_day"],
    )


# --- the page -------------------------------------------------------------------------------------------


def _again(ids, reason, actor, at):
    return requeue.requeue(claim_ids=ids, reason=reason, actor=actor, at=at)


_DECISIONS = (("again", gettext_lazy("Try again"), "primary", _again),)


def page(admin, request):
    """All groups; with ?failure=… one of them, with its claims, to be tried again."""
    if "failure" in request.GET:
        return _group_page(admin, request)
    found = groups(parked_claims(request.user), timezone.now())
    context = {**_context(admin, request), "groups": found, "total": sum(group.count for group in found)}
    return TemplateResponse(request, "claims/parked.html", context)


def _context(admin, request) -> dict:
    request.current_app = admin.admin_site.name
    return {**admin.admin_site.each_context(request), "title": _("Parked claims"), "opts": admin.opts}


def _group_page(admin, request):
    parked = parked_claims(request.user)
    failure = request.GET["failure"]
    claims = parked.filter(failure=failure)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = decide(request, _DECISIONS, claims, form)
        if response is not None:
            return response
    group = next((g for g in groups(parked, timezone.now()) if g.reason == failure), None)
    if group is None:
        return HttpResponseRedirect(reverse("admin:claims_parked"))
    shown = Paginator(claims.select_related("institution").order_by("seq"), ON_A_PAGE)
    context = {
        **_context(admin, request),
        "group": group,
        "page": shown.get_page(request.GET.get("page")),
        "form": form,
        "decisions": _offered(request.user),
        "at_once": AT_ONCE,
        "chosen": request.POST.getlist("claim"),
    }
    return TemplateResponse(request, "claims/parked_group.html", context)


def _offered(user) -> Iterable[tuple]:
    return _DECISIONS if access.may(user, "claims.change_claim") else ()
