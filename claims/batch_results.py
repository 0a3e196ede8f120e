"""What became of a batch: how far it is, and claim by claim in the order of the file."""

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Count, F, QuerySet

from claims.batch_files import RowFault
from claims.institution_claims import current_settlements
from claims.models import Claim, ClaimBatch, ClaimBatchRow, Settlement
from members.lookups import Among
from members.models import Institution

NEW, SAME, REFUSED = "new", "same", "refused"
_AT_A_TIME = 500
_receipts = msgspec.json.Decoder(list[tuple[int, str, bool]]).decode
_faults = msgspec.json.Decoder(list[RowFault]).decode


class Result(NamedTuple):
    """What became of one claim. `faults` where it was refused; else the claim, and its settlement if it has one."""

    row: int
    claim_number: str
    arrival: str
    claim: Claim | None = None
    settlement: Settlement | None = None
    faults: tuple[RowFault, ...] = ()


class Progress(NamedTuple):
    """How many of a batch's claims stand where (Claim.State → count), and how many wait for a worker."""

    by_status: dict[str, int]
    waiting: int


def batches_of(institution: Institution) -> QuerySet[ClaimBatch]:
    """The institution's batches, the newest first."""
    return ClaimBatch.objects.filter(institution=institution).order_by("-id").defer("receipts")


def batch_of(institution: Institution, batch_id: UUID) -> ClaimBatch:
    """One of the institution's batches. Raises ClaimBatch.DoesNotExist for any other."""
    return ClaimBatch.objects.filter(institution=institution).get(pk=batch_id)


def claims_in(batch: ClaimBatch) -> QuerySet[Claim]:
    """The claims that the batch stored, or found there already."""
    return Claim.objects.filter(Among(F("pk"), [id for _row, id, _new in _receipts(batch.receipts)]))


def progress_of(batch: ClaimBatch) -> Progress:
    rows = claims_in(batch).order_by().values_list("status").annotate(Count("id"))
    found = dict(rows)
    by_status = {status: found.get(status, 0) for status in Claim.State.values}
    return Progress(by_status, by_status[Claim.State.QUEUED])


def progress_at_receipt(batch: ClaimBatch) -> Progress:
    """The same for a batch that was stored just now."""
    if batch.same:
        return progress_of(batch)
    by_status = dict.fromkeys(Claim.State.values, 0) | {Claim.State.QUEUED.value: batch.stored}
    return Progress(by_status, batch.stored)


def refused_in(batch: ClaimBatch) -> Iterator[Result]:
    """The claims that were refused, in the order of the file."""
    rows = ClaimBatchRow.objects.filter(batch=batch).order_by("row", "id")
    for row in rows.iterator(chunk_size=_AT_A_TIME):
        yield Result(row.row, row.claim_number, REFUSED, faults=tuple(faults_of(row)))


def faults_of(row: ClaimBatchRow) -> list[RowFault]:
    """The faults of a refused claim, each with its place."""
    return _faults(row.faults)


def results_of(batch: ClaimBatch) -> Iterator[Result]:
    """Every claim of the file, in its order; read some hundreds at a time."""
    return merge(_taken(batch), refused_in(batch), key=lambda result: result.row)


def _taken(batch: ClaimBatch) -> Iterator[Result]:
    rest = iter(_receipts(batch.receipts))
    while chunk := list(islice(rest, _AT_A_TIME)):
        rows = Claim.objects.filter(Among(F("pk"), [id for _row, id, _new in chunk])).defer("content")
        claims = {claim.pk.hex: claim for claim in rows}
        settlements = current_settlements(claims.values())
        for row, id, new in chunk:
            claim = claims[id]
            yield Result(row, claim.claim_number, NEW if new else SAME, claim, settlements.get(claim.pk))
