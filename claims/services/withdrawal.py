"""Taking back a claim that is not settled yet (spec 2.11)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from claims.models import Claim, ClaimEvent
from claims.services import hold, notices
from claims.services.errors import NotWithdrawable
from members.models import Institution
from policies.models import User

_OPEN = (Claim.State.QUEUED, Claim.State.PENDED)


@transaction.atomic
def withdraw(
    *, claim_id: UUID, institution: Institution | None, reason: str = "", actor: User | None, at: datetime
) -> Claim:
    """Take back a queued or pended claim; returns it. `institution` None: by staff.

    Raises Claim.DoesNotExist, and NotWithdrawable in any other state.
    """
    claim = hold.hold_claim(claim_id, institution)
    if claim.status not in _OPEN:
        raise NotWithdrawable(claim.status, [claim.claim_number])
    was_pended = claim.status == Claim.State.PENDED
    claim.status, claim.code, claim.detail, claim.parked = Claim.State.WITHDRAWN, "", "", False
    claim.save(update_fields=["status", "code", "detail", "parked"])
    name = institution.code if institution is not None else ""
    hold.record(ClaimEvent.Kind.WITHDRAWN, [claim.pk], reason=reason, at=at, actor=actor, actor_name=name)
    if was_pended:
        notices.stays_changed(notices.stays_of([claim]), at=at)
    return claim
