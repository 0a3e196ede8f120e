"""Which settlements are in force, and which of them a later event could change."""

from datetime import date, datetime

from django.db.models import F, QuerySet

from claims.models import AffectedNotice, Claim, Settlement


def in_force() -> QuerySet[Settlement]:
    """The settlements that count: the newest revision of each settled claim."""
    return Settlement.objects.filter(
        claim__status=Claim.State.SETTLED, revision=F("claim__revision")
    ).order_by()


def in_force_between(since: date, until: date | None, at: datetime) -> QuerySet[Settlement]:
    """Those in force with a service date in these days (inclusive; None: no end) that were made before `at`."""
    return _of_days(in_force().filter(settled_at__lt=at), since, until)


def revisions_between(since: date, until: date | None) -> QuerySet[Settlement]:
    """All revisions with a service date in these days, in force or not.

    Of a city they are served by an index alone, however many there are.
    """
    return _of_days(Settlement.objects.order_by(), since, until)


def _of_days(found: QuerySet[Settlement], since: date, until: date | None) -> QuerySet[Settlement]:
    found = found.filter(service_date__gte=since)
    return found if until is None else found.filter(service_date__lte=until)


def affected(notice: AffectedNotice) -> QuerySet[Settlement]:
    """The settlements of a notice that nothing has replaced since, in the members' order."""
    return of_notice(in_force_between(notice.since, notice.until, notice.at), notice).order_by(
        "member_id", "place"
    )


def of_notice(settlements: QuerySet[Settlement], notice: AffectedNotice) -> QuerySet[Settlement]:
    """Those of the member, institution or city that the notice names."""
    if notice.member_id is not None:
        settlements = settlements.filter(member_id=notice.member_id)
    if notice.institution_id is not None:
        # By the claim's column, which has an index by institution.
        settlements = settlements.filter(claim__institution_id=notice.institution_id)
    if notice.city:
        settlements = settlements.filter(city=notice.city)
    if notice.after_seq is not None:
        settlements = settlements.filter(claim__seq__gt=notice.after_seq)
    return settlements


def open_notices() -> QuerySet[AffectedNotice]:
    """Notices that no run has resolved."""
    return AffectedNotice.objects.filter(resolved_by__isnull=True)
