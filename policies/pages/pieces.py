"""What a page is made of: sections of rows of cells of pieces, and the small builders that all sections share."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from policies import rows
from policies.cites import Cite, cite
from policies.clauses import LAST, clause_order
from policies.wording import waiting_text

_AT_THE_END = ("entitlement", "other-benefits", "provisions")
SET, UNSET, NOT_OFFERED, GAP, PLAIN = "set", "unset", "not_offered", "gap", "plain"


@dataclass(frozen=True)
class Piece:
    """One thing in a cell. `state`: one of the constants above; `was`: the text before, in a changed draft.

    `cite`: where it stands, beside the last of a cell's pieces that rest on the same clause.
    """

    text: str
    state: str = PLAIN
    label: str = ""
    waits_for: str = ""
    was: str | None = None
    cite: Cite | None = None


@dataclass(frozen=True)
class Cell:
    """`figure`: it holds a number, and numbers stand aligned right."""

    pieces: tuple[Piece, ...]
    key: str = ""
    figure: bool = False

    @property
    def cites(self) -> tuple[Cite, ...]:
        return tuple(piece.cite for piece in self.pieces if piece.cite)


@dataclass(frozen=True)
class Row:
    """`key` tells the row from others of its section, and finds it in the version that a draft was made from."""

    key: str
    cells: tuple[Cell, ...]
    cite: Cite | None = None
    is_new: bool = False

    @property
    def cites(self) -> tuple[Cite, ...]:
        own = (self.cite,) if self.cite else ()
        return (*own, *(cite for cell in self.cells for cite in cell.cites))


@dataclass(frozen=True)
class Fact:
    """A rule of a section as one short statement with its clause."""

    text: str
    cite: Cite


@dataclass(frozen=True)
class Section:
    """`model`: the model of its rows, for links to their forms; `matrix`: its cells hold figures by status.

    `numbers`: the column of figures in a table that is no matrix.
    """

    anchor: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    model: str
    cite: Cite | None = None
    facts: tuple[Fact, ...] = ()
    matrix: bool = False
    benefit: str = ""
    numbers: int | None = None

    @property
    def order(self) -> tuple:
        """Where it stands on the page: by its first clause; what the text says in passing comes last."""
        if self.anchor in _AT_THE_END:
            return (*LAST, _AT_THE_END.index(self.anchor))
        cites = [self.cite, *(cite for row in self.rows for cite in row.cites)]
        keys = [clause_order(cite.clause) for cite in cites if cite and cite.clause]
        return min(keys) if keys else LAST


def cite_of(
    version: rows.VersionRows, row: rows.Row, clause: str | None = None, note: str | None = None
) -> Cite:
    """Where a row stands; with `clause` or `note`, where a part of it does."""
    return cite(
        row.document or version.document,
        row.clause if clause is None else clause,
        row.cite_kind,
        row.note if note is None else note,
    )


def figure(text: str | None, waits_for: str, label: str = "") -> Piece:
    """A figure that is set, unset (waits for another document) or missing."""
    if text is not None:
        return Piece(text, SET, label)
    if waits_for:
        return Piece(waiting_text(waits_for), UNSET, label, waits_for)
    return Piece(_("missing"), GAP, label)


def line(key: str, pieces: list[Piece], cite: Cite | None = None) -> Row:
    """A row with one piece in each cell."""
    return Row(key, tuple(Cell((piece,)) for piece in pieces), cite)


def table(
    anchor: str,
    title: str,
    columns: tuple[str, ...],
    lines: list[Row],
    model: str,
    numbers: int | None = None,
) -> Section | None:
    """`numbers`: the column whose figures are set aligned right."""
    if not lines:
        return None
    if numbers is not None:
        lines = [replace(row, cells=_with_figure(row.cells, numbers)) for row in lines]
    return Section(anchor, title, columns, tuple(lines), model, numbers=numbers)


def _with_figure(cells: tuple[Cell, ...], column: int) -> tuple[Cell, ...]:
    return (*cells[:column], replace(cells[column], figure=True), *cells[column + 1 :])
