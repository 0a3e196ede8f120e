"""What the funds paid, summed over settlements."""

from datetime import date, datetime
from functools import lru_cache

from django.db.models import Sum

from claims.models import Settlement
from policies import access, replica

# The sums over a month's settlements are asked for more often than they change by anything that matters.
_KEPT_SECONDS = 600


def fund_paid(user, since: date, until: date, at: datetime) -> int:
    """Fen that pooled fund and critical-illness insurance paid for care of these days, in someone's cities.

    Reversals count with what they give back. As of some minutes before `at`.
    """
    return _sum(access.cities_of(user), since, until, int(at.timestamp()) // _KEPT_SECONDS)


@lru_cache(maxsize=64)
def _sum(own: frozenset[str] | None, since: date, until: date, _kept: int) -> int:
    found = Settlement.objects.filter(service_date__range=(since, until)).order_by()
    if own is not None:
        found = found.filter(city__in=own)
    with replica.reading():
        sums = found.aggregate(pooled=Sum("pooled_fund"), critical=Sum("critical_illness"))
    return (sums["pooled"] or 0) + (sums["critical"] or 0)
