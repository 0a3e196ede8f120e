"""Receiving claims: each is stored once, whatever is sent again, and accepted when its row is committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from claims import store
from claims.content import digest, encode
from claims.ids import uuid7
from claims.models import Claim, ClaimEvent, ClaimKey
from claims.services.wake import wake
from claims.shards import shard_of
from claims.submission import Submission
from members.lookups import Among
from members.models import Institution
from policies.models import User


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


@transaction.atomic
def submit(
    *,
    institution: Institution,
    claims: Sequence[Submission],
    at: datetime,
    source: str = Claim.Source.API,
    actor: User | None = None,
) -> list[Receipt]:
    """Store an institution's claims, all or none, and wake the workers once they are committed.

    One receipt for each submission, in its order, which is also the order of receipt. `actor` is the clerk
    who entered claims from paper, None for the institution itself.
    """
    first = {submission.claim_number: submission for submission in reversed(claims)}
    offered = {number: ClaimKey(**_identity(institution, first[number])) for number in _numbers(claims)}
    keys = _kept_keys(institution, offered)
    new = {number for number, key in offered.items() if keys[number].claim_id == key.claim_id}
    stored = [_claim(keys[number], first[number], at, source, actor) for number in offered if number in new]
    Claim.objects.bulk_create(stored)
    if source == Claim.Source.PAPER:
        _record_entry(stored, actor, at)
    wake(claim.shard for claim in stored)
    return [_receipt(submission, keys[submission.claim_number], first, new) for submission in claims]


def _numbers(claims: Sequence[Submission]) -> list[str]:
    return list(dict.fromkeys(submission.claim_number for submission in claims))


def _identity(institution: Institution, submission: Submission) -> dict:
    return {
        "institution": institution,
        "claim_number": submission.claim_number,
        "claim_id": uuid7(),
        "digest": digest(submission.content),
    }


def _kept_keys(institution: Institution, offered: dict[str, ClaimKey]) -> dict[str, ClaimKey]:
    """The keys under which these numbers now stand: those offered, where nobody came first."""
    if len(offered) > 1:
        store.batch_lock(institution.pk)
    ClaimKey.objects.bulk_create(offered.values(), ignore_conflicts=True)
    kept = ClaimKey.objects.filter(Among(F("claim_number"), list(offered)), institution=institution)
    return {key.claim_number: key for key in kept}


def _claim(key: ClaimKey, submission: Submission, at: datetime, source: str, actor: User | None) -> Claim:
    content = submission.content
    return Claim(
        id=key.claim_id,
        seq=key.id,
        institution_id=key.institution_id,
        claim_number=key.claim_number,
        member_number=content.member_number,
        shard=shard_of(content.member_number),
        benefit=content.benefit,
        service_date=content.settles_on,
        admitted_on=content.admitted_on,
        discharged_on=content.discharged_on,
        total=content.amount,
        content=encode(content),
        source=source,
        entered_by=actor,
        received_at=at,
        received_on=timezone.localdate(at, timezone.get_default_timezone()),
    )


def _record_entry(claims: Sequence[Claim], actor: User | None, at: datetime) -> None:
    ClaimEvent.objects.bulk_create(
        ClaimEvent(
            claim=claim,
            kind=ClaimEvent.Kind.ENTERED,
            actor=actor,
            actor_name=actor.get_username() if actor else "",
            at=at,
        )
        for claim in claims
    )


def _receipt(submission: Submission, key: ClaimKey, first: dict, new: set[str]) -> Receipt:
    number = submission.claim_number
    if number in new and submission is first[number]:
        return Receipt(number, Arrival.NEW, key.claim_id)
    if digest(submission.content) == key.digest:
        return Receipt(number, Arrival.SAME, key.claim_id)
    return Receipt(number, Arrival.DUPLICATE, None)
