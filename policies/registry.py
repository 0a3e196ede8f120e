"""Where other apps look upward: `policies` may not import them, so they register here when the apps start.

registry.register_check(tiers_have_institutions)    # check(version, content) → findings
registry.register_case_tools(read_cases, run_case)  # worked cases are read and run by claims
registry.register_impact(settlements_touched)       # what a version dated back would change
registry.register_on_published(list_affected)       # hook(version, terms), inside the same transaction
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from policies.findings import Finding
from policies.models import PolicyVersion
from policies.rows import VersionRows
from policies.terms import Terms

Check = Callable[[PolicyVersion, VersionRows], Iterable[Finding]]
PublicationHook = Callable[[PolicyVersion, Terms], None]

_checks: list[Check] = []
_on_published: list[PublicationHook] = []
_tools: dict[str, Callable] = {}


@dataclass(frozen=True)
class Story:
    """A worked case as it was read: its own text, and the latest date in it (None: it has no claims)."""

    name: str
    text: str
    last_on: date | None


class InvalidCases(ValueError):
    """Text that is no worked cases; `faults` says in words why, all at once."""

    def __init__(self, faults: Sequence[str]):
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class EntryRun:
    """One entry of a case (1-based) with what it came to. `differences`: (field, expected, actual) as text."""

    number: int
    about: str
    expected: dict[str, str]
    actual: dict[str, str]
    differences: tuple[tuple[str, str, str], ...]
    steps: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(frozen=True)
class Stake:
    """A settled claim that would come to something else: what the funds pay for it now, and would. In fen."""

    claim: UUID
    number: str
    service_date: date
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Impact:
    """What a version that reaches into the past would change. Money in fen.

    `settlements` in force with a service date from `since` to `until` (None: no end) are of `members` members.
    `replayed_members` of them were replayed, `changed` of their claims come to something else, and the funds
    pay `fund_difference` more for these. `estimate` is that for all members: the same where all were replayed.
    `largest`: those claims for which the funds' payment changes most.
    """

    since: date
    until: date | None
    settlements: int
    members: int
    replayed_members: int
    changed: int
    fund_difference: int
    estimate: int
    largest: tuple[Stake, ...] = ()

    @property
    def complete(self) -> bool:
        return self.replayed_members == self.members


# Reads YAML of one case or a list: raises InvalidCases. The city is the version's.
ReadCases = Callable[[str, str], list[Story]]
# Runs one case under a city's terms, in the order of their dates.
RunCase = Callable[[str, Sequence[Terms]], list[EntryRun]]
MeasureImpact = Callable[[PolicyVersion, Terms, date | None, datetime], Impact]


def register_check(check: Check) -> None:
    """`check` is asked about every version under review; what it finds ✗ forbids the steps that it names."""
    _add(_checks, check)


def register_on_published(hook: PublicationHook) -> None:
    """`hook` runs after a version was published, in its transaction: what it raises undoes the publication."""
    _add(_on_published, hook)


def register_case_tools(read: ReadCases, run: RunCase) -> None:
    """Who reads and runs worked cases."""
    _tools.update(read=read, run=run)


def register_impact(measure: MeasureImpact) -> None:
    """Who says what a version dated back would change: measure(version, terms, until, at)."""
    _tools["impact"] = measure


def _add(registered: list, function) -> None:
    if function not in registered:
        registered.append(function)


def findings(version: PolicyVersion, content: VersionRows) -> list[Finding]:
    """What the registered checks say of a version."""
    return [finding for check in _checks for finding in check(version, content)]


def read_cases(text: str, city: str) -> list[Story]:
    """The worked cases in a text. Raises InvalidCases."""
    return _tools["read"](text, city)


def run_case(text: str, library: Sequence[Terms]) -> list[EntryRun]:
    """What each entry of a worked case comes to under a city's terms."""
    return _tools["run"](text, library)


def impact(version: PolicyVersion, terms: Terms, until: date | None, at: datetime) -> Impact:
    return _tools["impact"](version, terms, until, at)


def published(version: PolicyVersion, terms: Terms) -> None:
    for hook in _on_published:
        hook(version, terms)
