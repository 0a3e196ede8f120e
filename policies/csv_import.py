"""Reading CSV registers row by row: a bad row is reported and keeps no good row out.

    COLUMNS = (Column("code", ("item code", "项目编码"), required=True), Column("name", ("name", "名称")))

    def parse(line: Line) -> Item | None:
        valid_from = line.day("valid_from")            # notes a fault and gives None where it is no date
        return Item(code=line.text("code"), valid_from=valid_from)     # ignored if the line has faults

    read = read_csv(path.read_bytes(), COLUMNS, parse)  # FileError where the file as a whole is unusable
    read.good      # [(line number, parse's result)]
    read.faults    # [RowFault(line, column, code, message, value)]
    read.total     # rows that were not blank

Faults that show only later (an unknown city, a duplicate) are added with `read.fault(number, …)` or, inside
`parse`, with `line.fault(field, code, message)`. `print_report` and `write_report` show them.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from django.utils.translation import gettext_lazy as _

T = TypeVar("T")
_DELIMITERS = (",", "\t", ";")
_TRUE = frozenset(("1", "true", "yes", "y", "是"))
_FALSE = frozenset(("", "0", "false", "no", "n", "否"))


class FileError(ValueError):
    """The file as a whole cannot be read: its encoding, or its header."""


@dataclass(frozen=True)
class Column:
    """A column: the field that `parse` asks for, and the headers that mean it (any case; the first is shown).

    `required`: the header must be there and every row must fill it.
    """

    field: str
    headers: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class RowFault:
    """`line`: physical line in the file (the header is 1); `code` is stable, `message` is for people."""

    line: int
    column: str
    code: str
    message: str
    value: str = ""


class Line:
    """One row being parsed. Readers strip the text, note faults, and give None (or "") for what is faulty."""

    def __init__(self, number: int, values: Mapping[str, str], columns: Mapping[str, Column]):
        self.number = number
        self.values = values
        self.columns = columns
        self.faults: list[RowFault] = []

    def fault(self, field: str, code: str, message: str) -> None:
        column = self.columns[field].headers[0] if field in self.columns else field
        self.faults.append(RowFault(self.number, column, code, str(message), self.values.get(field, "")))

    def text(self, field: str, max_length: int = 200) -> str:
        value = self.values.get(field, "")
        if len(value) > max_length:
            self.fault(field, "too_long", _("has more than %(count)s characters") % {"count": max_length})
            return ""
        return value

    def choice(self, field: str, meanings: Mapping[str, T], default: T | None = None) -> T | None:
        """What the text means; `meanings` has lower-case keys."""
        value = self.values.get(field, "")
        if not value:
            return default
        if value.lower() not in meanings:
            known = ", ".join(meanings)
            self.fault(field, "unknown_value", _("is not one of: %(known)s") % {"known": known})
            return default
        return meanings[value.lower()]

    def convert(self, field: str, converter: Callable[[str], T], code: str, message: str) -> T | None:
        """`converter(text)`; None where the cell is empty, and a fault where it raises ValueError."""
        value = self.values.get(field, "")
        if not value:
            return None
        try:
            return converter(value)
        except ValueError:
            self.fault(field, code, message)
            return None

    def day(self, field: str) -> date | None:
        """A date written 2022-07-01."""
        return self.convert(field, _day, "not_a_date", _("must be a date such as 2022-07-01"))

    def flag(self, field: str, default: bool = False) -> bool:
        value = self.values.get(field, "").lower()
        if not value:
            return default
        if value not in _TRUE and value not in _FALSE:
            self.fault(field, "not_a_flag", _("must be yes or no"))
        return value in _TRUE


def _day(text: str) -> date:
    if len(text) != 10 or not text.isascii():
        raise ValueError(text)
    return date.fromisoformat(text)


@dataclass
class ReadCsv(Generic[T]):
    good: list[tuple[int, T]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    total: int = 0

    def fault(self, line: int, column: str, code: str, message: str, value: str = "") -> None:
        self.faults.append(RowFault(line, column, code, str(message), value))

    @property
    def bad(self) -> int:
        """How many rows have a fault."""
        return len({fault.line for fault in self.faults})


def decode(raw: bytes) -> str:
    """UTF-8 with or without byte-order mark, else GBK (GB 18030). Raises FileError."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise FileError(_("The file is no CSV text: it contains null bytes."))
        return text
    raise FileError(_("The file is neither UTF-8 nor GBK."))


