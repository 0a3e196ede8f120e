"""A settlement as a drawing: the total as one bar, cut piece by piece, then the payers along the same bar.

Every step keeps its place, its sentence and its clause. Widths are percentages of the bar; amounts are fen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from claims.engine.steps import cite_of, sentence
from policies.cites import Cite, cite
from policies.terms import Terms

REST = "rest"


@dataclass(frozen=True)
class Segment:
    """A part of the bar: what it stands for, where it begins and how wide it is (percent of the bar)."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Cut:
    """One piece: its label, its amount, and the bar with the piece at its place."""

    kind: str
    label: str
    amount: int
    bar: tuple[Segment, ...]


@dataclass(frozen=True)
class Step:
    """One step of the settlement; most explain, some cut."""

    text: str
    cite: Cite | None
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class Payer:
    kind: str
    label: str
    amount: int
    bar: tuple[Segment, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Waterfall:
    total: Cut
    steps: tuple[Step, ...]
    payers: tuple[Payer, ...]


def waterfall(
    amounts: Mapping[str, int], steps: Sequence[Sequence], terms: Terms, language: str
) -> Waterfall:
    """The drawing of a settlement with these amounts (fen, as settled, not negated) and compact steps."""
    return _Drawing(amounts, steps, terms, language).drawn()


_PAYING = frozenset(
    ("account", "account_refused", "family_account", "critical_illness", "critical_bonus", "cash")
)


class _Drawing:
    def __init__(self, amounts, steps, terms, language):
        self.amounts, self.compact, self.terms, self.language = amounts, steps, terms, language
        self.left = amounts["total"]
        paid = amounts["pooled_fund"] + amounts["critical_illness"] + amounts["personal"]
        # Where the institution keeps a surplus, more is paid than was charged.
        self.scale = max(amounts["total"], paid, 1)
        limits = [number for number, step in enumerate(steps) if step[0] == "expense_limit"]
        self.last_limit = limits[-1] if limits else None

    def drawn(self) -> Waterfall:
        whole = Cut(REST, _("total"), self.amounts["total"], (self._segment(REST, 0, self.amounts["total"]),))
        cutting = [(n, step) for n, step in enumerate(self.compact) if step[0] not in _PAYING]
        steps = tuple(self._step(number, step) for number, step in cutting)
        return Waterfall(whole, steps, tuple(self._payers()))

    def _step(self, number: int, step: Sequence) -> Step:
        return self._told(step, tuple(self._cuts(number, *step)))

    def _told(self, step: Sequence, cuts: tuple[Cut, ...] = ()) -> Step:
        return Step(sentence(step, self.terms, self.language), shown_cite(step, self.terms), cuts)

    def _cuts(self, number: int, rule: str, cite, *figures) -> Iterable[Cut]:
        if rule == "split":
            _total, self_funded, over_price, upfront, _eligible = figures
            yield from self._cut("self_funded", _("self-funded"), self_funded)
            yield from self._cut("over_price", _("over the price ceiling"), over_price)
            yield from self._cut("upfront", _("upfront self-payment"), upfront)
        elif rule == "out_of_area":
            yield from self._cut("upfront", _("upfront self-payment, out of area"), figures[-1])
        elif rule == "expense_limit" and number == self.last_limit:
            within = min(step[-1] for step in self.compact if step[0] == "expense_limit")
            yield from self._cut("over_limit", _("over the limit"), self.left - within)
        elif rule in ("deductible", "admission"):
            yield from self._cut("deductible", _("deductible"), figures[-1])
        elif rule == "rate":
            base, _rate, gross = figures
            yield from self._cut("copayment", _("the member's share"), base - gross)
        elif rule == "fund_limit":
            yield from self._cut("over_limit", _("over the limit"), figures[-2] - figures[-1])
        elif rule == "no_fund_payment":
            yield from self._cut("refused", _("not paid by the fund"), self.left)

    def _cut(self, kind: str, label: str, amount: int) -> Iterable[Cut]:
        """The piece at the right end of what is left; nothing where there is nothing to cut."""
        if amount <= 0 or self._is_by_standard():
            return
        self.left -= amount
        bar = (self._segment(REST, 0, self.left), self._segment(kind, self.left, amount))
        yield Cut(kind, label, amount, bar)

    def _is_by_standard(self) -> bool:
        """Day surgery is not cut from the total but paid by a standard: its payers alone are drawn."""
        return any(step[0] == "day_surgery" for step in self.compact)

    def _payers(self) -> Iterable[Payer]:
        at = 0
        for kind, label, rules, always in (
            ("pooled_fund", _("pooled fund"), (), True),
            ("critical_illness", _("critical illness"), ("critical_bonus", "critical_illness"), False),
            ("account", _("personal account"), ("account", "account_refused"), False),
            ("family_account", _("family account"), ("family_account",), False),
            ("cash", _("cash"), ("cash",), True),
        ):
            amount = self.amounts[kind]
            told = tuple(self._told(step) for step in self.compact if step[0] in rules)
            if amount or always or (told and kind == "account"):
                yield Payer(kind, label, amount, (self._segment(kind, at, amount),), told)
            at += amount
        share = self.amounts["institution_share"]
        if share > 0:
            yield Payer("institution", _("institution"), share, (self._segment("institution", at, share),))
        elif share < 0:
            bar = (self._segment("institution", at + share, -share),)
            yield Payer("institution", _("surplus, kept by the institution"), share, bar)

    def _segment(self, kind: str, start: int, amount: int) -> Segment:
        return Segment(kind, f"{start * 100 / self.scale:.3f}%", f"{amount * 100 / self.scale:.3f}%")


def shown_cite(step: Sequence, terms: Terms) -> Cite | None:
    """Where a step rests, as pages show it."""
    given = cite_of(step, terms)
    if given is None:
        return None
    return cite(given.document, given.clause, given.kind, given.note)
