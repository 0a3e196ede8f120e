"""A workbook read as the version that it describes, by the same rules as a YAML file; faults name their cells.

Sheets and columns are those of `sheets`; what is empty is left out. A percentage is a cell formatted as one
(70%), or a plain number or text (70). Lists are separated by commas. Only values are read, never formulas.
"""

import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from policies import rows
from policies.files.nodes import Fault, FileFaults, Node
from policies.files.reading import version_of
from policies.files.sheets import CITE, FLAGS, HEAD, HEAD_KEYS, LISTS, PERCENT, SHEETS, YUAN, is_whole

MAX_BYTES = 2 * 1024 * 1024
_MAX_UNPACKED = 40 * 1024 * 1024
_MAX_ROWS = 2000
_MAX_COLUMNS = 40
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", re.ASCII)
_LIST = re.compile(r"\s*[,，、;；\n]\s*")
_WORDS = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


def read_xlsx(data: bytes, name: str = "") -> rows.VersionRows:
    """The version that a workbook describes, in canonical order. Raises FileFaults with every fault found."""
    book = _Book(_sheets(data, name))
    tree = book.tree()
    node = Node(tree)
    version = version_of(node)
    faults = [*book.faults, *(book.located(fault) for fault in node.faults)]
    if faults:
        raise FileFaults(faults, name)
    return rows.canonical(version)


_Line = tuple[int, dict[str, object]]  # row number, column → value


