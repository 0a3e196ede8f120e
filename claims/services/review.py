"""Deciding claims that a monitoring rule holds back (`review`): released to be settled, or refused."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from claims.models import Claim, ClaimEvent
from claims.services import hold, notices
from claims.services.errors import NotInReview
from claims.services.wake import wake
from claims.store.rows import encode
from policies.models import User


@transaction.atomic
def release(*, claim_ids: Collection[UUID], reason: str, actor: User, at: datetime) -> int:
    """Let claims be settled: they are queued again, and no rule holds them back any more. How many.

    All or none. Raises Claim.DoesNotExist, NotInReview, and ValidationError without a reason.
    """
    claims = _in_review(claim_ids, reason)
    Claim.objects.filter(pk__in=claim_ids).update(
        status=Claim.State.QUEUED, reviewed=True, code="", detail=""
    )
    hold.record(ClaimEvent.Kind.RELEASED, [c.pk for c in claims], reason=reason, at=at, actor=actor)
    wake(claim.shard for claim in claims)
    return len(claims)


@transaction.atomic
def refuse(*, claim_ids: Collection[UUID], reason: str, actor: User, at: datetime) -> int:
    """Reject claims for good (`review_refused`); the institution reads the reason. How many.

    All or none. Raises as `release`.
    """
    claims = _in_review(claim_ids, reason)
    Claim.objects.filter(pk__in=claim_ids).update(
        status=Claim.State.REJECTED, code="review_refused", detail=encode([reason])
    )
    hold.record(ClaimEvent.Kind.REFUSED, [c.pk for c in claims], reason=reason, at=at, actor=actor)
    notices.stays_changed(notices.stays_of(claims), at=at)
    return len(claims)


def _in_review(claim_ids: Collection[UUID], reason: str) -> list[Claim]:
    hold.require_reason(reason)
    claims = hold.hold_claims(claim_ids)
    others = [c for c in claims if (c.status, c.code) != (Claim.State.PENDED, "review")]
    if others:
        raise NotInReview(others[0].status, [claim.claim_number for claim in others])
    return claims
