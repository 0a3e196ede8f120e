"""The fast way to read a claim's JSON: a typed decoder for what is well-formed and usual.

`read_quickly` gives exactly what claims.submission would, or None: then the slow reader decides, and finds
every fault. It never refuses by itself, so there is one set of rules and of sentences.
"""

from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import astuple

from claims.content import Content, ContentLine
from claims.strict import FIRST_YEAR, LAST_YEAR
from claims.submission import AREAS, LONGEST, MAX_LINES, MAX_LISTED, Submission
from policies.money import MAX_FEN, MoneyError, parse_amount, parse_fine
from policies.terms import BENEFITS, DAY_SURGERY, EMERGENCY, INPATIENT

_STAYS = (INPATIENT, DAY_SURGERY)
# Emergency care has rules of its own, and is seldom.
_Benefit = Literal[tuple(benefit for benefit in BENEFITS if benefit != EMERGENCY)]


def _text(name: str):
    return Annotated[str, Meta(min_length=1, max_length=LONGEST[name])]


class _Line(Struct, forbid_unknown_fields=True, gc=False):
    item_code: _text("item_code")
    quantity: str
    unit_price: str
    amount: str
    name: _text("name") | UnsetType | None = UNSET


class _Claim(Struct, forbid_unknown_fields=True, gc=False):
    claim_number: _text("claim_number")
    member_number: _text("member_number")
    benefit: _Benefit
    lines: Annotated[list[_Line], Meta(min_length=1, max_length=MAX_LINES)]
    service_date: date | UnsetType | None = UNSET
    admitted_on: date | UnsetType | None = UNSET
    discharged_on: date | UnsetType | None = UNSET
    disease_code: _text("disease_code") | UnsetType | None = UNSET
    out_of_area: Literal[AREAS] | UnsetType = UNSET
    prescribed_by: _text("prescribed_by") | UnsetType | None = UNSET
    use_account: bool | UnsetType = UNSET
    emergency: UnsetType | None = UNSET
    lists: Annotated[list[_text("claim_number")], Meta(max_length=MAX_LISTED)] | UnsetType = UNSET
    total: str | UnsetType | None = UNSET


class _Unusual(Exception):
    """For the slow reader."""


_decode = msgspec.json.Decoder(_Claim).decode
_FIELDS, _LINE_FIELDS = len(_Claim.__struct_fields__), len(_Line.__struct_fields__)


def _good(text: str) -> str:
    # Of what is printable only the space is white.
    if text[0] != " " != text[-1] and text.isprintable():
        return text
    raise _Unusual


# Items, quantities and prices of a file are the same again and again. Amounts are not: finding one would take as
# long as reading it.
_item = lru_cache(2**14)(_good)
_fine = lru_cache(2**14)(parse_fine)


def read_quickly(text) -> Submission | None:
    """A claim from its JSON bytes; None where the slow reader must look. Prescribers are not looked up."""
    body = bytes(text)
    try:
        claim = _decode(body)
        # A field given twice stands once in what was decoded, but has two colons.
        if body.count(b":") != _names(claim):
            return None
        return _submission(claim)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MoneyError, _Unusual):
        return None


def _names(claim: _Claim) -> int:
    """How many names the claim's objects have: as many as colons, unless a text has colons, or a name is twice."""
    nameless = sum([line.name is UNSET for line in claim.lines])
    return _FIELDS - astuple(claim).count(UNSET) + _LINE_FIELDS * len(claim.lines) - nameless


def _submission(claim: _Claim) -> Submission:
    content = Content(
        _good(claim.member_number),
        claim.benefit,
        _day(claim.service_date),
        tuple([_line(line) for line in claim.lines]),
        _day(claim.admitted_on),
        _day(claim.discharged_on),
        _optional(claim.disease_code),
        claim.out_of_area or "none",
        _optional(claim.prescribed_by),
        claim.use_account or False,
        lists=_lists(claim) if claim.lists else (),
        total=parse_amount(claim.total) if claim.total or claim.total == "" else None,
    )
    _check(content)
    return Submission(_good(claim.claim_number), content)


def _check(content: Content) -> None:
    """The dates that a benefit has, and the largest sum."""
    if content.benefit in _STAYS:
        usual = content.service_date is None
    else:
        usual = content.service_date is not None and content.admitted_on is content.discharged_on is None
    if not usual or content.amount > MAX_FEN:
        raise _Unusual


def _line(line: _Line) -> ContentLine:
    return ContentLine(
        _item(line.item_code),
        _item(line.name) if line.name else "",
        _fine(line.quantity),
        _fine(line.unit_price),
        parse_amount(line.amount),
    )


def _lists(claim: _Claim) -> tuple[str, ...]:
    if claim.benefit != INPATIENT or len(set(claim.lists)) < len(claim.lists):
        raise _Unusual
    return tuple(sorted(map(_good, claim.lists)))


def _optional(text: str | UnsetType | None) -> str:
    return _good(text) if text else ""


def _day(day: date | UnsetType | None) -> date | None:
    if not day:
        return None
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    raise _Unusual