def _sheets(data: bytes, name: str) -> dict[str, list[list[tuple[object, str]]]]:
    """Every sheet as rows of (value, number format). Raises FileFaults for what is no workbook, or too large."""
    if len(data) > MAX_BYTES:
        raise FileFaults([Fault("", _("is larger than %(most)s bytes"), {"most": MAX_BYTES})], name)
    try:
        with ZipFile(BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
                raise FileFaults([Fault("", _("is too large once unpacked"))], name)
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        found = {sheet.title: _cells(sheet) for sheet in book.worksheets}
        book.close()
    except FileFaults:
        raise
    except (
        BadZipFile,
        zlib.error,
        RuntimeError,
        LookupError,
        ValueError,
        OSError,
        SyntaxError,
        TypeError,
    ) as error:
        # openpyxl lets whatever its parsers raise through.
        raise FileFaults([Fault("", _("is no XLSX workbook"))], name) from error
    return found


def _cells(sheet) -> list[list[tuple[object, str]]]:
    limits = {"max_row": _MAX_ROWS + 1, "max_col": _MAX_COLUMNS}
    return [[(cell.value, cell.number_format or "") for cell in row] for row in sheet.iter_rows(**limits)]


class _Book:
    """Turns sheets into the values of a YAML file, and remembers in which cell each stood."""

    def __init__(self, sheets: dict[str, list[list[tuple[object, str]]]]):
        self.faults: list[Fault] = []
        self.cells: dict[str, str] = {}
        self.sheets = sheets
        for title in sheets:
            if title not in (HEAD, *SHEETS):
                self.fault(
                    title, _("this sheet is not known; known: %(known)s"), known=", ".join((HEAD, *SHEETS))
                )

    def fault(self, where: str, message: str, **params) -> None:
        self.faults.append(Fault(where, message, params))

    def located(self, fault: Fault) -> Fault:
        """A fault of the reader, at the cell where its value stood, or the next one around it."""
        path = fault.path
        while path and path not in self.cells:
            path = (
                re.sub(r"(?:\[[0-9]+\]|\.?[^.\[]*)$", "", path)
                if path[-1] == "]"
                else path.rpartition(".")[0]
            )
        place = self.cells.get(path)
        return Fault(f"{place} {fault.path}", fault.message, fault.params) if place else fault

    def tree(self) -> dict:
        tree = self.head()
        tree["tiers"] = self.tiers()
        tree["benefits"] = self.benefits()
        blocks = ("limits", "admission_factors", "account_credits", "account_uses", "provisions")
        for block in blocks:
            tree[block] = self.listed(block, block)
        tree["critical_illness"] = self.critical_illness()
        tree["entitlement"] = self.entitlement()
        for block, key in (
            ("out_of_area", "kind"),
            ("contribution_rates", "employment"),
            ("day_surgery_standards", "disease"),
        ):
            tree[block] = self.keyed(block, key, block)
        return {key: value for key, value in tree.items() if value not in ({}, [])}

    # --- blocks ---------------------------------------------------------------------------------------

    def head(self) -> dict:
        found: dict = {}
        for number, cells in enumerate(self.sheets.get(HEAD, []), 1):
            key = _text(cells[0][0]) if cells else ""
            if not key:
                continue
            if key not in HEAD_KEYS:
                known = ", ".join(HEAD_KEYS)
                self.fault(
                    f"{HEAD}!A{number}", _("this key is not known here; known: %(known)s"), known=known
                )
                continue
            value = cells[1][0] if len(cells) > 1 else None
            if value in (None, ""):
                continue
            _nest(
                found, key, value.date().isoformat() if isinstance(value, datetime) else _day_or_text(value)
            )
            self.cells[key] = f"{HEAD}!B{number}"
        return found

    def tiers(self) -> dict:
        found: dict = {}
        for number, line in self.lines("tiers"):
            code = self.key("tiers", number, line, "code")
            if not code:
                continue
            tier = found.setdefault(code, {"fits": []})
            fits = {name: line.pop(name) for name in list(line) if name.startswith("fits.")}
            path = f"tiers.{code}"
            if "name" in line or len(tier) == 1:
                tier |= self.placed("tiers", number, line, path, cite=True)
            if fits:
                own = {name.removeprefix("fits."): value for name, value in fits.items()}
                tier["fits"].append(
                    self.condition("tiers", number, own, f"{path}.fits[{len(tier['fits']) + 1}]")
                )
        return found

    def condition(self, sheet: str, number: int, line: dict, path: str, cite: bool = False):
        any_, low, high = line.pop("any", None), line.pop("level.from", None), line.pop("level.to", None)
        self.cells[path] = f"{sheet}!A{number}"
        if low is not None or high is not None:
            line["level"] = [low, high]
        has_cite = any(name in line for name in CITE)
        found = self.placed(sheet, number, line, path, cite=cite or has_cite)
        only_any = any_ is True and not set(found) - set(CITE)
        return "any" if only_any and not has_cite else found

    def benefits(self) -> dict:
        found = self.keyed("benefits", "benefit", "benefits")
        for number, line in self.lines("institutions"):
            benefit = self.key("institutions", number, line, "benefit")
            items = found.setdefault(benefit, {}).setdefault("institutions", [])
            path = f"benefits.{benefit}.institutions[{len(items) + 1}]"
            items.append(self.condition("institutions", number, line, path, cite=True))
        for sheet, key in (("not_paid_while", "situation"), ("other_rules", "disease")):
            for number, line in self.lines(sheet):
                benefit = self.key(sheet, number, line, "benefit")
                self.add(
                    found.setdefault(benefit, {}).setdefault(sheet, {}),
                    sheet,
                    number,
                    line,
                    key,
                    f"benefits.{benefit}.{sheet}",
                )
        for number, line in self.lines("terms"):
            benefit, tier = (self.key("terms", number, line, name) for name in ("benefit", "tier"))
            for figure in ("deductible", "rate"):
                waits = line.pop(f"{figure}.waits_for", None)
                if waits is not None:
                    line.setdefault(figure, {"waits_for": waits})
            cells = found.setdefault(benefit, {}).setdefault("terms", {}).setdefault(tier, {})
            self.add(cells, "terms", number, line, "status", f"benefits.{benefit}.terms.{tier}")
        return found

    def critical_illness(self):
        lines = [
            self.placed("critical_illness", number, line, "critical_illness", cite=True)
            for number, line in self.lines("critical_illness")
        ]
        bands = self.listed("bands", "critical_illness.bands")
        if not lines and not bands:
            return "none"
        if len(lines) > 1:
            self.fault("critical_illness!A3", _("says the same thing twice"))
        return {**(lines[0] if lines else {"clause": ""}), "bands": bands}

    def entitlement(self) -> dict:
        found: dict = {}
        for number, line in self.lines("entitlement"):
            found |= self.placed("entitlement", number, line, "entitlement", cite=True)
        if waiting := self.keyed("waiting", "employment", "entitlement.waiting"):
            found["waiting"] = waiting
        return found

    def listed(self, sheet: str, path: str) -> list[dict]:
        found: list[dict] = []
        for number, line in self.lines(sheet):
            if sheet == "account_credits" and ("age.from" in line or "age.to" in line):
                line["age"] = [line.pop("age.from", None), line.pop("age.to", None)]
            found.append(self.placed(sheet, number, line, f"{path}[{len(found) + 1}]", cite=True))
        return found

    def keyed(self, sheet: str, key: str, path: str) -> dict:
        found: dict = {}
        for number, line in self.lines(sheet):
            self.add(found, sheet, number, line, key, path)
        return found

    def add(self, found: dict, sheet: str, number: int, line: dict, key: str, path: str) -> None:
        """A row that is told from others by one of its columns."""
        name = self.key(sheet, number, line, key)
        if name in found:
            self.fault(f"{sheet}!A{number}", _("says the same thing twice"))
        elif name:
            found[name] = self.placed(sheet, number, line, f"{path}.{name}", cite=True)

    # --- rows -----------------------------------------------------------------------------------------

    def lines(self, sheet: str) -> Iterator[_Line]:
        """The rows of a sheet that say something, by their columns; unknown columns are faults."""
        table = self.sheets.get(sheet, [])
        if len(table) > _MAX_ROWS:
            self.fault(sheet, _("has more than %(most)s rows"), most=_MAX_ROWS)
            return
        columns = [_text(value) for value, _format in table[0]] if table else []
        for place, column in enumerate(columns, 1):
            if column and column not in SHEETS[sheet]:
                known = ", ".join(SHEETS[sheet])
                where = f"{sheet}!{get_column_letter(place)}1"
                self.fault(where, _("this column is not known here; known: %(known)s"), known=known)
        for number, cells in enumerate(table[1:], 2):
            line = {
                column: _value(sheet, column, value, shape)
                for column, (value, shape) in zip(columns, cells, strict=False)
                if column in SHEETS[sheet] and value is not None and value != ""
            }
            if line:
                self.columns = {column: get_column_letter(place) for place, column in enumerate(columns, 1)}
                yield number, line

    def key(self, sheet: str, number: int, line: dict, column: str) -> str:
        value = line.pop(column, None)
        if value in (None, ""):
            self.fault(f"{sheet}!A{number}", _("%(column)s is missing"), column=column)
            return ""
        return _text(value)

    def placed(self, sheet: str, number: int, line: dict, path: str, *, cite: bool) -> dict:
        """A row as nested values with their cells. `cite`: its citation is its own, also where it is empty."""
        found: dict = {}
        self.cells[path] = f"{sheet}!A{number}"
        for column, value in line.items():
            _nest(found, column, value)
            letter = self.columns.get(column) or self.columns.get(f"fits.{column}", "A")
            self.cells[f"{path}.{column}"] = f"{sheet}!{letter}{number}"
        if cite:
            found.setdefault("clause", "")
        return found


def _nest(tree: dict, key: str, value) -> None:
    first, _dot, rest = key.partition(".")
    if rest:
        _nest(tree.setdefault(first, {}), rest, value)
    else:
        tree[first] = value


# --- values ---------------------------------------------------------------------------------------------


def _value(sheet: str, column: str, value, shape: str):
    """A cell's value as a YAML file would have it; what cannot be read stays as it is, for the reader to refuse."""
    plain = column.removeprefix("fits.")
    if plain in FLAGS or column in FLAGS:
        return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value
    if column in PERCENT:
        return _percent(value, shape)
    if column in YUAN:
        return _number(value)
    if is_whole(sheet, column):
        number = _number(value)
        return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else number
    if column in LISTS:
        return [part for part in _LIST.split(_text(value)) if part]
    return _text(value)


def _percent(value, shape: str):
    text = value.strip() if isinstance(value, str) else value
    number = _number(text.removesuffix("%").strip() if isinstance(text, str) else text)
    if not isinstance(number, Decimal):
        return value
    return number if "%" in shape and not isinstance(value, str) else number / 100


def _number(value):
    """An exact decimal, or the value as it is. A float stands for its shortest decimal."""
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    try:
        number = Decimal(text.replace(",", "") if _GROUPED.fullmatch(text) else text)
    except InvalidOperation:
        return value
    return number if number.is_finite() else value


def _day_or_text(value) -> str:
    return value.isoformat() if isinstance(value, date) else _text(value)


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
