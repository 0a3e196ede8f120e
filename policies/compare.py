"""Two versions compared, and cities beside each other, as sentences and figures with their clauses.

Pure: works on plain rows, so on drafts with gaps too. Zero is shown as zero, what is unset as unset.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.cites import cite
from policies.models.base import BenefitKind
from policies.sentences import Sentence, benefits_said
from policies.statements import GAP, UNSET, Statement, statements


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
    def names_no_clause(self) -> bool:
        """Whether a clause is missing in the new version; its head says what rests on none."""
        return self.new is not None and not self.new.clause and self.place not in ("document", "note")

    @property
    def same_figure(self) -> bool:
        """Whether only where it stands, or on what basis, is another."""
        return self.old is not None and self.new is not None and self.old.text == self.new.text

    @property
    def sources(self) -> str:
        """Where the same figure stood and stands, as far as that differs."""
        return f"{_source(self.old, self.new)} → {_source(self.new, self.old)}"

    def __str__(self):
        if self.same_figure:
            return f"{self.subject}: {self.new_text}, {self.sources}"
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
    """What differs from an old version to a new one, in the order of the new one; what it drops comes last.

    Between two cities only what holds is compared: they rest on different texts anyhow.
    """
    before, after = statements(old), statements(new)
    places = [*after, *(place for place in before if place not in after)]
    content = _content if old.city == new.city else _holding
    return [
        Difference(place, before.get(place), after.get(place))
        for place in places
        if content(before.get(place)) != content(after.get(place))
    ]


def _holding(statement: Statement | None) -> tuple | None:
    return None if statement is None else (statement.text, statement.state)


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
    cells: tuple[tuple[Sentence, ...], ...]


def side_by_side(versions: Sequence[rows.VersionRows | None]) -> list[BenefitLine]:
    """Benefit by benefit what each version says, in the order given; None: no version in force there.

    What belongs to no single benefit (care elsewhere, critical illness …) follows by title.
    """
    stated = [list(statements(version).values()) if version else [] for version in versions]
    spoken = [{x.benefit: x.sentences for x in benefits_said(v)} if v else {} for v in versions]
    lines = [
        BenefitLine(
            benefit,
            str(BenefitKind(benefit).label),
            tuple(
                (*said.get(benefit, ()), *_sentences(found, lambda s, b=benefit: s.benefit == b and _rule(s)))
                for said, found in zip(spoken, stated, strict=True)
            ),
        )
        for benefit in terms.BENEFITS
    ]
    titles = dict.fromkeys(
        s.title for found in stated for s in found if not s.benefit and s.block in _COMMON_BLOCKS
    )
    lines += [
        BenefitLine(
            "",
            title,
            tuple(
                tuple(_sentences(found, lambda s, t=title: not s.benefit and s.title == t))
                for found in stated
            ),
        )
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


def _rule(statement: Statement) -> bool:
    """Whether it is a rule of a benefit beside the figures of its tiers and its limits, which sentences say."""
    return (
        statement.block == "benefits" and statement.place.count(".") > 1 and ".terms." not in statement.place
    )


def _sentences(stated: Iterable[Statement], belongs: Callable[[Statement], bool]) -> Iterator[Sentence]:
    for statement in filter(belongs, stated):
        where = cite(statement.document, statement.clause, statement.basis, statement.note)
        text = f"{statement.subject}: {statement.text}"
        yield Sentence(text, (where,), statement.state in (UNSET, GAP))
