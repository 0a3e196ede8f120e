"""Finding claims and settlements by indexes that are there anyway."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from claims.ids import first_uuid7
from claims.models import ClaimKey

_FROM, _TO = "service_date_from", "service_date_to"
# Clocks of institutions may be off by a day.
_MARGIN = timedelta(days=2)


def claims_numbered(number: str) -> list[UUID]:
    """The claims of any institution with this number."""
    keys = ClaimKey.objects.filter(claim_number=number)
    return list(keys.values_list("claim_id", flat=True)[:1000])


def service_dates(request) -> bool:
    """Whether a list is asked for certain service dates."""
    return any(request.GET.get(name) for name in (_FROM, _TO))


def received_since(request, key: str = "pk") -> Q:
    """What was received since the first service date asked for: nothing is sent before it was done.

    So a list of service dates begins, the first received first, where they begin, without an index of dates.
    """
    since = _day(request.GET.get(_FROM))
    if since is None:
        return Q()
    midnight = datetime.combine(min(since, timezone.localdate()) - _MARGIN, time())
    return Q(**{f"{key}__gte": first_uuid7(timezone.make_aware(midnight))})


def _day(text: str | None) -> date | None:
    try:
        return parse_date_str(text) if text else None
    except (ValueError, ValidationError):
        return None


class ServiceDateFilter(RangeDateFilter):
    """Service dates from and to, of claims; `claim_key` names the claim's key, whose order is that of receipt."""

    claim_key = "pk"

    def queryset(self, request, queryset):
        found = super().queryset(request, queryset)
        return found if found is None else found.filter(received_since(request, self.claim_key))


class SettledServiceDateFilter(ServiceDateFilter):
    claim_key = "claim_id"
