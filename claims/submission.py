"""A claim as an institution sends it (JSON) → its normalised content, or all its faults at once.

Two steps, so that batches and paper entry can use the second alone: `decode` turns bytes into plain objects,
`read_claim` turns one object into a Submission. The same content gives the same Submission, however written:
amounts are read to integers and `lists` is sorted.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from msgspec import Struct

from claims.content import Content, ContentLine
from claims.engine.routing import DISCHARGED, DISPOSITIONS
from claims.faults import Refused
from claims.strict import Reader, decode
from policies.money import MAX_FEN, parse_amount, parse_fine, yuan
from policies.terms import BENEFITS, DAY_SURGERY, EMERGENCY, INPATIENT, OUT_OF_AREA

MAX_LINES = 500
MAX_LISTED = 50
LONGEST = {
    "claim_number": 64,
    "member_number": 30,
    "disease_code": 20,
    "prescribed_by": 30,
    "item_code": 50,
    "name": 200,
    "reversal_reason": 300,
}
AREAS = ("none", *OUT_OF_AREA)

_CLAIM_FIELDS = frozenset(
    (
        "claim_number",
        "member_number",
        "benefit",
        "service_date",
        "admitted_on",
        "discharged_on",
        "disease_code",
        "out_of_area",
        "prescribed_by",
        "use_account",
        "emergency",
        "lists",
        "total",
        "lines",
    )
)
_LINE_FIELDS = frozenset(("item_code", "name", "quantity", "unit_price", "amount"))
_EMERGENCY_FIELDS = frozenset(("disposition", "statement"))
_QUESTION_FIELDS = frozenset(("member_number", "on", "benefit"))
_REVERSAL_FIELDS = frozenset(("reversal_reason",))


class Submission(Struct, frozen=True, gc=False):
    claim_number: str
    content: Content


def parse_claim(body: bytes, *, is_institution: Callable[[str], bool]) -> Submission:
    """One claim from its JSON bytes. Raises Refused with every fault.

    `is_institution` tells whether a code is that of a registered institution.
    """
    return read_claim(decode(body), is_institution=is_institution)


def read_claim(raw: Any, *, is_institution: Callable[[str], bool], numbered: bool = True) -> Submission:
    """One claim from decoded JSON. Raises Refused with every fault.

    Not `numbered`: a claim that is only asked about needs no number ("" where it has none).
    """
    reader = Reader()
    claim = reader.object(raw, "", _CLAIM_FIELDS)
    if claim is None:
        raise Refused(reader.faults)
    number = reader.text(claim, "", "claim_number", LONGEST["claim_number"], required=numbered)
    content = _read_content(reader, claim, is_institution)
    reader.finish()
    return Submission(number, content)


class Question(Struct, frozen=True):
    """Whether a member is entitled to a benefit on a day."""

    member_number: str
    on: date
    benefit: str


def read_question(raw: Any) -> Question:
    """A question about entitlement from decoded JSON. Raises Refused with every fault."""
    reader = Reader()
    asked = reader.object(raw, "", _QUESTION_FIELDS)
    if asked is None:
        raise Refused(reader.faults)
    number = reader.text(asked, "", "member_number", LONGEST["member_number"], required=True)
    if asked.get("on") is None:
        reader.fault("/on", "required")
    question = Question(number, reader.date(asked, "on"), reader.choice(asked, "", "benefit", BENEFITS))
    reader.finish()
    return question


def read_reversal_reason(raw: Any) -> str:
    """The reason from a reversal's body. Raises Refused with every fault."""
    reader = Reader()
    body = reader.object(raw, "", _REVERSAL_FIELDS)
    reason = (
        reader.text(body, "", "reversal_reason", LONGEST["reversal_reason"], required=True)
        if body is not None
        else ""
    )
    reader.finish()
    return reason


def read_nothing(raw: Any) -> None:
    """A body that says nothing: none at all, or an empty object. Raises Refused otherwise."""
    reader = Reader()
    reader.object(raw, "", frozenset())
    reader.finish()


