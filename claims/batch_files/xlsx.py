"""The first sheet of an XLSX workbook, read as a stream by a parser that refuses what a table has no need of.

Libraries were tried: openpyxl keeps an object for every row that it has read, also for a million empty ones, and
takes ten times as long; calamine makes the whole rectangle of used cells, however few are filled. Both give
floats, where the file has the number's own text, and say nothing of formulas.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from openpyxl.styles.numbers import is_date_format

from claims.batch_files.cells import DAY, ERROR, FORMULA, NUMBER, TRUTH, Cell
from claims.batch_files.columns import MOST_COLUMNS
from claims.faults import Fault, Refused

MAX_UNPACKED = 128 * 1024 * 1024
MAX_SHARED_TEXTS = 32 * 1024 * 1024
_MAX_SMALL = 4 * 1024 * 1024
_MAX_MEMBERS = 2000
_PIECE = 2**16
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_BUILT_IN_DATES = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
_UNREADABLE = (
    BadZipFile,
    zlib.error,
    expat.ExpatError,
    RuntimeError,
    LookupError,
    ValueError,
    OSError,
    EOFError,
)


def xlsx_rows(file: BinaryIO) -> Iterator[tuple[int, list[str | Cell]]]:
    """(row, cells) of the rows that are not empty. Raises Refused for what is no workbook, or no harmless one."""
    file.seek(0)
    if file.read(4) == _OLD_OR_LOCKED:
        raise Refused([Fault("", "old_or_locked_workbook")])
    try:
        with ZipFile(file) as archive:
            _check_sizes(archive)
            yield from _Workbook(archive).rows()
    except _UNREADABLE:
        raise Refused([Fault("", "no_workbook")]) from None


def _check_sizes(archive: ZipFile) -> None:
    """What is unpacked never exceeds these sizes: zipfile stops where they say."""
    members = archive.infolist()
    if len(members) > _MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refused([Fault("", "workbook_too_large", {"most": MAX_UNPACKED // 2**20})])


class _Workbook:
    def __init__(self, archive: ZipFile):
        self._archive = archive
        self._sheet, self._from_1904 = self._first_sheet()
        self._date_styles = self._styles() if self._has("xl/styles.xml") else frozenset()
        self._texts = self._shared_texts() if self._has("xl/sharedStrings.xml") else []

    def rows(self) -> Iterator[tuple[int, list[str | Cell]]]:
        sheet = _Sheet(self._texts, self._date_styles, self._from_1904)
        for _piece in self._parse(self._sheet, sheet.start, sheet.end, sheet.text, MAX_UNPACKED):
            yield from sheet.taken()

    def _has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def _parse(self, name: str, start, end=None, text=None, most: int = _MAX_SMALL) -> Iterator[None]:
        """Parses a part of the archive, and comes back after each piece of it."""
        if self._archive.getinfo(name).file_size > most:
            raise Refused([Fault("", "workbook_too_large", {"most": most // 2**20})])
        parser = expat.ParserCreate()
        parser.buffer_text = True
        # No workbook has a document type: it would be there for its entities.
        parser.StartDoctypeDeclHandler = _refuse_entities
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = text
        with self._archive.open(name) as part:
            while piece := part.read(_PIECE):
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
        yield

    def _all(self, name: str, *handlers, **limits) -> None:
        for _piece in self._parse(name, *handlers, **limits):
            pass

    def _first_sheet(self) -> tuple[str, bool]:
        """The part of the first sheet that is shown, and whether days are counted from 1904."""
        sheets, targets, flags = [], {}, {}

        def in_workbook(name, attributes):
            name = _local(name)
            if name == "sheet" and attributes.get("state", "visible") == "visible":
                sheets.append(next(v for k, v in attributes.items() if _local(k) == "id"))
            elif name == "workbookPr":
                flags.update(attributes)

        def in_relations(name, attributes):
            if _local(name) == "Relationship":
                targets[attributes["Id"]] = attributes["Target"]

        self._all("xl/workbook.xml", in_workbook)
        self._all("xl/_rels/workbook.xml.rels", in_relations)
        target = targets[sheets[0]]
        return target.lstrip("/") if target.startswith("/") else f"xl/{target}", flags.get("date1904") in (
            "1",
            "true",
        )

    def _styles(self) -> frozenset[str]:
        """The styles (as cells name them) that show a number as a date."""
        formats, styles, within = {}, [], []

        def start(name, attributes):
            name = _local(name)
            within.append(name)
            if name == "numFmt":
                formats[attributes["numFmtId"]] = attributes["formatCode"]
            elif name == "xf" and "cellXfs" in within:
                styles.append(attributes.get("numFmtId", "0"))

        self._all("xl/styles.xml", start, lambda name: within.pop())
        return frozenset(
            str(index)
            for index, number in enumerate(styles)
            if int(number) in _BUILT_IN_DATES or is_date_format(formats.get(number))
        )

    def _shared_texts(self) -> list[str]:
        texts = _Texts()
        self._all("xl/sharedStrings.xml", texts.start, texts.end, texts.text, most=MAX_SHARED_TEXTS)
        return texts.found


def _refuse_entities(*_args):
    raise Refused([Fault("", "workbook_with_entities")])


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Texts:
    """Shared texts: the plain and the formatted pieces of each, without hints at its pronunciation."""

    def __init__(self):
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._reading = self._hint = False

    def start(self, name, _attributes):
        name = _local(name)
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._hint = True
        elif name == "t":
            self._reading = not self._hint

    def text(self, data):
        if self._reading:
            self._pieces.append(data)

    def end(self, name):
        name = _local(name)
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._hint = False
        elif name == "si":
            self.found.append("".join(self._pieces).strip())


class _Sheet:
    """A sheet's cells, as they come. Rows without any are not remembered."""

    def __init__(self, texts: list[str], date_styles: frozenset[str], from_1904: bool):
        self._texts, self._date_styles = texts, date_styles
        self._epoch = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
        self._rows: list[tuple[int, list[str | Cell]]] = []
        self._row, self._cells, self._place = 0, [], -1
        self._kind = self._style = ""
        self._value: list[str] = []
        self._reading = self._hint = self._formula = False
        self._places: dict[str, int] = {}
        self._start: dict[str, Callable] = {"c": self._cell, "row": self._begin_row, "f": self._has_formula}

    def taken(self) -> list[tuple[int, list[str | Cell]]]:
        """The rows that were completed since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name, attributes):
        name = _local(name) if ":" in name else name
        if name == "v" or name == "t":
            self._reading = not self._hint
        elif handler := self._start.get(name):
            handler(attributes)
        elif name == "rPh":
            self._hint = True

    def text(self, data):
        if self._reading:
            self._value.append(data)

    def end(self, name):
        name = _local(name) if ":" in name else name
        if name == "c":
            if self._value or self._formula:
                self._end_cell()
        elif name == "v" or name == "t":
            self._reading = False
        elif name == "row":
            if self._cells:
                self._rows.append((self._row, self._cells))
        elif name == "rPh":
            self._hint = False

    def _begin_row(self, attributes):
        self._row = int(attributes.get("r", self._row + 1))
        self._cells, self._place = [], -1

    def _cell(self, attributes):
        reference = attributes.get("r")
        self._place = self._place + 1 if reference is None else self._place_of(reference)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula = [], False

    def _has_formula(self, _attributes):
        self._formula = True

    def _place_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        place = self._places.get(letters)
        if place is None:
            place = 0
            for mark in letters:
                place = place * 26 + ord(mark) - ord("A") + 1
            self._places[letters] = place = place - 1
        return place

    def _end_cell(self):
        content = self._content()
        if content == "":
            return
        if not 0 <= self._place < MOST_COLUMNS:
            raise Refused([Fault("", "too_many_columns", {"row": self._row, "most": MOST_COLUMNS})])
        self._cells += [""] * (self._place + 1 - len(self._cells))
        self._cells[self._place] = content

    def _content(self) -> str | Cell:
        if self._formula:
            return Cell(FORMULA, "")
        text = "".join(self._value).strip()
        kind = self._kind
        if kind == "s":
            return self._texts[int(text)]
        if kind in ("inlineStr", "str") or not text:
            return text
        if kind == "b":
            return Cell(TRUTH, text)
        if kind == "e":
            return Cell(ERROR, text)
        if kind == "d":
            return Cell(DAY, text.removesuffix("T00:00:00"))
        return self._day(text) if self._style in self._date_styles else Cell(NUMBER, text)

    def _day(self, text: str) -> Cell:
        """A date as spreadsheets store it: days since an epoch. Time of day, where there is one, stays."""
        serial = float(text)
        # Before March 1900 spreadsheets count a day that never was.
        if not 61 <= serial < 2_958_466:
            return Cell(NUMBER, text)
        moment = self._epoch + timedelta(days=serial)
        whole = moment.hour == moment.minute == moment.second == 0
        return Cell(DAY, moment.date().isoformat() if whole else moment.isoformat(" ", "seconds"))
