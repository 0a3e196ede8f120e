"""What an institution may read: its own claims, and nothing else. Served by the index (institution, -seq)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, QuerySet

from claims.models import Claim, Settlement
from members.lookups import Among, Prepared
from members.models import Institution

_HAS_AMOUNTS = (Claim.State.SETTLED, Claim.State.REVERSED)
# What re-running the engine needs and no reader asks for.
_UNSHOWN = ("case", "used", "deltas", "spent")


def claims_of(institution: Institution) -> QuerySet[Claim]:
    """The institution's claims, the newest received first."""
    return Claim.objects.filter(institution=institution).order_by("-seq").defer("content")


def claim_of(institution: Institution, claim_id: UUID) -> Claim:
    """One of the institution's claims. Raises Claim.DoesNotExist for any other."""
    return claims_of(institution).get(pk=claim_id)


def is_waiting(claim_id: UUID) -> bool:
    """Whether a claim has not been adjudicated yet: asked again and again while an answer waits for it."""
    return bool(_queued([claim_id.hex]))


def _with_id(ids: list[str]) -> QuerySet:
    found = Claim.objects.filter(Among(F("pk"), ids), status=Claim.State.QUEUED).order_by()
    return found.values_list("shard")


_queued = Prepared(_with_id, planned=True)


def settlements_of(claim: Claim) -> QuerySet[Settlement]:
    """All revisions of a claim's settlement, the first one first."""
    return Settlement.objects.filter(claim=claim).order_by("revision").defer(*_UNSHOWN)


def current_settlements(claims: Collection[Claim]) -> dict[UUID, Settlement]:
    """The settlement revision at which each claim stands, by claim; none for those that are not settled."""
    revisions = {claim.pk: claim.revision for claim in claims if claim.status in _HAS_AMOUNTS}
    if not revisions:
        return {}
    rows = Settlement.objects.filter(claim__in=revisions, revision__in=set(revisions.values())).defer(
        *_UNSHOWN
    )
    return {row.claim_id: row for row in rows if row.revision == revisions[row.claim_id]}


def is_institution(code: str) -> bool:
    """Whether an institution is registered under this code."""
    return Institution.objects.filter(code=code).exists()
