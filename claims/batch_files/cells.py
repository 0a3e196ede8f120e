"""A table's cells as the values of a claim's JSON. What a spreadsheet may have changed is told, never guessed.

Digits, letters and signs of full width are read as their plain ones in amounts, dates, choices and yes/no,
which can mean nothing else; in numbers and codes, which identify people and things, they are faults.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from claims.batch_files.columns import AMOUNT, CHOICE, DATE, FINE, FLAG, ID, LIST, TEXT, Column

NUMBER, DAY, TRUTH, FORMULA, ERROR = "number", "day", "truth", "formula", "error"

_MANGLED = re.compile(r"[0-9]+(\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_DATES = tuple(
    re.compile(form)
    for form in (
        r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?: 0?0:00(?::00)?)?",
        r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})(?: 0?0:00(?::00)?)?",
        r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})",
        r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日",
        r"([0-9]{4})([0-9]{2})([0-9]{2})",
    )
)
_FLAGS = {
    "是": True,
    "否": False,
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
}
_SEPARATORS = re.compile("[;；、]")
_PLACES = {AMOUNT: 2, FINE: 4}
# A spreadsheet's number has 15 digits; more are not what was typed.
_EXACT_DIGITS = 15


class Cell(NamedTuple):
    """A cell that is no text: a number as the file has it, a day in ISO form, a truth ("1" or "0")."""

    kind: str
    text: str


class CellFault(Exception):
    def __init__(self, code: str, **figures):
        super().__init__(code)
        self.code, self.figures = code, figures


def value_of(column: Column, cell: str | Cell) -> Any:
    """What a cell that is not empty says, as a claim's JSON has it. Raises CellFault.

    Text that has another form than its column wants is given as it is where the reader of claims refuses it.
    """
    if isinstance(cell, Cell) and cell.kind in (FORMULA, ERROR):
        raise CellFault(cell.kind)
    return _READ[column.kind](cell, column)


def _id(cell: str | Cell, _column: Column) -> str:
    text = cell.text if isinstance(cell, Cell) else cell
    if _MANGLED.fullmatch(text) or (isinstance(cell, Cell) and len(text) > _EXACT_DIGITS):
        raise CellFault("mangled")
    if isinstance(cell, Cell):
        raise CellFault("not_text")
    if _WIDE.search(text):
        raise CellFault("fullwidth")
    return text


def _text(cell: str | Cell, _column: Column) -> str:
    return cell if isinstance(cell, str) else _digits(cell)


def _digits(cell: Cell) -> str:
    """A number as people write it. Raises CellFault where it is too long to be what was typed."""
    try:
        number = Decimal(repr(float(cell.text)))
    except (InvalidOperation, ValueError):
        raise CellFault("not_text") from None
    if not number.is_finite() or len(number.as_tuple().digits) > _EXACT_DIGITS or abs(number) >= 10**15:
        raise CellFault("mangled")
    return f"{number.normalize():f}"


def _number(cell: str | Cell, column: Column) -> str:
    places = _PLACES[column.kind]
    if isinstance(cell, str):
        return _plain(cell)
    if cell.kind != NUMBER:
        raise CellFault("cell_amount", places=places)
    try:
        text = _digits(cell)
    except CellFault:
        raise CellFault("cell_amount", places=places) from None
    if len(text.partition(".")[2]) > places:
        raise CellFault("cell_amount", places=places)
    return text


def _date(cell: str | Cell, _column: Column) -> str:
    text = _plain(cell if isinstance(cell, str) else cell.text)
    if isinstance(cell, Cell) and cell.kind == TRUTH:
        raise CellFault("cell_date")
    for form in _DATES:
        if found := form.fullmatch(text):
            try:
                return date(*map(int, found.groups())).isoformat()
            except ValueError:
                break
    raise CellFault("cell_date")


def _choice(cell: str | Cell, column: Column) -> str:
    text = _plain(cell if isinstance(cell, str) else cell.text)
    return column.words.get(text, text.lower())


def _flag(cell: str | Cell, _column: Column) -> bool:
    text = _plain(cell if isinstance(cell, str) else cell.text).lower()
    if text not in _FLAGS:
        raise CellFault("cell_flag")
    return _FLAGS[text]


def _list(cell: str | Cell, column: Column) -> list[str]:
    text = _id(cell, column)
    return [entry.strip() for entry in _SEPARATORS.split(text) if entry.strip()]


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


_READ: Mapping[str, Callable[[str | Cell, Column], Any]] = {
    ID: _id,
    TEXT: _text,
    DATE: _date,
    CHOICE: _choice,
    FLAG: _flag,
    LIST: _list,
    AMOUNT: _number,
    FINE: _number,
}
