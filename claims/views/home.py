"""The first page: what waits, what is in force, and the way to everything else."""

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.affected import open_notices
from claims.models import Claim
from claims.selectors import queue_state
from claims.views.pended import groups
from claims.views.statement import language_of
from policies.models import City
from policies.selectors import DRAFT, IN_FORCE, SCHEDULED, timeline

_GROUPS_SHOWN = 5


def dashboard(request, context: dict) -> dict:
    """Adds to the first page what this person may see."""
    now = timezone.now()
    context["title"] = _("Home")
    if request.user.has_perm("claims.view_claim"):
        queue = queue_state()
        found = groups(now, language_of(get_language()))
        context |= {
            "queue": queue,
            "oldest_queued": _age(queue["oldest_queued_age_seconds"]),
            "parked": Claim.objects.filter(status=Claim.State.QUEUED, parked=True).count(),
            "pended": found[:_GROUPS_SHOWN],
            "pended_total": sum(group.count for group in found),
            "pended_oldest": max((group.oldest_days for group in found), default=None),
            "notices": open_notices().count(),
        }
    if request.user.has_perm("policies.view_policyversion"):
        context["cities"] = _cities(timezone.localdate())
    return context


def _age(seconds: float | None) -> str:
    """How long the oldest queued claim has waited, in words; "" without one."""
    return "" if seconds is None else timesince(timezone.now() - timedelta(seconds=seconds), depth=1)


def _cities(today) -> list[dict]:
    """Each city with its version in force, the next one, and its drafts."""
    found = []
    for city in City.objects.annotate(versions_count=Count("versions")).filter(versions_count__gt=0):
        line = timeline(city.pk, today)
        found.append(
            {
                "city": city,
                "in_force": next((entry for entry in line if entry.state == IN_FORCE), None),
                "scheduled": [entry for entry in line if entry.state == SCHEDULED],
                "drafts": [entry for entry in line if entry.state == DRAFT],
            }
        )
    return found
