"""A table's rows gathered into claims: the rows of a claim share its number, wherever they stand.

The claim's own fields may stand in its first row alone, or be repeated; a row that says otherwise is a fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from claims.batch_files.cells import Cell, CellFault, value_of
from claims.batch_files.columns import COLUMNS, Column, read_header
from claims.batch_files.entries import RowFault
from claims.faults import Fault, Refused
from claims.submission import MAX_LINES, Submission, read_claim

# Lines, not claims, fill a table. Blank rows do not count.
MAX_ROWS = 300_000

Row = tuple[int, Sequence[str | Cell]]
_CLAIM = [column for column in COLUMNS if not column.line]
_LINES = [column for column in COLUMNS if column.line]
_BY_FIELD = {column.field: column for column in COLUMNS}
_BY_POINTER = {column.pointer: column.field for column in COLUMNS if column.pointer}
_NUMBER = _BY_FIELD["claim_number"]
_EMPTY = ("", None)


class TableDraft:
    """The rows of one claim. `told_in`: field → (row, cell) where it was first said; `lines`: (row, cells)."""

    __slots__ = ("faults", "lines", "row", "told_in")

    def __init__(self, row: int):
        self.row = row
        self.told_in: dict[str, tuple[int, str | Cell]] = {}
        self.lines: list[tuple[int, tuple]] = []
        self.faults: list[RowFault] = []

    def add(self, row: int, cells: Sequence, claim_places: list, line_places: list) -> None:
        for column, place in claim_places:
            cell = cells[place] if place < len(cells) else ""
            if cell in _EMPTY:
                continue
            first = self.told_in.setdefault(column.field, (row, cell))
            if first[1] != cell and len(self.faults) <= MAX_LINES:
                self.faults.append(RowFault(row, column.field, "", "differs", {"row": first[0]}))
        if len(self.lines) <= MAX_LINES:
            line = tuple([cells[place] if 0 <= place < len(cells) else "" for place in line_places])
            self.lines.append((row, line))

    def read(self) -> Submission:
        raw, wrong = self._raw()
        faults = []
        try:
            submission = read_claim(raw, is_institution=lambda code: True)
        except Refused as refused:
            told = {fault.pointer for fault in wrong}
            faults = [fault for fault in refused.faults if fault.pointer not in told]
        if wrong or faults or self.faults:
            raise Refused([*wrong, *faults, *map(_as_fault, self.faults)])
        return submission

    def told(self) -> Mapping[str, Any]:
        return {name: cell for name, (_row, cell) in self.told_in.items() if isinstance(cell, str)}

    def located(self, fault: Fault) -> RowFault:
        if isinstance(fault, _Located):
            return fault.place
        if fault.code == "invalid_amount":  # whose sentence is about JSON
            fault = Fault(fault.pointer, "cell_amount", fault.figures)
        _, field, *rest = (*fault.pointer.split("/"), "")
        if field == "lines" and rest[0].isdigit():
            row = self.lines[int(rest[0])][0]
            return RowFault(row, rest[1] if len(rest) > 1 else "", "", fault.code, fault.figures)
        field = _BY_POINTER.get(fault.pointer, field)
        row = self.told_in.get(field, (self.row,))[0]
        return RowFault(row, field if field in _BY_FIELD else "", "", fault.code, fault.figures)

    def said(self) -> str:
        told = sorted((name, tuple(cell)) for name, (_row, cell) in self.told_in.items())
        return sha256(
            repr((told, [cells for _row, cells in self.lines])).encode("utf-8", "replace")
        ).hexdigest()

    def _raw(self) -> tuple[dict, list[Fault]]:
        """The claim's JSON, and the faults of cells of which nothing can be made."""
        raw, wrong = {}, []
        for field, (_row, cell) in self.told_in.items():
            column = _BY_FIELD[field]
            _put(raw, field, column, cell, column.pointer or f"/{field}", wrong)
        _nest_emergency(raw)
        raw["lines"] = lines = []
        for index, (_row, cells) in enumerate(self.lines):
            line = {}
            for column, cell in zip(_LINES, cells, strict=True):
                if cell not in _EMPTY:
                    _put(line, column.field, column, cell, f"/lines/{index}/{column.field}", wrong)
            lines.append(line)
        return raw, wrong


class _Located(Fault, frozen=True):
    """A fault that knows its place already."""

    place: RowFault | None = None


def _as_fault(place: RowFault) -> Fault:
    return _Located("", place.code, place.figures, place)


def _put(
    target: dict, field: str, column: Column, cell: str | Cell, pointer: str, wrong: list[Fault]
) -> None:
    try:
        target[field] = value_of(column, cell)
    except CellFault as bad:
        wrong.append(Fault(pointer, bad.code, bad.figures))


def _nest_emergency(raw: dict) -> None:
    disposition, statement = raw.pop("emergency", None), raw.pop("emergency_statement", None)
    if disposition is not None or statement:
        raw["emergency"] = {"disposition": disposition} if disposition is not None else {}
        if statement is not None:
            raw["emergency"]["statement"] = statement


def table_drafts(rows: Iterator[Row]) -> Iterator[TableDraft]:
    """The claims of a table, in the order of their first rows. Raises Refused for a header that is no good."""
    first = next(rows, None)
    if first is None:
        raise Refused([Fault("", "no_claims")])
    places = read_header(first[1])
    width = len(first[1])
    nameless = sorted(set(range(width)) - set(places.values()))
    claim_places = [(column, places[column.field]) for column in _CLAIM if column.field in places]
    line_places = [places.get(column.field, -1) for column in _LINES]
    number_place = places["claim_number"]
    found: dict[str | Cell, TableDraft] = {}
    known: dict[str, str] = {}  # texts that stand in many cells are kept once
    for count, (row, cells) in enumerate(rows, 1):
        if count > MAX_ROWS:
            raise Refused([Fault("", "too_many_rows", {"most": MAX_ROWS})])
        cells = [known.setdefault(cell, cell) if type(cell) is str else cell for cell in cells]
        number = cells[number_place] if number_place < len(cells) else ""
        draft = found.get(number)
        if draft is None:
            draft = found[number] = TableDraft(row)
        draft.add(row, cells, claim_places, line_places)
        if number == "" and row != draft.row:  # of the first one the reader tells
            draft.faults.append(RowFault(row, "claim_number", "", "required"))
        if any(cells[width:]) or any(cells[place] for place in nameless if place < len(cells)):
            draft.faults.append(RowFault(row, "", "", "wrong_width"))
    while found:  # freed one by one as they are read
        yield found.pop(next(iter(found)))
