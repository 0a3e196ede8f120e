"""Which settlements are in force, and which of them a later event could change."""

from datetime import date, datetime

from django.db.models import F, QuerySet

from claims.models import AffectedNotice, Claim, Settlement


def in_force() -> QuerySet[Settlement]:
    """The settlements that count: the newest revision of each settled claim."""
    return Settlement.objects.filter(
        claim__status=Claim.State.SETTLED, revision=F("claim__revision")
    ).order_by()


def between(since: date, until: date | None, at: datetime) -> QuerySet[Settlement]:
    """Those in force with a service date in these days (inclusive; None: no end) that were made before `at`."""
    found = in_force().filter(service_date__gte=since, settled_at__lt=at)
    return found if until is None else found.filter(service_date__lte=until)


def affected(notice: AffectedNotice) -> QuerySet[Settlement]:
    """The settlements of a notice that nothing has replaced since, in the members' order."""
    found = between(notice.since, notice.until, notice.at)
    if notice.member_id is not None:
        found = found.filter(member_id=notice.member_id)
    if notice.institution_id is not None:
        found = found.filter(institution_id=notice.institution_id)
    if notice.city:
        found = found.filter(city=notice.city)
    if notice.after_seq is not None:
        found = found.filter(claim__seq__gt=notice.after_seq)
    return found.order_by("member_id", "place")


def open_notices() -> QuerySet[AffectedNotice]:
    """Notices that no run has resolved."""
    return AffectedNotice.objects.filter(resolved_by__isnull=True)
