"""What the pages hand out and show as tables: the empty table to fill in, and the states in a claim's order."""

import csv
import io
import tempfile
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Font

from claims.batch_files import RowFault
from claims.batch_files.columns import COLUMNS
from claims.engine.steps import ZH
from claims.models import Claim

STATES = Claim.State.choices
_CHINESE = {column.field: column.headers[0] for column in COLUMNS}


def _header(language: str) -> list[str]:
    return [column.headers[0] if language == ZH else column.field for column in COLUMNS]


def place_of(fault: RowFault, language: str) -> str:
    """Where a fault is, by the header that the file's maker knows."""
    if language == ZH and fault.column in _CHINESE:
        return _CHINESE[fault.column]
    return fault.column or fault.pointer


def _csv(language: str) -> BinaryIO:
    text = io.StringIO()
    csv.writer(text).writerow(_header(language))
    return io.BytesIO(text.getvalue().encode("utf-8-sig"))  # the mark tells spreadsheets that it is UTF-8


def _xlsx(language: str) -> BinaryIO:
    """Every column is text, so that long numbers stay what they are."""
    book = Workbook()
    sheet = book.active
    sheet.append(_header(language))
    for place, cells in enumerate(sheet.iter_cols(min_row=1, max_row=500, max_col=len(COLUMNS))):
        sheet.column_dimensions[cells[0].column_letter].width = 22 if place in (0, 1) else 14
        for cell in cells:
            cell.number_format = "@"
        cells[0].font = Font(bold=True)
    sheet.freeze_panes = "A2"
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever hands it out closes it)
    book.save(file)
    file.seek(0)
    return file


TEMPLATES = {"csv": _csv, "xlsx": _xlsx}
