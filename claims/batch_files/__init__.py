"""Files of claims, in JSON, NDJSON, CSV and XLSX: read as a stream into entries, one for each claim.

    for entry in read_entries(file, "csv", registered=registered_codes):
        entry.submission    # as claims.submission gives it, or None where the claim is malformed
        entry.faults        # then: every fault, with its row, column or JSON pointer

A malformed claim is an entry; a file that cannot be read as what it says it is raises Refused. All formats
end in the one reader of claims (claims.submission), so each accepts exactly the same claims. In tables a row
is a line, and the rows of a claim share its number, wherever they stand (`columns`, `tables`).
"""

from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from claims.batch_files.csv_text import csv_rows
from claims.batch_files.entries import MAX_CLAIMS, Entry, RowFault, entries
from claims.batch_files.json_text import json_drafts, ndjson_drafts
from claims.batch_files.tables import table_drafts
from claims.batch_files.xlsx import xlsx_rows

__all__ = ["FORMATS", "MAX_CLAIMS", "Entry", "RowFault", "read_entries"]

_DRAFTS = {
    "json": lambda file, charset: json_drafts(file),
    "ndjson": lambda file, charset: ndjson_drafts(file),
    "csv": lambda file, charset: table_drafts(csv_rows(file, charset)),
    "xlsx": lambda file, charset: table_drafts(xlsx_rows(file)),
}
FORMATS = tuple(_DRAFTS)


def read_entries(
    file: BinaryIO, format: str, *, registered: Callable[[Collection[str]], set[str]], charset: str = ""
) -> Iterator[Entry]:
    """The claims of a file, at most MAX_CLAIMS, in its order. Raises Refused where the file cannot be read.

    `file` is a seekable file at its beginning. `charset`: what the sender says of a CSV file ("": find out).
    `registered` tells which of some codes are those of registered institutions.
    """
    return entries(_DRAFTS[format](file, charset), registered)
