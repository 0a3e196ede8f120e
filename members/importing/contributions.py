"""The register of contributions: member, month, base, and the day of payment (empty: declared unpaid)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from members.importing import cells
from members.importing.members import NUMBER, PERSONAL
from members.importing.result import Result
from members.lookups import Among
from members.models import Member
from members.services.contributions import Booking, book_contributions, check_booking
from policies.csv_import import Column, Line, ReadCsv, read_csv
from policies.models import User
from policies.terms import EMPLOYEE

CHUNK = 5000
COLUMNS = (
    Column("number", (NUMBER, "member_number", "psn_no", "人员编号", "个人编号"), required=True),
    Column("city", ("city", "insuplc_admdvs", "统筹地区", "参保地医保区划"), required=True),
    Column("month", ("month", "费款所属期", "月份"), required=True),
    Column("employment", ("employment", "就业类型")),
    Column("base", ("base", "缴费基数"), required=True),
    Column("paid_on", ("paid on", "paid_on", "缴费日期", "到账日期")),
)


def read_contributions(
    raw: bytes,
    *,
    on: date,
    progress: Callable[[list], Iterable] = iter,
    own: frozenset[str] | None = None,
) -> ReadCsv[Booking]:
    """The rows of a file; those that cannot be, up to unknown members, are faults. Raises csv_import.FileError.

    `on`: the day of the import; no payment lies after it. `own`: the importer's cities (None: all).
    """
    cities = cells.Cities(own)
    read = read_csv(raw, COLUMNS, lambda line: _parse(line, cities, on), progress)
    _resolve(read)
    return cells.without_numbers(read, PERSONAL)


def _parse(line: Line, cities: cells.Cities, on: date) -> tuple[str, Booking] | None:
    number = cells.personal_number(line, "number")
    city = cities.read(line)
    month, base, paid_on = cells.month(line, "month"), cells.fen(line, "base"), line.day("paid_on")
    employment = line.choice("employment", cells.EMPLOYMENTS, EMPLOYEE)
    if line.faults:
        return None
    booking = Booking(0, city, month, employment, base, paid_on)
    try:
        check_booking(booking, on=on)
    except ValidationError as error:
        line.fault(error.code, error.code, error.message)
    return number, booking


def _resolve(read: ReadCsv) -> None:
    """Puts the members' keys into the bookings; faults who is unknown, and a second row of the same month."""
    keys = {}
    for start in range(0, len(read.good), CHUNK):
        numbers = [number for _line, (number, _booking) in read.good[start : start + CHUNK]]
        keys |= Member.objects.filter(Among(F("number"), numbers)).values_list("number", "pk")
    good, first = [], {}
    for line, (number, booking) in read.good:
        place = first.setdefault((number, booking.month), line)
        if number not in keys:
            read.fault(line, NUMBER, "unknown_member", _("is no member of this system"), number)
        elif place != line:
            message = _("stands in line %(line)s already, for the same month") % {"line": place}
            read.fault(line, NUMBER, "duplicate", message, number)
        else:
            good.append((line, replace(booking, member_id=keys[number])))
    read.good = good


def import_contributions(
    *, read: ReadCsv[Booking], at: datetime, actor: User | None, progress: Callable[[list], Iterable] = iter
) -> Result:
    """Books the good rows; what is on record already is not booked again."""
    chunks = [read.good[start : start + CHUNK] for start in range(0, len(read.good), CHUNK)]
    result = Result()
    for chunk in progress(chunks):
        bookings = [booking for _line, booking in chunk]
        result.created += book_contributions(bookings=bookings, at=at, actor=actor)
    return result