def _read_content(reader: Reader, claim: dict, is_institution: Callable[[str], bool]) -> Content:
    benefit = reader.choice(claim, "", "benefit", BENEFITS)
    disposition, statement = _read_emergency(reader, claim, benefit)
    content = Content(
        member_number=reader.text(claim, "", "member_number", LONGEST["member_number"], required=True),
        benefit=benefit,
        service_date=reader.date(claim, "service_date"),
        lines=_read_lines(reader, claim),
        admitted_on=reader.date(claim, "admitted_on"),
        discharged_on=reader.date(claim, "discharged_on"),
        disease=reader.text(claim, "", "disease_code", LONGEST["disease_code"]),
        out_of_area=reader.choice(claim, "", "out_of_area", AREAS, "none"),
        prescribed_by=_read_prescriber(reader, claim, is_institution),
        use_account=reader.boolean(claim, "", "use_account"),
        disposition=disposition,
        statement=statement,
        lists=_read_lists(reader, claim, benefit),
        total=None if claim.get("total") is None else reader.amount(claim, "", "total", parse_amount, 2),
    )
    if benefit:
        _check_dates(reader, claim, content)
    return content


def _check_dates(reader: Reader, claim: dict, content: Content) -> None:
    """Which dates a benefit has. Given is what was sent, even where it is no good date: that is told already."""
    given = {name for name in ("service_date", "admitted_on", "discharged_on") if claim.get(name) is not None}
    if content.benefit in (INPATIENT, DAY_SURGERY):
        # A stay that lacks a date is a claim that is rejected (invalid_stay), not a malformed one.
        if "service_date" in given:
            reader.fault("/service_date", "not_for_stay")
        return
    if content.benefit == EMERGENCY:
        return _check_emergency_dates(reader, given, content)
    if "service_date" not in given:
        reader.fault("/service_date", "required")
    for name in sorted(given - {"service_date"}):
        reader.fault(f"/{name}", "only_for_stay")


def _check_emergency_dates(reader: Reader, given: set[str], content: Content) -> None:
    stay = given & {"admitted_on", "discharged_on"}
    if not given:
        reader.fault("/service_date", "service_date_or_stay")
    # An open stay would forbid every later day's benefits.
    if len(stay) == 1:
        missing = "admitted_on" if "discharged_on" in stay else "discharged_on"
        reader.fault(f"/{missing}", "service_date_or_stay")
    dates = (content.service_date, content.discharged_on)
    if None not in dates and dates[0] != dates[1]:
        reader.fault("/service_date", "not_the_discharge")


def _read_emergency(reader: Reader, claim: dict, benefit: str) -> tuple[str, bool]:
    """(disposition, statement). Emergency care of which nothing is said ended in discharge."""
    raw = claim.get("emergency")
    if raw is None:
        return (DISCHARGED if benefit == EMERGENCY else "", False)
    if benefit and benefit != EMERGENCY:
        reader.fault("/emergency", "only_for_emergency")
    emergency = reader.object(raw, "/emergency", _EMERGENCY_FIELDS)
    if emergency is None:
        return "", False
    return (
        reader.choice(emergency, "/emergency", "disposition", DISPOSITIONS),
        reader.boolean(emergency, "/emergency", "statement"),
    )


def _read_prescriber(reader: Reader, claim: dict, is_institution: Callable[[str], bool]) -> str:
    code = reader.text(claim, "", "prescribed_by", LONGEST["prescribed_by"])
    if code and not is_institution(code):
        reader.fault("/prescribed_by", "unknown_institution")
    return code


def _read_lists(reader: Reader, claim: dict, benefit: str) -> tuple[str, ...]:
    raw = reader.array(claim, "lists", 0, MAX_LISTED)
    if raw and benefit and benefit != INPATIENT:
        reader.fault("/lists", "only_for_inpatient")
    return tuple(sorted(reader.entries(raw, "/lists", LONGEST["claim_number"])))


def _read_lines(reader: Reader, claim: dict) -> tuple[ContentLine, ...]:
    if claim.get("lines") is None:
        reader.fault("/lines", "required")
        return ()
    lines = [
        _read_line(reader, raw, f"/lines/{i}")
        for i, raw in enumerate(reader.array(claim, "lines", 1, MAX_LINES))
    ]
    if sum(line.amount for line in lines) > MAX_FEN:
        reader.fault("/lines", "sum_too_large", limit=yuan(MAX_FEN))
    return tuple(lines)


_NO_LINE = ContentLine("", "", 0, 0, 0)


def _read_line(reader: Reader, raw: Any, at: str) -> ContentLine:
    line = reader.object(raw, at, _LINE_FIELDS)
    if line is None:
        return _NO_LINE
    return ContentLine(
        reader.text(line, at, "item_code", LONGEST["item_code"], required=True),
        reader.text(line, at, "name", LONGEST["name"]),
        reader.amount(line, at, "quantity", parse_fine, 4),
        reader.amount(line, at, "unit_price", parse_fine, 4),
        reader.amount(line, at, "amount", parse_amount, 2),
    )
