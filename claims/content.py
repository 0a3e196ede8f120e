"""A claim's content: what an institution said, validated and normalised, in the form in which it is stored.

Amounts are fen, quantities and unit prices ten-thousandths. The stored text is canonical: the same content
gives the same bytes, so its digest tells a claim sent again from another one under the same number. What says
nothing at its end is left out, so that this holds from release to release while fields are added.
"""

import hashlib
from datetime import date

import msgspec
from msgspec import Struct

from policies.terms import DAY_SURGERY, EMERGENCY, INPATIENT


class ContentLine(Struct, array_like=True, frozen=True, gc=False):
    item: str
    name: str
    quantity: int
    unit_price: int
    amount: int


class Content(Struct, array_like=True, frozen=True, gc=False):
    """New fields go to the end, with a default: stored claims are read for ever."""

    member_number: str
    benefit: str
    service_date: date | None
    lines: tuple[ContentLine, ...]
    admitted_on: date | None = None
    discharged_on: date | None = None
    disease: str = ""
    out_of_area: str = "none"
    prescribed_by: str = ""
    use_account: bool = False
    disposition: str = ""
    statement: bool = False
    lists: tuple[str, ...] = ()
    total: int | None = None

    @property
    def settles_on(self) -> date | None:
        """The service date: the discharge of care settled by stays, otherwise the visit (spec 1)."""
        if self.benefit in (INPATIENT, DAY_SURGERY):
            return self.discharged_on
        return self.discharged_on or self.service_date if self.benefit == EMERGENCY else self.service_date

    @property
    def amount(self) -> int:
        """The sum of the lines, in fen."""
        return sum([line.amount for line in self.lines])


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Content)


def _endings() -> list[str]:
    """How the text ends where the last fields say nothing, the most of them first."""
    fields = [field for field in msgspec.structs.fields(Content) if not field.required]
    told = [msgspec.json.encode(field.default).decode() for field in fields]
    return ["," + ",".join(told[first:]) + "]" for first in range(len(told))]


_ENDINGS = _endings()


def encode(content: Content) -> str:
    text = _encode(content).decode()
    if text.endswith(_ENDINGS[-1]):  # as all of them end
        for ending in _ENDINGS:
            if text.endswith(ending):
                return f"{text.removesuffix(ending)}]"
    return text


def decode(text: str | bytes) -> Content:
    return _decoder.decode(text)


def digest(content: Content) -> str:
    """The SHA-256 of the canonical content, in hex."""
    return digest_of(encode(content))


def digest_of(text: str) -> str:
    """The same of content that is encoded already."""
    return hashlib.sha256(text.encode()).hexdigest()
