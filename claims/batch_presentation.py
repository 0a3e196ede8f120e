"""Batches and their results as institutions read them: JSON, and tables (CSV, XLSX) in their language.

In a table a refused claim has a row for each of its faults, which says how to mend it; any other has one row.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from claims.batch_files import RowFault
from claims.batch_results import REFUSED, Progress, Result
from claims.engine.steps import ZH
from claims.models import ClaimBatch
from claims.presentation import message_of
from policies.money import yuan

PAID = (
    "total",
    "pooled_fund",
    "critical_illness",
    "personal",
    "account",
    "family_account",
    "cash",
)
# Name → header in Chinese.
_HEADERS = {
    "row": "行",
    "column": "列",
    "claim_number": "申报号",
    "arrival": "受理结果",
    "claim": "申报标识",
    "status": "状态",
    "code": "代码",
    "message": "说明及处理办法",
    "total": "医疗费总额",
    "pooled_fund": "统筹基金支付",
    "critical_illness": "大病保险支付",
    "personal": "个人负担",
    "account": "个人账户支付",
    "family_account": "家庭共济账户支付",
    "cash": "个人现金支付",
}
_WORDS = {
    "new": "已受理",
    "same": "此前已受理",
    "refused": "未受理",
    "queued": "待结算",
    "settled": "已结算",
    "rejected": "拒付",
    "pended": "挂起",
    "merged": "已并入",
    "withdrawn": "已撤回",
    "reversed": "已撤销",
}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# What a spreadsheet may take for a formula.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_AT_A_TIME = 200


def batch_view(batch: ClaimBatch, progress: Progress, links: dict[str, str]) -> dict[str, Any]:
    return {
        "id": str(batch.pk),
        "idempotency_key": batch.idempotency_key or None,
        "format": batch.format,
        "received_at": timezone.localtime(batch.received_at, timezone.get_default_timezone()).isoformat(),
        "claims": batch.claims,
        "stored": batch.stored,
        "same": batch.same,
        "refused": batch.refused,
        "by_status": progress.by_status,
        "waiting": progress.waiting,
        "links": links,
    }


def result_view(result: Result, language: str) -> dict[str, Any]:
    claim, settlement = result.claim, result.settlement
    return {
        "row": result.row,
        "claim_number": result.claim_number or None,
        "arrival": result.arrival,
        "claim": str(claim.pk) if claim else None,
        "status": claim.status if claim else None,
        "code": (claim.code or None) if claim else None,
        "message": message_of(claim, language) if claim else None,
        "paid": {name: yuan(getattr(settlement, name)) for name in PAID} if settlement else None,
        "errors": [_fault_view(fault, language) for fault in result.faults],
    }


def _fault_view(fault: RowFault, language: str) -> dict[str, Any]:
    return {
        "row": fault.row,
        "column": fault.column or None,
        "pointer": fault.pointer or None,
        "code": fault.code,
        "detail": fault.detail(language),
    }


def results_csv(results: Iterable[Result], language: str) -> Iterator[bytes]:
    """A table as CSV that spreadsheets open as it is meant: with a byte-order mark, and nothing that they would run."""
    rows = _rows(results, language)
    mark = "\ufeff"
    while chunk := list(islice(rows, _AT_A_TIME)):
        text = io.StringIO()
        csv.writer(text).writerows([_harmless(cell) for cell in row] for row in chunk)
        yield (mark + text.getvalue()).encode()
        mark = ""


def results_xlsx(results: Iterable[Result], language: str) -> BinaryIO:
    """The same as a workbook, in a temporary file; every cell but the amounts is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("结果" if language == ZH else "results")
    sheet.freeze_panes = "A2"
    for row in _rows(results, language):
        sheet.append([_text_cell(sheet, cell) for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever hands it out closes it)
    book.save(file)
    file.seek(0)
    return file


def _rows(results: Iterable[Result], language: str) -> Iterator[list[str]]:
    yield list(_HEADERS.values() if language == ZH else _HEADERS)
    for result in results:
        if result.arrival == REFUSED:
            for fault in result.faults:
                yield _fault_row(result, fault, language)
        else:
            yield _claim_row(result, language)


def _fault_row(result: Result, fault: RowFault, language: str) -> list[str]:
    place = fault.column or fault.pointer
    told = [str(fault.row), place, result.claim_number, _word(REFUSED, language), "", ""]
    return [*told, fault.code, fault.detail(language), *[""] * len(PAID)]


def _claim_row(result: Result, language: str) -> list[str]:
    claim, settlement = result.claim, result.settlement
    told = [str(result.row), "", result.claim_number, _word(result.arrival, language), str(claim.pk)]
    why = [_word(claim.status, language), claim.code, message_of(claim, language) or ""]
    paid = [yuan(getattr(settlement, name)) if settlement else "" for name in PAID]
    return [*told, *why, *paid]


def _word(name: str, language: str) -> str:
    return _WORDS[name] if language == ZH else name


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_ACTIVE) and not _NUMBER.fullmatch(text) else text


def _text_cell(sheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # also what looks like a formula
    return cell
