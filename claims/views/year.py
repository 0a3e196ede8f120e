"""A member's year: what has been used and is left, the account, every claim, and what entitled to benefits."""

from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.engine import keys
from claims.institution_claims import current_settlements
from claims.models import Accumulator, Claim, Settlement
from claims.views.gauges import gauges
from claims.views.statement import language_of
from members.loading import member_records_by_id
from members.masking import mask_id_number
from members.models import AccountEntry, Member, PersonalAccount
from members.records import LATE, OPEN, PAID, UNPAID, MemberRecord, Period, month_of
from policies import access
from policies.models import City, PolicyDocument
from policies.models.base import Employment, Plan, Status
from policies.selectors import terms_in_force
from policies.terms import RETIRED

SHOWN_AT_MOST = 500
# The longest waiting period that any document sets, with room.
_MONTHS_BEFORE = 12


@dataclass(frozen=True)
class Month:
    """One month's entitlement: a state with its sign and word."""

    name: str
    state: str
    sign: str
    label: str


@dataclass(frozen=True)
class Bar:
    """Something that covers days of the year, on the line of time (percent of its width).

    Its label stands where there is most room: inside, before or after it.
    """

    kind: str
    label: str
    first: date
    last: date | None
    x: str
    width: str
    label_at: str
    label_left: str
    label_right: str


@dataclass(frozen=True)
class Booked:
    """A claim with the settlement at which it stands."""

    claim: Claim
    settlement: Settlement | None


def page(admin, request, member_id: int, year: int):
    """The page of one member and one benefit year."""
    if not all(access.may(request.user, right) for right in ("members.view_member", "claims.view_claim")):
        raise PermissionDenied
    if not 2000 <= year <= 2100:
        raise Http404
    member = access.in_scope(Member.objects.filter(pk=member_id), request.user).first()
    if member is None:
        raise Http404
    request.current_app = admin.admin_site.name
    context = {
        **admin.admin_site.each_context(request),
        "title": _("%(year)s of %(name)s") % {"year": year, "name": member.name},
        "opts": Member._meta,
        "documents": dict(PolicyDocument.objects.values_list("number", "pk")),
        "original": member,
        **member_year(
            member,
            year,
            timezone.localdate(),
            language_of(get_language()),
            seen=access.in_scope(Claim.objects.all(), request.user),
        ),
    }
    return TemplateResponse(request, "claims/year.html", context)


