"""The monthly credits of a city's personal accounts (spec 2.12), in chunks of members.

A run can be repeated at any time: who has the month's credit does not get it twice. Who could not be credited
is counted by reason, has no entry, and is looked at again by a later run. So that arrears are credited once
they are paid, every run first credits the earlier months of which a contribution was booked since the last.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from members import selectors
from members.credit import ALREADY_CREDITED, Credit, monthly_credit
from members.loading import member_records_by_id
from members.lookups import Among
from members.models import AccountEntry, Contribution, CreditRun
from members.records import month_of, month_start
from members.services.accounts import lock_accounts, post_entries
from policies.models import User
from policies.selectors import terms_in_force
from policies.terms import Terms

CHUNK = 1000
Cause = AccountEntry.Cause
# A contribution may be booked before and committed after a run that does not see it; later runs look so far
# behind the last one again.
_MARGIN = timedelta(days=1)


@dataclass
class CreditReport:
    """What a run came to: members credited and their sum (fen), and by reason the keys of those who were not.

    `arrears`: the reports of earlier months that were caught up with, by ordinal.
    """

    city: str
    month: int
    credited: int = 0
    amount: int = 0
    refused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    arrears: dict[int, "CreditReport"] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """How many members were not credited, by reason."""
        return {reason: len(members) for reason, members in sorted(self.refused.items())}


def credit_month(*, city: str, month: int, on: date, at: datetime, actor: User | None) -> CreditReport:
    """Credits a city's members for `month` (an ordinal), then has the run on record.

    Each chunk is a transaction of its own. Raises ValidationError `month` for one that has not begun by `on`.
    """
    if month_start(month) > on:
        raise ValidationError(
            _("%(month)s has not begun: credit it from its first day on."),
            code="month",
            params={"month": f"{month_start(month):%Y-%m}"},
        )
    report = CreditReport(city, month)
    for earlier, members in sorted(_booked_since_last_run(city, month).items()):
        report.arrears[earlier] = CreditReport(city, earlier)
        _credit(report.arrears[earlier], members, on, at, actor)
    _credit(report, _enrolled(city, month), on, at, actor)
    _record(report, at, actor)
    for caught_up in report.arrears.values():
        _record(caught_up, at, actor)
    return report


def credit_due_months(*, city: str, on: date, at: datetime, actor: User | None) -> list[CreditReport]:
    """Credits every month since the city's last run, up to the month of `on`; only that at the first time.

    So a run that did not take place is made up for by the next, and a second one in a month does nothing.
    """
    last = CreditRun.objects.filter(city=city).aggregate(month=Max("month"))["month"]
    first = month_of(on) if last is None else month_of(last) + 1
    return [
        credit_month(city=city, month=month, on=on, at=at, actor=actor)
        for month in range(first, month_of(on) + 1)
    ]


def _record(report: CreditReport, at: datetime, actor: User | None) -> None:
    CreditRun.objects.create(
        city_id=report.city,
        month=month_start(report.month),
        at=at,
        actor=actor,
        credited=report.credited,
        amount=report.amount,
        refused=report.reasons,
    )


def _enrolled(city: str, month: int) -> list[int]:
    """Who is the city's member on the month's first day."""
    return list(selectors.members_enrolled(city, month_start(month)).values_list("member_id", flat=True))


def _booked_since_last_run(city: str, month: int) -> dict[int, list[int]]:
    """By earlier month with a run: the members of whom something was booked for it since the last run."""
    runs = CreditRun.objects.filter(city=city)
    last = runs.aggregate(at=Max("at"))["at"]
    if last is None:
        return {}
    news = Contribution.objects.filter(
        city=city,
        recorded_at__gte=last - _MARGIN,
        paid_on__isnull=False,
        month__in=runs.filter(month__lt=month_start(month)).values("month"),
    )
    found = defaultdict(set)
    for day, member in news.values_list("month", "member_id").order_by():
        found[month_of(day)].add(member)
    return {earlier: sorted(members) for earlier, members in found.items()}


def _credit(report: CreditReport, members: Sequence[int], on: date, at: datetime, actor: User | None) -> None:
    terms = terms_in_force(report.city, month_start(report.month))
    for start in range(0, len(members), CHUNK):
        _credit_chunk(report, terms, members[start : start + CHUNK], on, at, actor)


@transaction.atomic
def _credit_chunk(report, terms: Terms | None, members: Sequence[int], on, at, actor) -> None:
    month = report.month
    records = member_records_by_id(members, months=range(month, month + 1))
    credits = {id: monthly_credit(terms, record, month, known_on=on) for id, record in records.items()}
    balances = lock_accounts([id for id, credit in credits.items() if credit.amount])
    # Read under the lock, so that of two runs at once the second sees what the first booked.
    done = _credited(members, month)
    entries = []
    for id, credit in sorted(credits.items()):
        if id in done:
            report.refused[ALREADY_CREDITED].append(id)
        elif credit.reason:
            report.refused[credit.reason].append(id)
        elif credit.amount:
            entries.append(_entry(id, credit, terms, month, on, at, actor))
    post_entries(entries, balances)
    report.credited += len(entries)
    report.amount += sum(entry.amount for entry in entries)


def _entry(member: int, credit: Credit, terms: Terms, month: int, on, at, actor) -> AccountEntry:
    return AccountEntry(
        account_id=member,
        cause=Cause.CREDIT,
        amount=credit.amount,
        on=on,
        at=at,
        month=month_start(month),
        details=credit.details(terms),
        actor=actor,
    )


def _credited(members: Sequence[int], month: int) -> set[int]:
    """Who has the month's credit, or an opening balance from a day after the month began, which holds it."""
    entries = AccountEntry.objects.filter(Among(F("account"), members))
    credits = entries.filter(cause=Cause.CREDIT, month=month_start(month))
    openings = entries.filter(cause=Cause.OPENING, on__gt=month_start(month))
    return set(credits.values_list("account_id", flat=True)) | set(
        openings.values_list("account_id", flat=True)
    )
