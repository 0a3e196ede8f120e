"""What a reviewer is shown of a version: ✓ holds, ✗ forbids a step, ! asks for a look; each with its figures."""

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from msgspec.structs import replace

from policies import access, cases, desk, registry, rows, selectors, store, terms
from policies.bounds import broken_bounds
from policies.compare import differences
from policies.findings import ALWAYS, BEFORE_PUBLICATION, BROKEN, DOUBTFUL, HOLDS, Finding
from policies.gaps import Gap, find_gaps
from policies.models import FrameworkBound, PolicyDocument, PolicyVersion
from policies.models.base import CiteKind
from policies.statements import LIMIT, RATE
from policies.wording import gap_text

# A rate that moves by more than 20 points, a limit by more than half, is looked at twice.
JUMP_OF_RATE = 2_000
NOT_FROM_TEXT = "not_from_text"


def review_checks(version: PolicyVersion, runs: list[cases.CaseRun] | None = None) -> list[Finding]:
    """Every check's findings, in the order in which reviewers read them. The number of queries is constant.

    `runs`: the acceptance cases, where they have been run already.
    """
    content = store.rows_of(version)
    return [
        *_holding("gaps", _("Everything that is needed is there"), _gaps(content)),
        *_holding("bounds", _("Keeps within its frameworks"), _bounds(version, content)),
        *_holding(NOT_FROM_TEXT, _("Every figure is from a text"), _not_from_text(content)),
        *_holding("clauses", _("Every figure names its clause"), _without_clause(content)),
        *_holding("jumps", _("No figure jumps"), _jumps(version, content)),
        *registry.findings(version, content),
        *_holding(
            "cases",
            _("The acceptance cases hold"),
            _cases(cases.run_cases(version) if runs is None else runs),
        ),
        *_holding("comments", _("No remark is open"), _open_remarks(version)),
    ]


def _holding(code: str, title: str, found: Iterable[Finding]) -> list[Finding]:
    """What a check found; where it found nothing, that it holds."""
    return list(found) or [Finding(code, HOLDS, title)]


def gap_finding(gap: Gap, content: rows.VersionRows) -> Finding:
    """A gap as reviewers see it: nothing can go on while it is open."""
    text = gap_text(gap, content)
    return Finding("gaps", BROKEN, _("Something is missing"), text, place=gap.place, forbids=ALWAYS)


def _gaps(content: rows.VersionRows) -> Iterator[Finding]:
    known = frozenset(PolicyDocument.objects.values_list("number", flat=True))
    for gap in find_gaps(content, known):
        yield gap_finding(gap, content)


def framework_bounds(city: str) -> Iterable[FrameworkBound]:
    """The bounds that hold in a city: its own, and those of its province."""
    return FrameworkBound.objects.filter(city__in=access.with_provinces([city])).select_related("document")


def _bounds(version: PolicyVersion, content: rows.VersionRows) -> Iterator[Finding]:
    in_place = selectors.published().filter(city_id=version.city_id).order_by("effective_from")
    first = in_place.values_list("effective_from", flat=True).first()
    for broken in broken_bounds(content, framework_bounds(version.city_id), first):
        yield Finding(
            "bounds",
            BROKEN,
            str(FrameworkBound.Rule(broken.bound.rule).label),
            broken.message,
            figures=tuple(filter(None, broken.figures)),
            document=str(broken.bound.document),
            clause=broken.bound.clause,
            place=broken.place,
            forbids=ALWAYS,
        )


# --- Where figures come from ----------------------------------------------------------------------


def _not_from_text(content: rows.VersionRows) -> Iterator[Finding]:
    """Illustrative figures are for demonstrations: without them this is what the version lacks."""
    given = {(gap.code, gap.place) for gap in find_gaps(content)}
    title = _("Illustrative, not from the document")
    for gap in find_gaps(without_illustrations(content)):
        if (gap.code, gap.place) not in given:
            text = gap_text(gap, content)
            yield Finding(NOT_FROM_TEXT, BROKEN, title, text, place=gap.place, forbids=ALWAYS)
    if content.effective_basis == terms.ASSUMED and content.effective_from is not None:
        text = _("The text gives no date: whoever publishes types the one that holds.")
        day = content.effective_from.isoformat()
        yield Finding(NOT_FROM_TEXT, DOUBTFUL, _("The date is assumed"), text, (day,), place="effective.from")