def member_year(
    member: Member, year: int, today: date, language: str, *, seen: QuerySet[Claim] | None = None
) -> dict:
    """All that the page shows; `today` decides what is known and which version applies now.

    `seen`: the claims that the reader sees (None: all); how many others there are is told.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    reference = min(max(today, first), last)
    months = range(month_of(first) - _MONTHS_BEFORE, month_of(last) + 1)
    record = member_records_by_id([member.pk], months=months, with_waiting=True)[member.pk]
    cover = record.cover_on(reference)
    terms = terms_in_force(cover.city, reference) if cover else None
    used = dict(
        Accumulator.objects.filter(member_id=member.pk, key__contains=f"/{year}").values_list("key", "value")
    )
    of_year = _claims(Claim.objects.all(), member, first, last)
    shown = of_year if seen is None else _claims(seen, member, first, last)
    claims = list(shown[:SHOWN_AT_MOST])
    settlements = current_settlements(claims)
    account = PersonalAccount.objects.filter(member=member).first()
    entries = AccountEntry.objects.filter(account_id=member.pk, on__range=(first, last)).order_by("id")
    return {
        "member": member,
        "number": mask_id_number(member.number),
        "year": year,
        "years": (year - 1, year + 1),
        "reference": reference,
        "status": Status(record.status_on(reference)).label,
        "cover": cover,
        "city": City.objects.filter(pk=cover.city).first() if cover else None,
        "employment": Employment(cover.employment).label if cover else None,
        "plan": Plan(cover.plan).label if cover else None,
        "terms": terms,
        "own_document": terms.document if terms else None,
        "gauges": gauges(terms, record.status_on(reference), used, reference, language) if terms else [],
        "admissions": used.get(keys.admissions(first), 0),
        "account": account,
        "entries": entries[:SHOWN_AT_MOST],
        "elsewhere": of_year.count() - shown.count(),
        "claims": [Booked(claim, settlements.get(claim.pk)) for claim in claims],
        "months": list(_months(record, year, today)),
        "bars": [*_bars(record, first, last), *_claimed_stays(claims, first, last)],
        "visits": [_day_at(claim.service_date, first) for claim in claims if claim.admitted_on is None],
        "ticks": [_day_at(date(year, month, 1), first) for month in range(1, 13)],
    }


def _claims(claims: QuerySet[Claim], member: Member, first: date, last: date) -> QuerySet[Claim]:
    """The member's claims of the year in the order of receipt, by the index on the member's number."""
    found = claims.filter(member_number=member.number, service_date__range=(first, last))
    return found.select_related("institution").defer("content").order_by("seq")


# --- month by month -----------------------------------------------------------------------------------

_SIGNS = {PAID: "✓", LATE: "◷", UNPAID: "✕", OPEN: "○", "waiting": "⌛", "free": "✓", "none": "–"}


def _months(record: MemberRecord, year: int, today: date) -> Iterable[Month]:
    labels = {
        PAID: _("paid"),
        LATE: _("paid late"),
        UNPAID: _("unpaid"),
        OPEN: _("not due yet"),
        "waiting": _("waiting period"),
        "free": _("retired, nothing due"),
        "none": _("not enrolled"),
    }
    for number in range(1, 13):
        first = date(year, number, 1)
        state = _state(record, first, today)
        yield Month(date_format(first, "M"), state, _SIGNS[state], labels[state])


def _state(record: MemberRecord, first: date, today: date) -> str:
    """The month's state as adjudication sees it on its first day on which the member is enrolled."""
    day = next((day for day in _days(first) if record.cover_on(day)), None)
    if day is None:
        return "none"
    if record.status_on(day) == RETIRED:
        return "free"
    due = record.due_state(month_of(day), today)
    cover = record.cover_on(day)
    terms = terms_in_force(cover.city, day)
    if terms and due in (PAID, LATE) and record.waiting_until(day, cover.employment, terms, today):
        return "waiting"
    return due


def _days(first: date) -> Iterable[date]:
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)


# --- the line of time ---------------------------------------------------------------------------------


def _bars(record: MemberRecord, first: date, last: date) -> Iterable[Bar]:
    for registration in record.registrations:
        label = _("registration %(disease)s") % {"disease": registration.disease}
        yield from _bar("registration", label, registration.period, first, last)
    for stay in record.stays:
        yield from _bar("stay", _("hospital stay"), stay, first, last)
    for period in record.ltc:
        yield from _bar("ltc", _("specialised long-term care"), period, first, last)


def _claimed_stays(claims: Iterable[Claim], first: date, last: date) -> Iterable[Bar]:
    """The stays of claims that stand; rejected, withdrawn and reversed ones are none."""
    for claim in claims:
        if claim.admitted_on is not None and claim.status in (Claim.State.SETTLED, Claim.State.PENDED):
            label = _("hospital stay, claim %(number)s") % {"number": claim.claim_number}
            yield from _bar("stay", label, Period(claim.admitted_on, claim.discharged_on), first, last)


def _bar(kind: str, label: str, period, first: date, last: date) -> Iterable[Bar]:
    """The part of the period that lies in the year; nothing where none does."""
    start, end = max(period.starts_on, first), min(period.ends_on or last, last)
    if start <= end:
        before, during = (start - first).days, (end - start).days + 1
        after = _year_days(first) - before - during
        room = {
            "inside": (during, before, after),
            "after": (after, before + during, 0),
            "before": (before, 0, during + after),
        }
        label_at = max(room, key=room.get)
        _days_of_room, left, right = room[label_at]
        places = (_percent(days, first) for days in (before, during))
        sides = (_percent(days, first) for days in (left, right))
        yield Bar(kind, label, period.starts_on, period.ends_on, *places, label_at, *sides)


def _day_at(day: date, first: date) -> str:
    return _percent((day - first).days, first)


def _percent(days: int, first: date) -> str:
    """So many days as a part of the year's."""
    return f"{days * 100 / _year_days(first):.2f}%"


def _year_days(first: date) -> int:
    return 366 if isleap(first.year) else 365
