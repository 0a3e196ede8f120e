"""A version as a PDF document, from the sections that its page shows.

The font is Adobe's STSong-Light, which PDF readers with Chinese bring along: nothing has to be installed on
the server, and the file stays small (docs/decisions/0002-policy-desk.md).
"""

from collections.abc import Iterable, Iterator
from html import escape
from io import BytesIO

from django.utils.translation import gettext as _
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from policies.cites import Cite
from policies.pages.pieces import Cell, Fact, Section

_FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(_FONT))

_TEXT = ParagraphStyle("text", fontName=_FONT, fontSize=9, leading=13, wordWrap="CJK")
_SMALL = ParagraphStyle("small", parent=_TEXT, fontSize=7.5, leading=10, textColor="#555555")
_RIGHT = ParagraphStyle("right", parent=_SMALL, alignment=TA_RIGHT)
_FIGURE = ParagraphStyle("figure", parent=_TEXT, alignment=TA_RIGHT)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontSize=16, leading=22)
_HEAD = ParagraphStyle("head", parent=_TEXT, fontSize=11.5, leading=16, spaceBefore=5 * mm, keepWithNext=1)
_WIDTH = A4[0] - 36 * mm
_LINES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, "#bbbbbb"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, "#333333"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
)


def version_pdf(
    title: str, facts: Iterable[tuple[str, str]], sections: Iterable[Section], notes, own: str
) -> bytes:
    """The document: a heading, facts about the version (label, text), its sections and the notes on reading.

    `own`: the number of the version's document, which its facts name once and for all.
    """
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=title,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        invariant=True,  # the same version is the same file
    )
    document.build(
        list(_story(title, facts, sections, notes, own)),
        onFirstPage=_footer(title),
        onLaterPages=_footer(title),
    )
    return target.getvalue()


def _story(title, facts, sections, notes, own: str) -> Iterator[Flowable]:
    yield _p(title, _TITLE)
    yield Spacer(1, 2 * mm)
    for label, text in facts:
        yield _p(f"{label}: {text}")
    for section in sections:
        yield from _section(section, own)
    if notes:
        yield _p(_("How the text was read"), _HEAD)
        for _mark, text in notes:
            yield _p(text)


def _section(section: Section, own: str) -> Iterator[Flowable]:
    yield _p(_first_up(section.title), _HEAD)
    for fact in section.facts:
        yield _fact(fact, own)
    headings = [
        _p(column, _RIGHT if number == section.numbers else _SMALL)
        for number, column in enumerate(section.columns)
    ]
    clauses = not section.matrix
    lines = [[*headings, *([_p(_("clause"), _SMALL)] if clauses else [])]]
    for row in section.rows:
        cells = [_cell(cell, own, right=n == section.numbers) for n, cell in enumerate(row.cells)]
        lines.append([*cells, *([_p(_where(row.cite, own), _SMALL)] if clauses else [])])
    yield Table(lines, colWidths=_widths(len(lines[0]), clauses), style=_LINES, repeatRows=1)


def _widths(count: int, clause: bool) -> list[float]:
    if not clause:
        first = _WIDTH * 0.28
        return [first] + [(_WIDTH - first) / (count - 1)] * (count - 1)
    last = _WIDTH * 0.2
    return [(_WIDTH - last) / (count - 1)] * (count - 1) + [last]


def _cell(cell: Cell, own: str, right: bool) -> list[Flowable]:
    found = []
    for piece in cell.pieces:
        found.append(_p(f"{piece.label} {piece.text}".strip(), _FIGURE if right else _TEXT))
        if piece.cite:
            found.append(_p(_where(piece.cite, own), _SMALL))
    return found


def _fact(fact: Fact, own: str) -> Flowable:
    return _p(f"{fact.text}  {_where(fact.cite, own)}", _SMALL)


def _where(cite: Cite | None, own: str) -> str:
    """A clause with its document, where that is another than the version's own: nothing can be clicked on paper."""
    if cite is None:
        return ""
    mark = cite.note.split(" ", 1)[0] if cite.note.startswith("I-") else ""
    document = cite.document if cite.clause and cite.document != own else ""
    return " · ".join(filter(None, (document, cite.clause, cite.basis, mark)))


def _p(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    return Paragraph(escape(text), style)


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _footer(title: str):
    def draw(canvas, document) -> None:
        canvas.setFont(_FONT, 7.5)
        canvas.drawString(18 * mm, 9 * mm, title)
        canvas.drawRightString(A4[0] - 18 * mm, 9 * mm, str(document.page))

    return draw
