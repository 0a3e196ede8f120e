"""Receiving claims: each is stored once, whatever is sent again, and accepted when its row is committed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from claims import metrics, store
from claims.content import digest_of, encode
from claims.ids import uuid7s
from claims.models import Claim, ClaimEvent
from claims.services.wake import wake
from claims.shards import shard_of
from claims.store.rows import KeptKey, NewClaim, OfferedKey
from claims.submission import Submission
from members.models import Institution
from policies.models import User

log = structlog.get_logger(__name__)

# So many claims of one request are named in its line; more would be the file itself.
NAMED = 20


class Arrival(StrEnum):
    """NEW: stored now. SAME: was there with the same content. DUPLICATE: its number has other content."""

    NEW = "new"
    SAME = "same"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one submission; `claim_id` is the claim's, None for a duplicate, which is not stored."""

    claim_number: str
    arrival: Arrival
    claim_id: UUID | None


class Prepared(NamedTuple):
    """A submission as it will be stored: its content encoded, which takes a tenth of the memory of the objects."""

    claim_number: str
    member_number: str
    benefit: str
    service_date: date | None
    admitted_on: date | None
    discharged_on: date | None
    total: int
    content: str
    digest: str


def prepare(submission: Submission) -> Prepared:
    content = submission.content
    text = encode(content)
    return Prepared(
        submission.claim_number,
        content.member_number,
        content.benefit,
        content.settles_on,
        content.admitted_on,
        content.discharged_on,
        content.amount,
        text,
        digest_of(text),
    )


def submit(
    *,
    institution: Institution,
    claims: Sequence[Submission],
    at: datetime,
    source: str = Claim.Source.API,
    actor: User | None = None,
    urgent: bool = False,
) -> list[Receipt]:
    """Store an institution's claims, all or none, and wake the workers once they are committed.

    `urgent`: somebody waits for what becomes of them.
    One receipt for each submission, in its order, which is also the order of receipt. `actor` is who entered
    claims from paper or sent a file, None for the institution's own system.
    """
    prepared = [prepare(submission) for submission in claims]
    if len(prepared) == 1 and source == Claim.Source.API:
        [claim] = prepared
        if (found := _submit_new(institution, claim, at, urgent)) is not None:
            return [found]
    return submit_prepared(institution=institution, claims=prepared, at=at, source=source, actor=actor)


def _submit_new(institution: Institution, claim: Prepared, at: datetime, urgent: bool) -> Receipt | None:
    """One claim that is new, which most are, by the shortest way; None where its number is not new."""
    offered = OfferedKey(claim.claim_number, uuid7s(1)[0], claim.digest)
    key = KeptKey(0, offered.claim_id, claim.digest, True)
    day = timezone.localdate(at, timezone.get_default_timezone())
    row = _row(institution, claim, key, (str(Claim.Source.API), None, at, day))
    if not store.add_new(offered, row):
        return None
    wake([row.shard], urgent)
    receipt = Receipt(claim.claim_number, Arrival.NEW, offered.claim_id)
    _tell(institution, Claim.Source.API, [receipt])
    return receipt


@transaction.atomic
def submit_prepared(
    *,
    institution: Institution,
    claims: Sequence[Prepared],
    at: datetime,
    source: str = Claim.Source.API,
    actor: User | None = None,
) -> list[Receipt]:
    """The same for claims that are prepared already."""
    first = {claim.claim_number: claim for claim in reversed(claims)}
    numbers = dict.fromkeys(claim.claim_number for claim in claims)
    ids = uuid7s(len(numbers))
    offered = [OfferedKey(number, id, first[number].digest) for number, id in zip(numbers, ids, strict=True)]
    keys = store.keep_keys(institution.pk, offered)
    day = timezone.localdate(at, timezone.get_default_timezone())
    sent = (str(source), actor.pk if actor else None, at, day)
    stored = [_row(institution, first[number], key, sent) for number in numbers if (key := keys[number]).new]
    store.add_claims(stored)
    if source == Claim.Source.PAPER:
        _record_entry(stored, actor, at)
    wake(row.shard for row in stored)
    receipts = [_receipt(claim, keys[claim.claim_number], first) for claim in claims]
    _tell(institution, source, receipts)
    return receipts


def _row(institution: Institution, claim: Prepared, key: KeptKey, sent: tuple) -> NewClaim:
    number, member_number, *rest, _digest = claim
    shard = shard_of(member_number)
    return NewClaim(key.claim_id, key.id, institution.pk, number, member_number, shard, *rest, *sent)


def _tell(institution: Institution, source: str, receipts: Sequence[Receipt]) -> None:
    """Count and log what came, once it is committed."""
    metrics.count_received(source, [receipt.arrival for receipt in receipts])
    transaction.on_commit(lambda: _log_receipts(institution, source, receipts), robust=True)


def _log_receipts(institution: Institution, source: str, receipts: Sequence[Receipt]) -> None:
    """Which claims came by this request: by their ids, never by what was sent."""
    tally = Counter(str(receipt.arrival) for receipt in receipts)
    named = [str(receipt.claim_id) for receipt in receipts[:NAMED] if receipt.claim_id]
    log.info("claims received", institution=institution.pk, source=str(source), claims=named, **tally)


def _record_entry(claims: Sequence[NewClaim], actor: User | None, at: datetime) -> None:
    ClaimEvent.objects.bulk_create(
        ClaimEvent(
            claim_id=claim.id,
            kind=ClaimEvent.Kind.ENTERED,
            actor=actor,
            actor_name=actor.get_username() if actor else "",
            at=at,
        )
        for claim in claims
    )


def _receipt(claim: Prepared, key: KeptKey, first: Mapping[str, Prepared]) -> Receipt:
    number = claim.claim_number
    if key.new and claim is first[number]:
        return Receipt(number, Arrival.NEW, key.claim_id)
    if claim.digest == key.digest:
        return Receipt(number, Arrival.SAME, key.claim_id)
    return Receipt(number, Arrival.DUPLICATE, None)