def read_csv(
    raw: bytes,
    columns: Iterable[Column],
    parse: Callable[[Line], T | None],
    progress: Callable[[list], Iterable] = iter,
) -> ReadCsv[T]:
    """Parses every row of a CSV file (comma, tab or semicolon; no line breaks inside a cell).

    `progress` wraps the list of lines, so that a command can show how far it is (`track_lines`).
    Raises FileError where the encoding or the header is unusable.
    """
    lines = decode(raw).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((i for i, text in enumerate(lines) if text.strip()), None)
    if start is None:
        raise FileError(_("The file is empty."))
    delimiter = max(_DELIMITERS, key=lines[start].count)
    by_field = {column.field: column for column in columns}
    fields = _fields(_cells(lines[start], delimiter) or [], by_field)
    read: ReadCsv[T] = ReadCsv()
    for number, text in progress(list(enumerate(lines[start + 1 :], start + 2))):
        if text.strip(f" \t{delimiter}"):
            _read_line(read, number, _cells(text, delimiter), fields, by_field, parse)
    return read


def _cells(text: str, delimiter: str) -> list[str] | None:
    """The cells of a physical line; None where its quotes do not close."""
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error:
        return None


def _fields(header: list[str], columns: Mapping[str, Column]) -> list[str]:
    """The field of each column of the header. Raises FileError naming what is unknown, double or missing."""
    while header and not header[-1]:
        header.pop()
    meaning = {name.lower(): column.field for column in columns.values() for name in column.headers}
    found = [meaning.get(name.lower(), "") for name in header]
    known = ", ".join(" / ".join(column.headers) for column in columns.values())
    unknown = [name for name, field_name in zip(header, found, strict=True) if not field_name]
    missing = [c.headers[0] for c in columns.values() if c.required and c.field not in found]
    if unknown:
        names = ", ".join(unknown)
        raise FileError(_("Unknown columns: %(names)s. Known: %(known)s.") % {"names": names, "known": known})
    if missing:
        raise FileError(_("Missing columns: %(names)s.") % {"names": ", ".join(missing)})
    if len(set(found)) < len(found):
        raise FileError(_("A column stands twice in the header."))
    return found


def _read_line(read: ReadCsv, number: int, cells, fields: list[str], columns, parse) -> None:
    read.total += 1
    if cells is None:
        return read.fault(number, "", "unreadable", _("a quotation mark is not closed"))
    while len(cells) > len(fields) and not cells[-1]:
        cells.pop()
    if len(cells) != len(fields):
        message = _("has %(count)s cells instead of %(expected)s") % {
            "count": len(cells),
            "expected": len(fields),
        }
        return read.fault(number, "", "wrong_width", message)
    line = Line(number, dict(zip(fields, cells, strict=True)), columns)
    for column in columns.values():
        if column.required and not line.values[column.field]:
            line.fault(column.field, "required", _("is missing"))
    parsed = parse(line)
    if line.faults:
        read.faults += line.faults
    elif parsed is not None:
        read.good.append((number, parsed))
    return None


def write_report(faults: Iterable[RowFault], stream: io.TextIOBase) -> None:
    """The faults as CSV: line, column, code, message, value."""
    writer = csv.writer(stream)
    writer.writerow(["line", "column", "code", "message", "value"])
    writer.writerows([fault.line, fault.column, fault.code, fault.message, fault.value] for fault in faults)


def print_report(read: ReadCsv, out, limit: int = 50) -> None:
    """The faults in words, the first `limit` of them; `out` is a command's stdout or stderr."""
    for fault in sorted(read.faults, key=lambda x: x.line)[:limit]:
        where = _("line %(line)s") % {"line": fault.line}
        column = f", {fault.column}" if fault.column else ""
        value = f" ({fault.value})" if fault.value else ""
        out.write(f"{where}{column}: {fault.message}{value} [{fault.code}]")
    if len(read.faults) > limit:
        out.write(_("… and %(count)s more faults") % {"count": len(read.faults) - limit})


def track_lines(description: str) -> Callable[[list], Iterable]:
    """A progress bar on the terminal for `read_csv`; silent where the output is no terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return lambda lines: track(lines, description, console=console, disable=not console.is_terminal)
