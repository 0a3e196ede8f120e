"""Two versions compared, and cities beside each other, as sentences and figures with their clauses.

Pure: works on plain rows, so on drafts with gaps too. Zero is shown as zero, what is unset as unset.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.models.base import BenefitKind
from policies.statements import Statement, statements


@dataclass(frozen=True)
class Difference:
    """One parameter that differs. `old` or `new` is None where only the other version states it.

    str(difference) → "起付标准 三级 在职: 300 → 400, 三(三)"
    """

    place: str
    old: Statement | None
    new: Statement | None

    @property
    def given(self) -> Statement:
        """The statement that names it: the new one, where there is one."""
        return self.new or self.old

    @property
    def block(self) -> str:
        return self.given.block

    @property
    def title(self) -> str:
        return self.given.title

    @property
    def subject(self) -> str:
        return self.given.subject

    @property
    def old_text(self) -> str:
        return _told(self.old)

    @property
    def new_text(self) -> str:
        return _told(self.new)

    @property
    def clause(self) -> str:
        return self.given.clause

    @property
    def document(self) -> str:
        return self.given.document

    @property
    def same_figure(self) -> bool:
        """Whether only where it stands, or on what basis, is another."""
        return self.old is not None and self.new is not None and self.old.text == self.new.text

    def __str__(self):
        if self.same_figure:
            sources = f"{_source(self.old, self.new)} → {_source(self.new, self.old)}"
            return f"{self.subject}: {self.new_text}, {sources}"
        text = f"{self.subject}: {self.old_text} → {self.new_text}"
        return f"{text}, {self.clause}" if self.clause else text


def _told(statement: Statement | None) -> str:
    return _("not there") if statement is None else statement.text


def _source(statement: Statement, other: Statement) -> str:
    """Where a statement stands, as far as the other stands elsewhere."""
    parts = [statement.document] if statement.document != other.document else []
    parts += [statement.clause or _("no clause")] if statement.clause != other.clause else []
    if statement.basis != other.basis:
        parts.append(
            {terms.TEXT: _("stated in the text"), terms.ASSUMED: _("assumed")}.get(
                statement.basis, _("illustrative, not from the document")
            )
        )
    if statement.note != other.note:
        parts.append(statement.note or _("no note"))
    return " ".join(parts)


def differences(old: rows.VersionRows, new: rows.VersionRows) -> list[Difference]:
    """What differs from an old version to a new one, in the order of the new one; what it drops comes last."""
    before, after = statements(old), statements(new)
    places = [*after, *(place for place in before if place not in after)]
    return [
        Difference(place, before.get(place), after.get(place))
        for place in places
        if _content(before.get(place)) != _content(after.get(place))
    ]


def _content(statement: Statement | None) -> tuple | None:
    if statement is None:
        return None
    source = (statement.document, statement.clause, statement.basis, statement.note)
    return statement.text, statement.state, *source


@dataclass(frozen=True)
class BenefitLine:
    """A benefit in several cities: for each what is said of it, none where it is not mentioned."""

    benefit: str
    title: str
    cells: tuple[tuple[Statement, ...], ...]


def side_by_side(versions: Sequence[rows.VersionRows | None]) -> list[BenefitLine]:
    """Benefit by benefit what each version says, in the order given; None: no version in force there.

    What belongs to no single benefit (care elsewhere, critical illness …) follows by title.
    """
    said = [list(statements(version).values()) if version else [] for version in versions]
    lines = [
        BenefitLine(
            benefit, str(BenefitKind(benefit).label), _cells(said, lambda s, b=benefit: s.benefit == b)
        )
        for benefit in terms.BENEFITS
    ]
    titles = dict.fromkeys(
        s.title for found in said for s in found if not s.benefit and s.block in _COMMON_BLOCKS
    )
    lines += [
        BenefitLine("", title, _cells(said, lambda s, t=title: not s.benefit and s.title == t))
        for title in titles
    ]
    return [line for line in lines if any(line.cells)]


_COMMON_BLOCKS = (
    "limits",
    "admission_factors",
    "critical_illness",
    "entitlement",
    "out_of_area",
    "account_credits",
    "contribution_rates",
)


def _cells(said: Sequence[list[Statement]], belongs) -> tuple[tuple[Statement, ...], ...]:
    return tuple(tuple(statement for statement in found if belongs(statement)) for found in said)
