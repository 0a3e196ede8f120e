"""Reading what is on record about members and accounts, for the services and pages."""

from datetime import date

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from members.models import AccountEntry, Enrolment, Member, PersonalAccount
from policies.selectors import published
from policies.terms import EMPLOYED, RETIRED


def covering(day: date) -> Q:
    """The condition that a dated row covers a day."""
    return Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gte=day))


def enrolment_on(member: Member, day: date) -> Enrolment | None:
    """The enrolment that covers a day; None where there is none, or after death."""
    if member.died_on is not None and member.died_on < day:
        return None
    return Enrolment.objects.filter(covering(day), member=member).first()


def status_on(member: Member, day: date) -> str:
    """Retired from the day on which retired benefits start."""
    return RETIRED if member.retired_on is not None and member.retired_on <= day else EMPLOYED


def members_enrolled(city: str, day: date) -> QuerySet[Enrolment]:
    """The enrolments in a city that cover a day, in the order of the members' keys."""
    return Enrolment.objects.filter(covering(day), city=city).order_by("member")


def cities_with_policy() -> list[str]:
    """The codes of the cities that have a published version."""
    return sorted(set(published().values_list("city_id", flat=True)))


_PAYMENTS = (
    AccountEntry.Cause.SETTLEMENT,
    AccountEntry.Cause.FAMILY,
    AccountEntry.Cause.PREMIUM,
    AccountEntry.Cause.PURCHASE,
    AccountEntry.Cause.REVERSAL,
)


def paid_in(member_id: int, year: int) -> int:
    """What a member's account has paid in a year, less what was given back (fen)."""
    entries = AccountEntry.objects.filter(account=member_id, on__year=year, cause__in=_PAYMENTS)
    return -(entries.aggregate(sum=Sum("amount"))["sum"] or 0)


def unbalanced_accounts() -> QuerySet[PersonalAccount]:
    """Accounts whose balance is not the sum of their entries (`booked`, fen), or is negative."""
    booked = PersonalAccount.objects.annotate(booked=Coalesce(Sum("entries__amount"), 0))
    return booked.filter(~Q(balance=F("booked")) | Q(balance__lt=0)).order_by("pk")