def without_illustrations(content: rows.VersionRows) -> rows.VersionRows:
    """The content without what is marked as illustrative: its figures, and rows that say nothing without one."""
    kept = {
        name: [row for row in getattr(content, name) if not _illustrative(row)]
        for name in (
            "tiers",
            "limits",
            "admission_factors",
            "waiting",
            "out_of_area",
            "account_credits",
            "account_uses",
            "contribution_rates",
            "day_surgery_standards",
            "provisions",
        )
    }
    benefits = []
    for row in content.benefits:
        own = [term for term in row.terms if not _illustrative(term)]
        if not _illustrative(row):
            benefits.append(replace(row, terms=own))
    critical, entitlement = content.critical_illness, content.entitlement
    return replace(
        content,
        benefits=benefits,
        critical_illness=None if critical and _illustrative(critical) else critical,
        entitlement=None if entitlement and _illustrative(entitlement) else entitlement,
        effective_from=None if content.effective_basis == terms.ILLUSTRATIVE else content.effective_from,
        **kept,
    )


def _illustrative(row: rows.Row) -> bool:
    return row.cite_kind == terms.ILLUSTRATIVE


def _without_clause(content: rows.VersionRows) -> Iterator[Finding]:
    """What names no clause rests on a reading or an assumption. (Without even that it is a gap.)"""
    for place, row in content.lines():
        if row.clause or not (row.note or row.cite_kind != terms.TEXT):
            continue
        reading = row.note or str(CiteKind(row.cite_kind).label)
        yield Finding(
            "clauses", DOUBTFUL, _("No clause is named"), reading, document=row.document, place=place
        )


# --- Against the version before -------------------------------------------------------------------


def version_before(version: PolicyVersion) -> PolicyVersion | None:
    """What applies on a version's date without it: what it follows or corrects. Else what it was made from."""
    day: date | None = version.effective_from
    earlier = selectors.published().filter(city_id=version.city_id).exclude(pk=version.pk)
    if day is not None:
        fitting = earlier.filter(effective_from__lte=day)
        if version.is_published:
            fitting = fitting.exclude(effective_from=day, revision__gte=version.revision)
        if found := fitting.order_by("-effective_from", "-revision").first():
            return found
    return version.based_on


def _jumps(version: PolicyVersion, content: rows.VersionRows) -> Iterator[Finding]:
    """A rate that moves by more than 20 points, or a limit by more than half, against the version before."""
    before = version_before(version)
    if before is None:
        return
    for difference in differences(store.rows_of(before), content):
        old, new = difference.old, difference.new
        if old is None or new is None or old.value is None or new.value is None:
            continue
        if _is_jump(new.kind, old.value, new.value):
            yield Finding(
                "jumps",
                DOUBTFUL,
                _("Unusual jump"),
                str(difference),
                figures=(old.text, new.text),
                document=difference.document,
                clause=difference.clause,
                place=difference.place,
            )


def _is_jump(kind: str, old: int, new: int) -> bool:
    if kind == RATE:
        return abs(new - old) > JUMP_OF_RATE
    return kind == LIMIT and abs(new - old) * 2 > old


# --- Acceptance cases and remarks -----------------------------------------------------------------


def _cases(runs: list[cases.CaseRun]) -> Iterator[Finding]:
    """A case that fails may be looked at in review, but neither approved nor published."""
    for run in runs:
        if not run.passed:
            yield Finding(
                "cases",
                BROKEN,
                _("An acceptance case fails"),
                run.summary,
                place=f"cases.{run.case.name}",
                forbids=BEFORE_PUBLICATION,
            )
        elif run.nothing_new:
            text = _("“%(name)s” ends before the version begins: it tests nothing new.")
            title = _("An acceptance case tests nothing new")
            yield Finding(
                "cases", DOUBTFUL, title, text % {"name": run.case.name}, place=f"cases.{run.case.name}"
            )


def _open_remarks(version: PolicyVersion) -> Iterator[Finding]:
    count = sum(thread.open for thread in desk.threads(version))
    if count:
        text = ngettext("%(count)s remark is open.", "%(count)s remarks are open.", count)
        yield Finding("comments", DOUBTFUL, _("Remarks are open"), text % {"count": count})
