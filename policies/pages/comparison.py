"""A draft's sections beside those of the version before: what differs carries what it was."""

from dataclasses import replace

from django.utils.translation import gettext as _

from policies.pages.pieces import Cell, Piece, Row, Section


def compared(section: Section, before: Section | None) -> Section:
    """The section with what each of its texts was in the version before."""
    known = {row.key: row for row in before.rows} if before else {}
    return replace(section, rows=tuple(_compared_row(row, known.get(row.key)) for row in section.rows))


def _compared_row(row: Row, before: Row | None) -> Row:
    if before is None or len(before.cells) != len(row.cells):
        return replace(row, is_new=True)
    pairs = zip(row.cells, before.cells, strict=True)
    return replace(row, cells=tuple(_compared_cell(new, old) for new, old in pairs))


def _compared_cell(cell: Cell, before: Cell) -> Cell:
    old = {piece.label: piece for piece in before.pieces}
    pieces = []
    for piece in cell.pieces:
        then = old.get(piece.label)
        pieces.append(piece if _same(piece, then) else replace(piece, was=_told(then)))
    return replace(cell, pieces=tuple(pieces))


def _same(piece: Piece, then: Piece | None) -> bool:
    if then is None:
        return False
    return (then.text, then.state, then.waits_for) == (piece.text, piece.state, piece.waits_for)


def _told(piece: Piece | None) -> str:
    if piece is None:
        return _("not there")
    return piece.text
