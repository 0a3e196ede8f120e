"""The list of an institution's claims: filters, and pages by cursor, the newest received first."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from claims.batch_results import batch_of, claims_in
from claims.faults import Fault, Refused
from claims.institution_claims import claims_of
from claims.models import Claim, ClaimBatch
from claims.strict import FIRST_YEAR, LAST_YEAR, parse_date
from members.models import Institution

PAGE_SIZE = 50
LARGEST_PAGE = 200

# A "+" that was not escaped arrives as a space.
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+ -][0-9]{2}:[0-9]{2})"
)


class _Unreadable(Exception):
    """A parameter's fault: its code and figures."""

    def __init__(self, code: str, **figures):
        super().__init__(code)
        self.code, self.figures = code, figures


@dataclass(slots=True)
class ClaimsQuery:
    """Which claims, and which page of them."""

    filters: dict[str, Any] = field(default_factory=dict)
    page_size: int = PAGE_SIZE
    cursor: UUID | None = None
    batch: UUID | None = None


@dataclass(slots=True)
class Page:
    """Claims, and the cursor of the page after them (None: this is the last)."""

    claims: list[Claim]
    next: str | None


def read_query(query: QueryDict) -> ClaimsQuery:
    """The query of a list. Raises Refused with a fault for each parameter that is unknown or cannot be read."""
    found, faults = ClaimsQuery(), []
    for name in sorted(query):
        try:
            _read(found, name, query.getlist(name))
        except _Unreadable as bad:
            faults.append(Fault(f"?{name[:40]}" if name.isidentifier() else "?", bad.code, bad.figures))
    if faults:
        raise Refused(faults)
    return found


def page_of(institution: Institution, query: ClaimsQuery) -> Page:
    """A page of the institution's claims. Raises Refused for a cursor or a batch that is none of its own."""
    rows = claims_of(institution).filter(**query.filters)
    if query.batch is not None:
        rows = rows.filter(pk__in=_claims_of_batch(institution, query.batch))
    if query.cursor is not None:
        last = (
            Claim.objects.filter(institution=institution, pk=query.cursor)
            .values_list("seq", flat=True)
            .first()
        )
        if last is None:
            raise Refused([Fault("?cursor", "invalid_cursor")])
        rows = rows.filter(seq__lt=last)
    claims = list(rows[: query.page_size + 1])
    if len(claims) <= query.page_size:
        return Page(claims, None)
    del claims[-1]
    return Page(claims, str(claims[-1].pk))


def _claims_of_batch(institution: Institution, batch_id: UUID):
    try:
        return claims_in(batch_of(institution, batch_id)).values("pk")
    except ClaimBatch.DoesNotExist:
        raise Refused([Fault("?batch", "unknown_batch")]) from None


def _read(found: ClaimsQuery, name: str, values: list[str]) -> None:
    if name not in ("batch", "cursor", "page_size", *_FILTERS):
        raise _Unreadable("unknown_parameter")
    if len(values) > 1:
        raise _Unreadable("repeated")
    [value] = values
    if name == "cursor":
        found.cursor = _uuid(value, "invalid_cursor")
    elif name == "batch":
        found.batch = _uuid(value, "unknown_batch")
    elif name == "page_size":
        found.page_size = _page_size(value)
    else:
        lookup, read = _FILTERS[name]
        found.filters[lookup] = read(value)


def _uuid(text: str, code: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _Unreadable(code) from None


def _page_size(text: str) -> int:
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise _Unreadable("invalid_page_size", most=LARGEST_PAGE)


def _state(text: str) -> str:
    if text not in Claim.State.values:
        raise _Unreadable("invalid_choice", allowed=tuple(Claim.State.values))
    return text


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        raise _Unreadable("invalid_date") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _Unreadable("date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    return day


def _moment(text: str, of_a_day: timedelta) -> datetime:
    """A time with its offset; a day stands for its midnight, plus `of_a_day`."""
    if not _TIME.fullmatch(text):
        try:
            day = _day(text) + of_a_day
        except _Unreadable as bad:
            raise _Unreadable(
                "invalid_time" if bad.code == "invalid_date" else bad.code, **bad.figures
            ) from None
        return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
    _day(text[:10])
    try:
        return datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise _Unreadable("invalid_time") from None


_FILTERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "status": ("status", _state),
    "service_date_from": ("service_date__gte", _day),
    "service_date_to": ("service_date__lte", _day),
    "received_from": ("received_at__gte", lambda text: _moment(text, timedelta())),
    # Up to a moment, or to the end of a day.
    "received_to": ("received_at__lt", lambda text: _moment(text, timedelta(days=1))),
}
