"""Receiving a file of claims: the good ones in, the bad ones told, all of it in one transaction.

A file is read outside the transaction, so that no lock waits for a slow disk; what is stored is stored with its
batch or not at all. So whoever is cut off sends the same again, under the same key or none: what was stored is
found as it is, the rest is added.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import msgspec
from django.db import transaction
from django.db.models import F

from claims import store
from claims.batch_files import Entry, RowFault, read_entries
from claims.models import Claim, ClaimBatch, ClaimBatchRow
from claims.services.intake import Arrival, Prepared, Receipt, prepare, submit_prepared
from members.lookups import Among
from members.models import Institution
from policies.models import User

LONGEST_KEY = 200
# All faults of a file that are kept, beside the first one of each claim.
MAX_FAULTS = 20_000
_SOURCE = {ClaimBatch.Source.API: Claim.Source.API}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Received:
    """A batch, and whether it came now (False: it was there, with the same content under the same key)."""

    batch: ClaimBatch
    new: bool


@dataclass(slots=True)
class Progress:
    """How far reading is: claims read so far, and how many of them are malformed."""

    claims: int = 0
    refused: int = 0


class OtherContent(Exception):
    """The idempotency key stands for another file."""


@dataclass(slots=True)
class _Read:
    """A file, read: what can be stored, with its rows, and what cannot."""

    good: list[Prepared]
    rows: list[int]
    bad: list[tuple[int, str, str]]  # row, claim number, faults as they are stored
    digest: str


def receive(
    *,
    institution: Institution,
    file: BinaryIO,
    format: str,
    at: datetime,
    source: str = ClaimBatch.Source.API,
    idempotency_key: str = "",
    charset: str = "",
    name: str = "",
    actor: User | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Received:
    """Store the good claims of a file and what is wrong with the others.

    `file` is seekable; `format` one of ClaimBatch.Format, `charset` what the sender says of a CSV file ("": it
    is found out). `progress` is called while the file is read, every thousand claims or so. `actor`: who sent
    it by page or command. Raises Refused where the file as a whole cannot be read, and OtherContent; then
    nothing is stored.
    """
    read = _read(read_entries(file, format, registered=registered_codes, charset=charset), progress)
    with transaction.atomic():
        if idempotency_key:
            store.batch_lock(institution.pk, idempotency_key)
            same = ClaimBatch.objects.filter(institution=institution, idempotency_key=idempotency_key).first()
            if same is not None:
                if same.digest != read.digest:
                    raise OtherContent
                return Received(same, False)
        receipts = submit_prepared(
            institution=institution,
            claims=read.good,
            at=at,
            source=_SOURCE.get(source, Claim.Source.FILE),
            actor=actor,
        )
        batch = _batch(read, receipts)
        batch.institution, batch.idempotency_key, batch.received_at = institution, idempotency_key, at
        batch.format, batch.source, batch.name = format, source, name[-200:]
        batch.actor, batch.actor_name = actor, actor.get_username() if actor else ""
        batch.save(force_insert=True)
        _store_refused(batch, read, receipts)
    return Received(batch, True)


def registered_codes(codes: Collection[str]) -> set[str]:
    """Which of the codes are those of registered institutions."""
    return set(Institution.objects.filter(Among(F("code"), sorted(codes))).values_list("code", flat=True))


def _read(entries, progress: Callable[[Progress], None] | None) -> _Read:
    read, digest, so_far, faults = _Read([], [], [], ""), hashlib.sha256(), Progress(), 0
    for entry in entries:
        if entry.submission is None:
            read.bad.append(_refused(entry, faults))
            faults += len(entry.faults)
            digest.update(f"-{entry.digest}".encode())
            so_far.refused += 1
        else:
            claim = prepare(entry.submission)
            read.good.append(claim)
            read.rows.append(entry.row)
            digest.update(f"+{claim.digest}/{claim.claim_number}".encode())
        so_far.claims += 1
        if progress is not None and so_far.claims % 1000 == 0:
            progress(so_far)
    if progress is not None:
        progress(so_far)
    read.digest = digest.hexdigest()
    return read


def _refused(entry: Entry, faults_so_far: int) -> tuple[int, str, str]:
    """A file of which everything is wrong has the first fault of each claim told, and the rest once it is mended."""
    faults = entry.faults
    if faults_so_far >= MAX_FAULTS and len(faults) > 1:
        faults = (faults[0], RowFault(entry.row, "", "", "too_many_faults"))
    return entry.row, entry.claim_number, _encode(faults).decode()


def _batch(read: _Read, receipts: list[Receipt]) -> ClaimBatch:
    taken = [
        (row, receipt.claim_id.hex, receipt.arrival is Arrival.NEW)
        for row, receipt in zip(read.rows, receipts, strict=True)
        if receipt.claim_id is not None
    ]
    stored = sum(new for _row, _id, new in taken)
    total = len(read.good) + len(read.bad)
    return ClaimBatch(
        digest=read.digest,
        claims=total,
        stored=stored,
        same=len(taken) - stored,
        refused=total - len(taken),
        receipts=_encode(taken).decode(),
    )


def _store_refused(batch: ClaimBatch, read: _Read, receipts: list[Receipt]) -> None:
    refused = read.bad + [
        (row, receipt.claim_number, _encode((_duplicate(batch, row),)).decode())
        for row, receipt in zip(read.rows, receipts, strict=True)
        if receipt.claim_id is None
    ]
    ClaimBatchRow.objects.bulk_create(
        ClaimBatchRow(batch=batch, row=row, claim_number=number, faults=faults)
        for row, number, faults in sorted(refused, key=lambda one: one[0])
    )


def _duplicate(batch: ClaimBatch, row: int) -> RowFault:
    """That a number has other content is found when storing, where only the claim's row is known."""
    if batch.format == ClaimBatch.Format.JSON:
        return RowFault(row, "", f"/{row - 1}/claim_number", "duplicate")
    if batch.format == ClaimBatch.Format.NDJSON:
        return RowFault(row, "", "/claim_number", "duplicate")
    return RowFault(row, "claim_number", "", "duplicate")
