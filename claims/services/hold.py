"""Holding claims while something is decided about them, and recording who decided what and why."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from claims import store
from claims.models import Claim, ClaimEvent
from members.models import Institution
from policies.models import User


def hold_claim(claim_id: UUID, institution: Institution | None) -> Claim:
    """The claim, held with its member's shard until the transaction ends.

    Raises Claim.DoesNotExist where there is none, or where `institution` is given and it is another's.
    """
    mine = Claim.objects.all() if institution is None else Claim.objects.filter(institution=institution)
    shard = mine.values_list("shard", flat=True).get(pk=claim_id)
    store.shard_lock(shard, wait=True)
    return Claim.objects.select_for_update().get(pk=claim_id)


def hold_shards(shards: Iterable[int]) -> None:
    """Hold shards until the transaction ends, in their order.

    A member has one, unless his number was corrected: claims under the old number have another.
    """
    for shard in sorted(shards):
        store.shard_lock(shard, wait=True)


def hold_claims(claim_ids: Collection[UUID]) -> list[Claim]:
    """These claims' rows, held in key order until the transaction ends. Raises Claim.DoesNotExist."""
    claims = list(Claim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk"))
    if len(claims) != len(set(claim_ids)):
        raise Claim.DoesNotExist
    return claims


def require_reason(reason: str) -> None:
    """Raises ValidationError `reason` where none is given."""
    if not reason.strip():
        raise ValidationError(_("Say why: this needs a reason."), code="reason")


def record(
    kind: ClaimEvent.Kind,
    claim_ids: Iterable[UUID],
    *,
    reason: str,
    at: datetime,
    actor: User | None = None,
    actor_name: str = "",
) -> None:
    """Append an event to each claim. `actor_name` says who acted where no user did."""
    name = actor.get_username() if actor is not None else actor_name
    ClaimEvent.objects.bulk_create(
        (
            ClaimEvent(claim_id=id, kind=kind, actor=actor, actor_name=name, reason=reason, at=at)
            for id in claim_ids
        ),
        batch_size=1000,
    )
