"""From what a file says of a claim to an entry: its submission, or its faults at their places in the file."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from msgspec import Struct

from claims.content import digest
from claims.faults import Fault, Refused
from claims.submission import LONGEST, Submission

MAX_CLAIMS = 10_000
# What is kept of a malformed claim's faults.
MAX_FAULTS_OF_A_CLAIM = 50
_AT_A_TIME = 1000


class RowFault(Struct, frozen=True, array_like=True):
    """A fault and its place: `row` and `column` of a table, or `pointer` in JSON (of NDJSON: in the row)."""

    row: int
    column: str
    pointer: str
    code: str
    figures: Mapping[str, Any] = {}

    def detail(self, language: str) -> str:
        return Fault(self.pointer, self.code, self.figures).detail(language)


class Entry(Struct, gc=False):
    """A claim of a file: where it begins, and its submission, or (None) its faults.

    `claim_number` is "" where that is what is wrong. `digest` tells whether another file says the same here.
    """

    row: int
    claim_number: str
    digest: str
    submission: Submission | None = None
    faults: tuple[RowFault, ...] = ()


class Draft(Protocol):
    """What a file says of a claim, unread."""

    row: int

    def read(self) -> Submission:
        """Raises Refused. Any prescriber counts as registered."""

    def told(self) -> Mapping[str, Any]:
        """The fields as the file has them, where `read` has refused them; {} where there are none."""

    def located(self, fault: Fault) -> RowFault:
        """A fault of `read`, at its place in the file."""

    def said(self) -> str:
        """A digest of what the file says, where `read` has refused it."""


def entries(drafts: Iterable[Draft], registered: Callable[[Collection[str]], set[str]]) -> Iterator[Entry]:
    """The entries of drafts, in order. Raises Refused where there are none, or too many."""
    count, rest = 0, iter(drafts)
    while chunk := list(islice(rest, _AT_A_TIME)):
        count += len(chunk)
        if count > MAX_CLAIMS:
            raise Refused([Fault("", "too_many_claims", {"most": MAX_CLAIMS})])
        yield from _entries(chunk, registered)
    if not count:
        raise Refused([Fault("", "no_claims")])


def _entries(drafts: list[Draft], registered: Callable[[Collection[str]], set[str]]) -> list[Entry]:
    """Prescribers are looked up once for many claims."""
    read = [(draft, *_read(draft)) for draft in drafts]
    codes = {code for _draft, _submission, code, _faults in read if code}
    unknown = codes - registered(codes) if codes else set()
    return [_entry(*one, unknown) for one in read]


def _read(draft: Draft) -> tuple[Submission | None, str, list[Fault]]:
    """(submission, prescriber, faults)."""
    try:
        submission = draft.read()
    except Refused as refused:
        code = draft.told().get("prescribed_by")
        wrong = any(fault.pointer == "/prescribed_by" for fault in refused.faults)
        return None, code if type(code) is str and code and not wrong else "", refused.faults
    return submission, submission.content.prescribed_by, []


def _entry(
    draft: Draft, submission: Submission | None, prescriber: str, faults: list[Fault], unknown: set[str]
) -> Entry:
    if prescriber in unknown:
        faults = [*faults, Fault("/prescribed_by", "unknown_institution")]
    if not faults:
        return Entry(draft.row, submission.claim_number, "", submission)
    if submission is not None:
        number, said = submission.claim_number, f"{submission.claim_number}/{digest(submission.content)}"
    else:
        number, said = _number(draft.told().get("claim_number")), draft.said()
    more = (Fault("", "too_many_faults"),) if len(faults) > MAX_FAULTS_OF_A_CLAIM else ()
    located = tuple(draft.located(fault) for fault in (*faults[:MAX_FAULTS_OF_A_CLAIM], *more))
    return Entry(draft.row, number, said, None, located)


def _number(value: Any) -> str:
    """A claim's number as it may be shown, "" where it is none."""
    good = type(value) is str and 0 < len(value) <= LONGEST["claim_number"] and value.isprintable()
    return value if good else ""
