"""JSON from outside, read strictly: duplicate names, foreign fields, loose numbers and dates are faults.

`decode` turns bytes into plain objects; a Reader takes fields out of them and collects every fault, each with
its JSON pointer (RFC 6901).
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from claims.faults import Fault, Refused
from policies.money import MoneyError

MAX_FAULTS = 5000
FIRST_YEAR, LAST_YEAR = 1990, 2100

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Controls, invisible and direction-changing characters, lone surrogates, non-characters.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
# An unknown field's name is repeated in the pointer only where it looks like one.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}")


class _Object(dict):
    """A JSON object in which some names are given more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        self.repeated = sorted(
            name for name, times in Counter(name for name, _ in pairs).items() if times > 1
        )


def decode(body: bytes) -> Any:
    """JSON bytes as plain objects. Raises Refused where they are not well-formed or nested too deeply.

    Names given twice are kept for the reader of the object to report, each at its place.
    """
    try:
        raw = msgspec.json.decode(body)
        if _STRING.sub(b"", body).count(b":") == _count_names(raw):
            return raw
        return _decode_with_care(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_with_care(body)
    except RecursionError:
        raise Refused([Fault("", "too_deep")]) from None


def _count_names(raw: Any) -> int:
    """How many names the objects of a decoded tree hold. Fewer than colons in the text: some were repeated."""
    found, rest = 0, [raw]
    while rest:
        node = rest.pop()
        if type(node) is dict:
            found += len(node)
            rest += [v for v in node.values() if type(v) in (dict, list)]
        elif type(node) is list:
            rest += [v for v in node if type(v) in (dict, list)]
    return found


def _decode_with_care(body: bytes) -> Any:
    """The slow way: keeps repeated names, lone surrogates and numbers of any size for the fault they are."""
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=_Object,
            parse_int=float,
            parse_float=float,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise Refused([Fault("", "too_deep")]) from None
    except ValueError:
        raise Refused([Fault("", "malformed_json")]) from None


def _no_constant(name: str):
    raise ValueError(name)  # NaN and Infinity are no JSON


def parse_date(text: str) -> date:
    """A date from YYYY-MM-DD. Raises ValueError for another form, or a day that does not exist."""
    if not _DATE.fullmatch(text):
        raise ValueError("date")
    return date.fromisoformat(text)


class Reader:
    """Reads fields and remembers what is wrong with them. What a faulty field is read as never leaves here."""

    __slots__ = ("faults",)

    def __init__(self):
        self.faults: list[Fault] = []

    def fault(self, pointer: str, code: str, **figures) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(pointer, code, figures))
        elif len(self.faults) == MAX_FAULTS:
            self.faults.append(Fault("", "too_many_faults"))

    def finish(self) -> None:
        """Raises Refused where there was a fault."""
        if self.faults:
            raise Refused(self.faults)

    def object(self, raw: Any, at: str, fields: frozenset[str]) -> dict | None:
        """An object without names that are unknown or given twice; None where it is none at all."""
        if not isinstance(raw, dict):
            self.fault(at, "wrong_type", expected="object")
            return None
        if type(raw) is _Object:
            for name in raw.repeated:
                self.fault(_pointer(at, name, fields), "duplicate_key")
        if not raw.keys() <= fields:
            for name in raw:
                if name not in fields:
                    self.fault(_pointer(at, name, fields), "unknown_field")
        return raw

    def array(self, source: dict, name: str, least: int, most: int) -> list:
        """The first `most` entries of an array; [] where it is missing or none."""
        raw = source.get(name, _ABSENT)
        if raw is _ABSENT:
            raw = []
        if not isinstance(raw, list):
            self.fault(f"/{name}", "wrong_type", expected="array")
            return []
        if len(raw) < least:
            self.fault(f"/{name}", "too_few", least=least)
        if len(raw) > most:
            self.fault(f"/{name}", "too_many", most=most)
        return raw[:most]

    def text(self, source: dict, at: str, name: str, most: int, required: bool = False) -> str:
        """A string of at most `most` characters, "" where it is absent or null."""
        raw = source.get(name)
        if raw is None:
            if required:
                self.fault(f"{at}/{name}", "required")
            return ""
        wrong = _wrong_with_text(raw, most)
        if wrong is None:
            return raw
        self.fault(f"{at}/{name}", wrong[0], **wrong[1])
        return ""

    def entries(self, raw: list, at: str, most: int) -> list[str]:
        """The good strings of an array, each at most once."""
        found: list[str] = []
        for index, entry in enumerate(raw):
            wrong = _wrong_with_text(entry, most)
            if wrong is None and entry in found:
                wrong = "repeated", {}
            if wrong is None:
                found.append(entry)
            else:
                self.fault(f"{at}/{index}", wrong[0], **wrong[1])
        return found

    def choice(self, source: dict, at: str, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        """One of `allowed`; where the field is absent its default, or a fault where it has none."""
        raw = source.get(name, _ABSENT)
        if raw is _ABSENT and default:
            return default
        if raw is _ABSENT or (raw is None and not default):
            self.fault(f"{at}/{name}", "required")
        elif type(raw) is not str:
            self.fault(f"{at}/{name}", "wrong_type", expected="string")
        elif raw not in allowed:
            self.fault(f"{at}/{name}", "invalid_choice", allowed=allowed)
        else:
            return raw
        return ""

    def boolean(self, source: dict, at: str, name: str) -> bool:
        raw = source.get(name, False)
        if type(raw) is not bool:
            self.fault(f"{at}/{name}", "wrong_type", expected="boolean")
            return False
        return raw

    def amount(self, source: dict, at: str, name: str, parse: Callable[[str], int], places: int) -> int:
        """An amount by `parse` (money.parse_amount or parse_fine, which allow so many `places`)."""
        raw = source.get(name)
        if raw is None:
            self.fault(f"{at}/{name}", "required")
            return 0
        if type(raw) is not str:
            self.fault(f"{at}/{name}", "wrong_type", expected="string")
            return 0
        try:
            return parse(raw)
        except MoneyError:
            self.fault(f"{at}/{name}", "invalid_amount", places=places)
            return 0

    def date(self, source: dict, name: str) -> date | None:
        raw = source.get(name)
        if raw is None:
            return None
        if type(raw) is not str:
            self.fault(f"/{name}", "wrong_type", expected="string")
            return None
        try:
            day = parse_date(raw)
        except ValueError:
            self.fault(f"/{name}", "invalid_date")
            return None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fault(f"/{name}", "date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
            return None
        return day


_ABSENT = object()


def _pointer(at: str, name: str, fields: frozenset[str]) -> str:
    """Where a name stands; its object where the name could be anything, such as a person's number."""
    return f"{at}/{name}" if name in fields or _FIELD_NAME.fullmatch(name) else at


def _wrong_with_text(raw: Any, most: int) -> tuple[str, dict] | None:
    """The code and figures of what is wrong with a string of at most `most` characters."""
    if type(raw) is not str:
        return "wrong_type", {"expected": "string"}
    if not raw:
        return "empty", {}
    if len(raw) > most:
        return "too_long", {"most": most}
    # Whatever is forbidden is not printable, and most text is.
    if not raw.isprintable() and _FORBIDDEN.search(raw):
        return "forbidden_characters", {}
    if raw[0].isspace() or raw[-1].isspace():
        return "surrounding_space", {}
    return None
