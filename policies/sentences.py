"""A version as a bureau officer would say it on the telephone: who, where, deductible, rate, limit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from policies import rows, terms
from policies.cites import Cite, cite
from policies.figures import percent_text, yuan_short
from policies.models import FrameworkBound
from policies.models.base import BenefitKind, Status
from policies.wording import listed, tier_names, waiting_text, yuan_of


@dataclass(frozen=True)
class Sentence:
    """What holds for members of a status at some tiers. `open`: something in it is not set."""

    text: str
    cites: tuple[Cite, ...]
    open: bool = False


@dataclass(frozen=True)
class Said:
    """A benefit in sentences."""

    benefit: str
    title: str
    sentences: tuple[Sentence, ...]


@dataclass
class _Words:
    """Parts of a sentence, with where they stand."""

    parts: list[str] = field(default_factory=list)
    cites: list[Cite] = field(default_factory=list)
    open: bool = False
    tiers: list[str] = field(default_factory=list)

    def add(self, text: str, row: rows.Row, open_: bool = False, clause: str = "") -> None:
        """`clause`: where the figure stands, if not where its row does."""
        if text not in self.parts:  # one document that several figures are left to is named once
            self.parts.append(text)
        self.cites.append(cite(row.document, clause or row.clause, row.cite_kind, row.note))
        self.open = self.open or open_


def benefits_said(version: rows.VersionRows) -> list[Said]:
    """Every benefit of a version, in the one order; what is left to another document says so."""
    version = rows.canonical(version)
    return [
        Said(row.benefit, str(BenefitKind(row.benefit).label), tuple(_benefit(version, row)))
        for row in version.benefits
    ]


def _benefit(version: rows.VersionRows, row: rows.BenefitRow) -> Iterator[Sentence]:
    cite = (_cite(row),)
    if row.waits_for:
        yield Sentence(waiting_text(row.waits_for), cite, open=True)
    elif row.benefit == terms.EMERGENCY:
        text = _("by the ordinary outpatient rules")
        if row.as_inpatient_clause:
            text = _("as inpatient care where it ends in admission, death or no bed; otherwise ordinary")
        yield Sentence(text, cite)
    else:
        for status in terms.STATUSES:
            yield from _of_status(version, row, status)


def _of_status(version: rows.VersionRows, row: rows.BenefitRow, status: str) -> Iterator[Sentence]:
    """One sentence for each tier; neighbours that are given the same share one."""
    names = tier_names(version)
    cells = {term.tier: term for term in row.terms if term.status == status}
    told: list[_Words] = []
    for tier in version.tiers:
        words = _Words(tiers=[names[tier.code]])
        _say_cell(words, row, cells.get(tier.code))
        if tier.code in cells and cells[tier.code].offered:
            _say_limits(words, version, row.benefit, status)
        if told and told[-1].parts == words.parts:
            told[-1].tiers += words.tiers
            told[-1].cites += words.cites
        else:
            told.append(words)
    for words in told:
        text = _("%(status)s, %(tiers)s: %(what)s") % {
            "status": Status(status).label,
            "tiers": listed(words.tiers),
            "what": pgettext("between parts of a sentence", ", ").join(words.parts),
        }
        yield Sentence(text, tuple(dict.fromkeys(words.cites)), words.open)


def _say_cell(words: _Words, row: rows.BenefitRow, cell: rows.TermRow | None) -> None:
    if cell is None:
        words.add(_("missing"), row, open_=True)
    elif not cell.offered:
        words.add(_("not offered"), cell)
    else:
        if row.deductible_mode != terms.NO_DEDUCTIBLE:
            amount = None if cell.deductible is None else yuan_short(cell.deductible)
            said = _("deductible %(amount)s yuan") % {"amount": amount}
            clause = cell.deductible_clause or row.deductible_clause
            _say(words, cell, said, amount is None, cell.deductible_waits_for, clause)
        rate = None if cell.rate is None else percent_text(cell.rate)
        said = _("the fund pays %(rate)s") % {"rate": rate}
        _say(words, cell, said, rate is None, cell.rate_waits_for)


def _say(words: _Words, row: rows.Row, said: str, open_: bool, waits_for: str, clause: str = "") -> None:
    if open_:
        said = waiting_text(waits_for) if waits_for else _("missing")
    words.add(said, row, open_, clause)


def _say_limits(words: _Words, version: rows.VersionRows, benefit: str, status: str) -> None:
    """The limits that bind a benefit and status; one that is named and not set binds nobody yet."""
    for row in version.limits:
        if benefit not in row.benefits or status not in row.statuses:
            continue
        if row.amount is None:
            text = _("limit: %(waiting)s") % {"waiting": waiting_text(row.waits_for)}
        else:
            text = _LIMITS[row.basis, row.period]() % {"amount": yuan_short(row.amount)}
        if row.disease:
            text += _(" for each disease") if row.disease == terms.EACH_DISEASE else f" ({row.disease})"
        words.add(text, row, row.amount is None)


_LIMITS = {
    (terms.FUND_PAYMENT, terms.YEAR): lambda: _("at most %(amount)s yuan a year"),
    (terms.FUND_PAYMENT, terms.MONTH): lambda: _("at most %(amount)s yuan a month"),
    (terms.ELIGIBLE_EXPENSE, terms.YEAR): lambda: _("of at most %(amount)s yuan of expense a year"),
    (terms.ELIGIBLE_EXPENSE, terms.MONTH): lambda: _("of at most %(amount)s yuan of expense a month"),
}


def _cite(row: rows.Row) -> Cite:
    return cite(row.document, row.clause, row.cite_kind, row.note)


def bound_said(bound: FrameworkBound) -> str:
    """A framework's bound in words."""
    who = [
        str(BenefitKind(bound.benefit).label) if bound.benefit else _("every benefit"),
        *([str(Status(bound.status).label)] if bound.status else ()),
    ]
    rules = FrameworkBound.Rule
    what = str(rules(bound.rule).label)
    if bound.rule == rules.LATEST_DATE:
        return f"{what}: {bound.on}"
    figure = ""
    if bound.rule in (rules.MIN_RATE, rules.MAX_RATE):
        figure = " " + percent_text(bound.value or 0)
    elif bound.rule in (rules.MAX_DEDUCTIBLE, rules.MAX_LIMIT):
        figure = " " + yuan_of(bound.value or 0)
    return f"{listed(who)}: {what}{figure}"
