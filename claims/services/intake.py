"""Receiving claims: each is stored once, whatever is sent again, and accepted when its row is committed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from claims import metrics, store
from claims.content import digest_of, encode
from claims.ids import uuid7s
from claims.models import Claim, ClaimEvent
from claims.services.wake import wake
from claims.shards import shard_of
from claims.store.rows import Key, NewClaim, Sent
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


class Receipt(Struct, frozen=True, gc=False):
    """What became of one submission; `claim_id` is the claim's, None for a duplicate, which is not stored."""

    claim_number: str
    arrival: Arrival
    claim_id: UUID | None


class Prepared(Struct, frozen=True, gc=False):
    """A submission as it will be stored: its content encoded, which takes a tenth of the memory of the objects."""

    claim_number: str
    member_number: str
    shard: int
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
        shard_of(content.member_number),
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
    key = Key(claim.claim_number, uuid7s(1)[0], claim.digest)
    row = _row(claim, key, 0)
    if not store.add_new(key, row, _sent(institution, Claim.Source.API, None, at)):
        return None
    wake([row.shard], urgent)
    receipt = Receipt(claim.claim_number, Arrival.NEW, key.claim_id)
    _tell(institution, Claim.Source.API, [receipt])
    return receipt


@transaction.atomic(savepoint=False)
def submit_prepared(
    *,
    institution: Institution,
    claims: Sequence[Prepared],
    at: datetime,
    source: str = Claim.Source.API,
    actor: User | None = None,
) -> list[Receipt]:
    """The same for claims that are prepared already."""
    first: dict[str, Prepared] = {}
    for claim in claims:
        first.setdefault(claim.claim_number, claim)
    ids = uuid7s(len(first))
    keys = {
        number: Key(number, id, claim.digest) for (number, claim), id in zip(first.items(), ids, strict=True)
    }
    places, others = store.keep_keys(institution.pk, keys.values())
    stored = [
        _row(claim, keys[number], places[number]) for number, claim in first.items() if number in places
    ]
    store.add_claims(stored, _sent(institution, source, actor, at))
    if source == Claim.Source.PAPER:
        _record_entry(stored, actor, at)
    wake(row.shard for row in stored)
    keys |= others
    receipts = [
        _receipt(
            claim,
            keys[claim.claim_number],
            claim.claim_number in places and claim is first[claim.claim_number],
        )
        for claim in claims
    ]
    _tell(institution, source, receipts)
    return receipts


def _sent(institution: Institution, source: str, actor: User | None, at: datetime) -> Sent:
    day = timezone.localdate(at, timezone.get_default_timezone())
    return Sent(institution.pk, str(source), actor.pk if actor else None, at, day)


def _row(claim: Prepared, key: Key, place: int) -> NewClaim:
    return NewClaim(
        key.claim_id,
        place,
        claim.claim_number,
        claim.member_number,
        claim.shard,
        claim.benefit,
        claim.service_date,
        claim.admitted_on,
        claim.discharged_on,
        claim.total,
        claim.content,
    )


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


def _receipt(claim: Prepared, key: Key, new: bool) -> Receipt:
    """`key`: the one under which the claim's number now stands."""
    if new:
        return Receipt(key.claim_number, Arrival.NEW, key.claim_id)
    if claim.digest == key.digest:
        return Receipt(key.claim_number, Arrival.SAME, key.claim_id)
    return Receipt(key.claim_number, Arrival.DUPLICATE, None)
