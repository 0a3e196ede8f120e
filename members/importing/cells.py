"""What the registers' cells may hold, beyond what policies.csv_import reads."""

import re
from dataclasses import replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from members.masking import mask_id_number
from members.validators import validate_id_number
from policies.csv_import import Line, ReadCsv
from policies.models import City
from policies.money import parse_amount
from policies.terms import BENEFITS, COMBINED, EMPLOYEE, FLEXIBLE, POOLED_ONLY

EMPLOYMENTS = {
    EMPLOYEE: EMPLOYEE,
    "职工": EMPLOYEE,
    "在职职工": EMPLOYEE,
    FLEXIBLE: FLEXIBLE,
    "灵活就业": FLEXIBLE,
}
PLANS = {COMBINED: COMBINED, "统账结合": COMBINED, POOLED_ONLY: POOLED_ONLY, "单建统筹": POOLED_ONLY}
BENEFIT_NAMES = {code: code for code in BENEFITS} | {
    "普通门诊": "ordinary",
    "门诊慢性病": "chronic",
    "门诊特殊疾病": "special",
    "急诊抢救": "emergency",
    "日间手术": "day_surgery",
    "住院": "inpatient",
    "双通道": "negotiated_drug",
}

# What a spreadsheet makes of a long number: 3.70600E+17, or 370600198005010000.0
_MANGLED = re.compile(r"[0-9]+\.[0-9]+(E\+?[0-9]+)?|[0-9.]+E\+?[0-9]+", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9A-Z]{1,30}")
_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})(-01)?")


class Cities:
    """The cities that a row may name. `own`: those of the importer (None: all)."""

    def __init__(self, own: frozenset[str] | None):
        self.known = set(City.objects.values_list("code", flat=True))
        self.own = self.known if own is None else own

    def read(self, line: Line) -> str:
        city = line.text("city")
        if city and city not in self.known:
            line.fault(
                "city", "unknown_city", _("is no city of this system: use its six-digit division code")
            )
        elif city and city not in self.own:
            line.fault("city", "other_city", _("is a city that is not yours"))
        return city


def personal_number(line: Line, field: str) -> str | None:
    """A member or citizen number in capitals; one of citizen form has the right check character."""
    text = line.values.get(field, "").upper()
    if not text:
        return None
    if _MANGLED.fullmatch(text):
        line.fault(field, "mangled", _("was changed by a spreadsheet: export the column as text"))
    elif not _NUMBER.fullmatch(text):
        line.fault(field, "number_form", _("has other characters than digits and capital letters"))
    elif len(text) == 18 and _CITIZEN.fullmatch(text):
        return citizen_number(line, field)
    else:
        return text
    return None


def citizen_number(line: Line, field: str) -> str | None:
    """An 18-digit citizen number with the right check character, in capitals."""
    text = line.values.get(field, "").upper()
    if not text:
        return None
    if _MANGLED.fullmatch(text):
        line.fault(field, "mangled", _("was changed by a spreadsheet: export the column as text"))
        return None
    try:
        validate_id_number(text)
    except ValidationError as error:
        line.fault(field, error.code, error.message)
        return None
    return text


def birth_day(number: str) -> date | None:
    """The day of birth in a citizen number; None where there is none."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def fen(line: Line, field: str) -> int | None:
    """An amount in yuan, as fen."""
    return line.convert(field, parse_amount, "not_an_amount", _("must be yuan such as 1234.50"))


def month(line: Line, field: str) -> int | None:
    """A month written 2023-05 (or as its first day), as an ordinal."""
    return line.convert(field, _month, "not_a_month", _("must be a month such as 2023-05"))


def _month(text: str) -> int:
    match = _MONTH.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 12:
        raise ValueError(text)
    return int(match[1]) * 12 + int(match[2]) - 1


def benefits(line: Line, field: str) -> tuple[str, ...]:
    """Benefits separated by semicolons or 、, by code or Chinese name."""
    names = [name.strip() for name in re.split(r"[;；、]", line.values.get(field, "")) if name.strip()]
    unknown = [name for name in names if name.lower() not in BENEFIT_NAMES]
    if unknown:
        known = ", ".join(BENEFIT_NAMES)
        message = _("is not one of: %(known)s") % {"known": known}
        line.fault(field, "unknown_value", f"{', '.join(unknown)}: {message}")
    return tuple(dict.fromkeys(BENEFIT_NAMES[name.lower()] for name in names if name not in unknown))


def without_numbers(read: ReadCsv, columns: frozenset[str]) -> ReadCsv:
    """The same with the values of personal columns (by header) masked, for a report that may be passed on."""
    read.faults = [
        replace(fault, value=mask_id_number(fault.value)) if fault.column in columns else fault
        for fault in read.faults
    ]
    return read
