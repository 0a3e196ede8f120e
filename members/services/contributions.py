"""Booking contributions: append-only facts, of which the newest of a month counts.

Booking what is on record already writes nothing, so a file can be sent again.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.loading import member_records_by_id
from members.models import Contribution
from members.records import OPEN, PAID, Due, MemberRecord, month_start
from members.registry import Fact, FactsChanged, facts_changed
from policies.models import User
from policies.money import MAX_FEN
from policies.terms import EMPLOYEE

CHUNK = 1000
# How many months after its own a payment can matter, through a waiting period that begins or ends with it.
# The documents have two at most; nothing is lost by looking further.
WAITING_REACH = 12


@dataclass(frozen=True, slots=True)
class Booking:
    """A month's contribution of a member: `month` an ordinal, `base` fen, `paid_on` None: declared unpaid."""

    member_id: int
    city: str
    month: int
    employment: str
    base: int
    paid_on: date | None


def book_contribution(*, booking: Booking, at: datetime, actor: User | None) -> bool:
    """Books one contribution; False where it is on record already. Raises ValidationError."""
    return book_contributions(bookings=[booking], at=at, actor=actor) == 1


def book_contributions(*, bookings: Iterable[Booking], at: datetime, actor: User | None) -> int:
    """Books contributions, at most one per member and month, in chunks of members; how many were new.

    Listeners hear of months whose state (paid, late, unpaid) is another than before. Raises ValidationError
    for a base or a day of payment that cannot be, before anything is written.
    """
    by_member = defaultdict(list)
    for booking in bookings:
        check_booking(booking, on=timezone.localdate(at))
        by_member[booking.member_id].append(booking)
    members = sorted(by_member)
    booked = 0
    for start in range(0, len(members), CHUNK):
        chunk = [booking for member in members[start : start + CHUNK] for booking in by_member[member]]
        booked += _book_chunk(chunk, at, actor)
    return booked


def check_booking(booking: Booking, *, on: date) -> None:
    """Raises ValidationError where the figures cannot be."""
    if not 0 <= booking.base <= MAX_FEN:
        raise ValidationError(_("The contribution base must be 0 or more."), code="base")
    if booking.paid_on is not None and booking.paid_on > on:
        raise ValidationError(_("The day of payment lies in the future: check the date."), code="paid_on")


@transaction.atomic
def _book_chunk(bookings: Sequence[Booking], at: datetime, actor: User | None) -> int:
    months = [booking.month for booking in bookings]
    ids = {booking.member_id for booking in bookings}
    records = member_records_by_id(ids, months=range(min(months), max(months) + 1), with_waiting=True)
    new = [
        booking for booking in bookings if records[booking.member_id].dues.get(booking.month) != _due(booking)
    ]
    Contribution.objects.bulk_create(
        (
            Contribution(
                member_id=booking.member_id,
                city_id=booking.city,
                month=month_start(booking.month),
                employment=booking.employment,
                base=booking.base,
                paid_on=booking.paid_on,
                recorded_at=at,
                actor=actor,
            )
            for booking in new
        ),
        batch_size=CHUNK,
    )
    _tell(new, records, timezone.localdate(at))
    return len(new)


def _due(booking: Booking) -> Due:
    return Due(booking.paid_on, booking.employment, booking.base)


def _tell(bookings: Sequence[Booking], records: dict[int, MemberRecord], on: date) -> None:
    """One event for each month and reach, whatever the number of members."""
    groups = defaultdict(set)
    for booking in bookings:
        reach = _reach(booking, records[booking.member_id], on)
        if reach is not None:
            groups[booking.month, reach].add(booking.member_id)
    for (month, reach), members in sorted(groups.items()):
        cause = _("contribution of %(month)s") % {"month": f"{month_start(month):%Y-%m}"}
        until = _last_day(month + reach)
        change = FactsChanged(Fact.CONTRIBUTION, month_start(month), until, cause, tuple(sorted(members)))
        facts_changed(change)


def _reach(booking: Booking, record: MemberRecord, on: date) -> int | None:
    """How many months after its own the booking can matter; None where adjudication sees no difference."""
    due, before = _due(booking), record.due_state(booking.month, on)
    after = MemberRecord(0, "", record.born, (), dues={booking.month: due}).due_state(booking.month, on)
    employment_before = record.dues.get(booking.month, due).employment
    # A month that is not over counts as paid: that it then is, is no news.
    same = before == after or (before == OPEN and after == PAID)
    if same and employment_before == due.employment:
        return None
    employee_before = record.first_paid is not None and record.first_paid < booking.month
    return 0 if employee_before and due.employment == EMPLOYEE else WAITING_REACH


def _last_day(month: int) -> date:
    first = month_start(month)
    return first.replace(day=monthrange(first.year, first.month)[1])
