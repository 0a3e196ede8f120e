"""CSV as spreadsheets in China write it: UTF-8 with or without a byte-order mark, UTF-16 with one, GBK."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from claims.batch_files.cells import FORMULA, Cell
from claims.batch_files.columns import MOST_COLUMNS
from claims.faults import Fault, Refused

_DELIMITERS = (",", "\t", ";")
_PIECE = 2**16
_LONGEST_LINE = 2**20
# GB18030 has every character of GBK and GB2312, and their bytes.
_CHARSETS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
    "cp936": "gb18030",
    "utf-16": "utf-16",
}


def csv_rows(file: BinaryIO, charset: str = "") -> Iterator[tuple[int, list[str | Cell]]]:
    """(row, cells) of the rows that are not blank. Raises Refused for what is no CSV text.

    The row is the line on which it begins: a quoted cell may go over several.
    """
    encoding = _encoding(file, charset)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield from _rows(_lines(text))
    finally:
        if not file.closed:
            text.detach()  # or the file would be closed with it


def _encoding(file: BinaryIO, charset: str) -> str:
    if charset:
        encoding = _CHARSETS.get(charset.lower())
        if encoding is None:
            raise Refused([Fault("", "unknown_charset")])
        if not _decodes(file, encoding):
            raise Refused([Fault("", "wrong_charset")])
        return encoding
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(file, encoding):
            return encoding
    raise Refused([Fault("", "unreadable_text")])


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE or "\0" in line:
            raise Refused([Fault("", "malformed_csv", {"row": number})])
        yield line


def _rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str | Cell]]]:
    blank = 0
    first = ""
    for first in lines:
        if first.strip():
            break
        blank += 1
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    row = blank + 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                if len(cells) > MOST_COLUMNS and any(map(str.strip, cells[MOST_COLUMNS:])):
                    raise Refused([Fault("", "too_many_columns", {"row": row, "most": MOST_COLUMNS})])
                yield row, [_cell(cell.strip()) for cell in cells[:MOST_COLUMNS]]
            row = blank + reader.line_num + 1
    except (csv.Error, UnicodeDecodeError):
        raise Refused([Fault("", "malformed_csv", {"row": row})]) from None


def _cell(text: str) -> str | Cell:
    return Cell(FORMULA, text) if text.startswith("=") else text
