"""Claims as a JSON array, or one a line (NDJSON). The file is mapped, not loaded, and cut without being decoded."""

import mmap
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from claims.batch_files.entries import MAX_CLAIMS, RowFault
from claims.faults import Fault, Refused
from claims.quick import read_quickly
from claims.strict import decode
from claims.submission import Submission, read_claim

_BOM = b"\xef\xbb\xbf"
# A body of valid claims has fewer commas: their count bounds how many elements an array can have.
_MOST_COMMAS = 200 * MAX_CLAIMS
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
# An escape; one of a surrogate alone is the only thing well-formed JSON that the fast decoder refuses.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_cut = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _any(code: str) -> bool:
    """Prescribers are looked up for many claims at once (entries)."""
    return True


class JsonDraft(Struct, gc=False):
    """`at`: the claim's own place, before the pointers inside it. `raw`: its text decoded, once that was needed."""

    row: int
    at: str
    text: msgspec.Raw | bytes
    raw: Any = None

    def read(self) -> Submission:
        found = read_quickly(self.text)
        if found is not None:
            return found
        self.raw = decode(bytes(self.text))
        return read_claim(self.raw, is_institution=_any)

    def told(self) -> Mapping[str, Any]:
        return self.raw if isinstance(self.raw, dict) else {}

    def located(self, fault: Fault) -> RowFault:
        return RowFault(self.row, "", self.at + fault.pointer, fault.code, fault.figures)

    def said(self) -> str:
        return sha256(bytes(self.text)).hexdigest()


def json_drafts(file: BinaryIO) -> Iterator[JsonDraft]:
    """The elements of an array. Raises Refused where the whole is no well-formed JSON array."""
    with _mapped(file) as text:
        for index, claim in enumerate(_elements(text)):
            yield JsonDraft(index + 1, f"/{index}", claim)


def ndjson_drafts(file: BinaryIO) -> Iterator[JsonDraft]:
    """The lines that are not blank. Raises Refused where none of the first ones is JSON."""
    with _mapped(file) as text:
        start, row = (len(_BOM) if text[:3] == _BOM else 0), 0
        while start < len(text):
            end = text.find(b"\n", start)
            end = len(text) if end < 0 else end
            row += 1
            line = text[start:end].strip()
            if line:
                yield JsonDraft(row, "", line)
            start = end + 1


class _mapped:
    """The file's bytes: its pages stay the system's to drop."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def __enter__(self):
        try:
            self._text = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # in memory only, or empty
            self._file.seek(0)
            self._text = self._file.read()
        return self._text

    def __exit__(self, *_error):
        # Not closed: entries that are still looked at keep parts of it, and free it with the last of them.
        self._text = None


def _elements(text) -> list:
    start = len(_BOM) if text[:3] == _BOM else 0
    body = memoryview(text)[start:] if start else text
    if bytes(body[:64]).lstrip()[:1] != b"[":
        raise Refused([Fault("", "no_array" if _is_json(body) else "malformed_array")])
    if _commas(text) > _MOST_COMMAS:
        _count_elements(body)
    try:
        return _cut(body)
    except RecursionError:
        raise Refused([Fault("", "too_deep")]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _cut_with_care(bytes(body))


def _cut_with_care(body: bytes) -> list:
    """Where a surrogate stands alone, only its claim is at fault: a NUL takes its place, which no text may have."""
    mended = _ESCAPE.sub(lambda found: rb"\u0000" if found[1] else found[0], body)
    try:
        return _cut(mended)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused([Fault("", "malformed_array")]) from None
    except RecursionError:
        raise Refused([Fault("", "too_deep")]) from None


def _is_json(body) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _commas(text) -> int:
    """Read in pieces, so that a mapped file stays one."""
    return sum(text[at : at + 2**16].count(b",") for at in range(0, len(text), 2**16))


def _count_elements(body) -> None:
    """Raises Refused where an array has more than MAX_CLAIMS elements, before each of them becomes an object."""
    depth = count = 0
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
        elif mark == b"," and depth == 1:
            count += 1
            if count >= MAX_CLAIMS:
                raise Refused([Fault("", "too_many_claims", {"most": MAX_CLAIMS})])
