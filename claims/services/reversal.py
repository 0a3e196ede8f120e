"""Reversing a settled claim (spec 2.11): all of it, with a reason; what it moved goes back where it was."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from claims import store
from claims.models import Claim, ClaimEvent, Settlement
from claims.services import hold, notices, postings
from claims.services.errors import NotSettled
from claims.store.rows import ClaimUpdate
from members.models import Institution
from members.services.accounts import lock_accounts
from policies.models import User


@transaction.atomic
def reverse(
    *, claim_id: UUID, institution: Institution | None, reason: str, actor: User | None, at: datetime
) -> Settlement:
    """Reverse a claim's settlement; returns the reversing revision.

    `institution` None: by staff, for any institution. Accumulators and accounts get back what the settlement
    took, emergency claims that it took up wait again, and the member's later settlements of the benefit year
    are listed as affected. Raises Claim.DoesNotExist, NotSettled, and ValidationError without a reason.
    """
    hold.require_reason(reason)
    claim = hold.hold_claim(claim_id, institution)
    if claim.status != Claim.State.SETTLED:
        raise NotSettled(claim.status, [claim.claim_number])
    settlement = Settlement.objects.get(claim=claim, revision=claim.revision)
    row = postings.negation(settlement, cause=Settlement.Cause.REVERSAL, at=at, reason=reason)
    store.lock_accumulators([row.member_id])
    balances = lock_accounts(list(postings.spent_of(row)))
    postings.write([row], balances=balances, at=at, actor=actor)
    store.update_claims([_reversed(claim), *released_by(claim)])
    name = institution.code if institution is not None else ""
    hold.record(ClaimEvent.Kind.REVERSED, [claim.pk], reason=reason, at=at, actor=actor, actor_name=name)
    _list_affected(claim, at)
    return Settlement.objects.get(claim=claim, revision=row.revision)


def _reversed(claim: Claim) -> ClaimUpdate:
    return ClaimUpdate(
        id=claim.pk,
        was=Claim.State.SETTLED,
        status=Claim.State.REVERSED,
        code="",
        detail="",
        city=claim.city,
        member_id=claim.member_id,
        place=claim.place,
        revision=claim.revision + 1,
    )


def released_by(claim: Claim) -> list[ClaimUpdate]:
    """The emergency claims that `claim` took up, waiting for an inpatient claim again."""
    return [
        ClaimUpdate(
            id=other.pk,
            was=Claim.State.MERGED,
            status=Claim.State.PENDED,
            code="awaiting_inpatient",
            detail="",
            city=other.city,
            member_id=other.member_id,
            place=other.place,
            revision=other.revision,
        )
        for other in Claim.objects.filter(
            member_number=claim.member_number, status=Claim.State.MERGED, merged_into=claim.pk
        )
    ]


def _list_affected(claim: Claim, at: datetime) -> None:
    later = notices.Received(claim.member_id, claim.seq, claim.claim_number, claim.service_date)
    notices.reversed_claim(later, at=at)
    notices.stays_changed(notices.stays_of([claim]), at=at)
