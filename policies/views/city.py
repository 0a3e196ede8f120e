"""A city: its versions on one line of time, and what holds on a day in sentences."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from policies import access, checks, desk, rows, selectors, sentences, store
from policies.cites import Cite, cite
from policies.cities import local_name
from policies.models import City, PolicyDocument
from policies.statements import Statement, statements
from policies.views.rules import asked_day, document_keys, render

# How far from a label of the line, in per cent of its width, another can be read.
_LABEL = 6
# What is told under the benefits, in this order.
_MORE = ("admission_factors", "critical_illness", "entitlement", "out_of_area", "account_credits")


@dataclass(frozen=True)
class Mark:
    """A version on the line: from `left` per cent of its width, `width` per cent long."""

    entry: selectors.TimelineEntry
    left: float
    width: float


@dataclass(frozen=True)
class Line:
    """The city's versions to scale. `today`: where the marker stands, in per cent.

    `years`: (year, left); without the year where the marker's label stands.
    """

    marks: tuple[Mark, ...]
    drafts: tuple[Mark, ...]
    today: float
    years: tuple[tuple[int | None, float], ...]


def page(admin, request, city: City):
    """The city's page; `?on=` another day than today."""
    today = timezone.localdate()
    on, fault = asked_day(request)
    entries = selectors.timeline(city.pk, today)
    in_force = selectors.version_id_on(city.pk, on)
    version = next((entry.version for entry in entries if entry.version.pk == in_force), None)
    content = store.rows_of(version) if version else None
    said = sentences.benefits_said(content) if content else []
    return render(
        admin,
        request,
        "policies/desk/city.html",
        local_name(city),
        city=city,
        original=city,
        line=line_of(entries, today),
        entries=entries,
        drafts=[entry for entry in entries if entry.state in desk.OPEN],
        today=today,
        on=on,
        fault=fault,
        asked=request.GET.get("on", ""),
        version=None,
        shown=version,
        said=said,
        more=_more(content) if content else [],
        documents=document_keys(),
        own_documents=PolicyDocument.objects.filter(city=city).order_by("-available", "number"),
        bounds=[
            (sentences.bound_said(b), cite(b.document.number, b.clause, b.cite_kind, b.note))
            for b in checks.framework_bounds(city.pk)
        ],
        may_add=access.may(request.user, access.MAKE_DRAFTS, city),
    )


def line_of(entries: list[selectors.TimelineEntry], today: date) -> Line:
    """The versions to scale, from the first date to a year after the last or today, whichever is later."""
    dated = [entry for entry in entries if entry.version.effective_from]
    first = min([entry.version.effective_from for entry in dated] + [today])
    last = max([entry.version.effective_from for entry in dated] + [today])
    start, end = date(first.year, 1, 1), date(last.year + 1, 12, 31)
    span = (end - start).days

    def at(day: date) -> float:
        return round(min(max((day - start).days, 0), span) * 100 / span, 2)

    def mark(entry) -> Mark:
        left = at(entry.version.effective_from)
        until = at(entry.ends_on) if entry.ends_on else 100
        return Mark(entry, left, round(max(until - left, 0.5), 2))

    published = [mark(entry) for entry in dated if _on_the_line(entry)]
    drafts = [mark(e) for e in dated if e.state in desk.OPEN]
    every = max(1, (end.year - start.year) // 12)
    now = at(today)
    marks = [(year, at(date(year, 1, 1))) for year in range(start.year, end.year + 1, every)]
    years = tuple((year if abs(left - now) > _LABEL else None, left) for year, left in marks)
    return Line(tuple(published), tuple(drafts), now, years)


def _on_the_line(entry: selectors.TimelineEntry) -> bool:
    """Whether a version applies at some time: not withdrawn, and corrected by no later revision."""
    if entry.state in (selectors.IN_FORCE, selectors.SCHEDULED):
        return True
    return entry.state == selectors.SUPERSEDED and entry.ends_on is not None


def _more(content: rows.VersionRows) -> list[tuple[str, list[tuple[Statement, Cite]]]]:
    """What holds beside the benefits, by title."""
    found: dict[str, list[tuple[Statement, Cite]]] = {}
    told = list(statements(content).values())
    for statement in sorted((s for s in told if s.block in _MORE), key=lambda s: _MORE.index(s.block)):
        where = cite(statement.document, statement.clause, statement.basis, statement.note)
        found.setdefault(statement.title, []).append((statement, where))
    return list(found.items())
