"""A history as a file: one line for each changed field, in the reader's language and time zone."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from policies.history.entries import Change, Entry

_NOTHING = (Change("", "", ""),)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no spreadsheet file may hold them
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def header() -> list[str]:
    return [
        _("when"),
        _("by"),
        _("what happened"),
        _("kind of record"),
        _("record"),
        _("field"),
        _("old"),
        _("new"),
        _("reason"),
        _("from where"),
    ]


def lines(entries: Iterable[Entry]) -> Iterator[list[str]]:
    for entry in entries:
        at = f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"
        for change in entry.changes or _NOTHING:
            yield [
                at,
                entry.who,
                entry.told,
                entry.model,
                entry.what,
                change.label,
                change.old,
                change.new,
                entry.reason,
                entry.origin,
            ]


def csv_text(entries: Iterable[Entry]) -> Iterator[str]:
    """The file line by line, with the mark by which spreadsheets know UTF-8."""
    yield "\ufeff"
    yield _csv_line(header())
    for line in lines(entries):
        yield _csv_line([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])


def _csv_line(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(cells)
    return stream.getvalue()


def xlsx_bytes(entries: Iterable[Entry]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("History"))
    sheet.freeze_panes = "A2"
    for line in (header(), *lines(entries)):
        sheet.append([_text(sheet, cell) for cell in line])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _text(sheet, value: str) -> WriteOnlyCell:
    """A cell that is text whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=_CONTROLS.sub("", value))
    cell.data_type = "s"
    return cell
