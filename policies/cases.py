"""A version's acceptance cases, run under its own terms among the versions published in its city."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from policies import registry, selectors, store
from policies.case_words import label, told
from policies.compiler import GapsError, compile_terms
from policies.models import AcceptanceCase, PolicyVersion
from policies.registry import EntryRun
from policies.terms import Terms


@dataclass(frozen=True)
class CaseRun:
    """What a case came to. `nothing_new`: all its dates lie before the version's. `fault`: why it cannot run."""

    case: AcceptanceCase
    entries: tuple[EntryRun, ...]
    nothing_new: bool
    fault: str = ""

    @property
    def passed(self) -> bool:
        return not self.fault and all(entry.passed for entry in self.entries)

    @property
    def summary(self) -> str:
        """In one line: its name, and what differs."""
        if self.fault:
            return f"{self.case.name}: {self.fault}"
        said = [
            _("entry %(number)s, %(field)s: expected %(expected)s, got %(actual)s")
            % {
                "number": entry.number,
                "field": label(field),
                "expected": told(field, expected, {}),
                "actual": told(field, actual, {}),
            }
            for entry in self.entries
            for field, expected, actual in entry.differences
        ]
        return f"{self.case.name}: {'; '.join(said)}"


def run_cases(version: PolicyVersion) -> list[CaseRun]:
    """Every case of a version with expected, actual and steps; nothing is stored.

    The version applies from its date on, in place of what is published for that date; before it, and after the
    next version's date, the published ones do. A version with gaps runs none of its cases.
    """
    found = list(version.cases.all())
    if not found:
        return []
    try:
        own = compile_terms(store.rows_of(version), revision=version.revision, version_id=version.pk)
    except GapsError:
        fault = _("cannot run while the version has gaps")
        return [CaseRun(case, (), _tests_nothing(case, version), fault) for case in found]
    library = _library(version, own)
    return [
        CaseRun(case, tuple(registry.run_case(case.text, library)), _tests_nothing(case, version))
        for case in found
    ]


def _library(version: PolicyVersion, own: Terms) -> list[Terms]:
    """The city's terms in the order of their dates, with the version's own in its place."""
    library = {**selectors.library_of(version.city_id), own.effective_from: own}
    return [terms for _day, terms in sorted(library.items())]


def _tests_nothing(case: AcceptanceCase, version: PolicyVersion) -> bool:
    start = version.effective_from
    return start is not None and case.last_on is not None and case.last_on < start
