"""Putting pended claims back into the queue once their cause is gone; they take their place by order of receipt.

A publication queues again what it could settle as soon as it is committed. A worker that read the versions
just before may pend a claim just after: `sweep` finds it, and what a change of the catalogue could settle, so
that nothing waits for ever for what is there.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from claims.models import Claim, ClaimEvent
from claims.services import hold
from claims.services.errors import NotPended
from claims.services.wake import wake
from policies.models import CatalogueItem, PolicyVersion, User

# The causes that a publication can end; a change of the catalogue ends only the second.
CAUSES = ("no_policy_in_force", "parameter_missing", "special_rule")
CATALOGUE_CAUSES = ("parameter_missing",)
CHUNK = 1000
# At most so many at once; the next sweep goes on.
LIMIT = 20_000
# Longer than any publication takes to commit and any set of claims to be adjudicated.
SETTLES_AFTER = timedelta(minutes=1)


@transaction.atomic
def requeue(*, claim_ids: Collection[UUID], reason: str, actor: User, at: datetime) -> int:
    """By staff: queue pended claims again, and claims parked after failures. How many.

    Not those that wait for an inpatient claim or a review, which end otherwise. All or none. Raises
    Claim.DoesNotExist, NotPended, and ValidationError without a reason.
    """
    hold.require_reason(reason)
    claims = hold.hold_claims(claim_ids)
    others = [claim for claim in claims if not _can_go_again(claim)]
    if others:
        raise NotPended(others[0].status, [claim.claim_number for claim in others])
    _queue(claims, reason, at, actor, "")
    return len(claims)


def _can_go_again(claim: Claim) -> bool:
    if claim.status == Claim.State.PENDED:
        return claim.code in CAUSES
    return claim.status == Claim.State.QUEUED and claim.parked


def version_published(version: PolicyVersion, *, at: datetime) -> None:
    """A version was published: queue again the claims that it could settle, after the commit."""
    waiting = _pended(version.city_id, CAUSES, version.effective_from)
    reason = str(version)
    transaction.on_commit(lambda: _queue_all(waiting, reason, at), robust=True)


def sweep(*, at: datetime) -> int:
    """Queue again what was pended before the last change of its city's versions or catalogue was settled.

    How many. A claim that pends once more was pended after that, and stays.
    """
    cities = Claim.objects.filter(status=Claim.State.PENDED, code__in=CAUSES, pended_at__isnull=False)
    done = 0
    for city, oldest in cities.values_list("city").annotate(Min("pended_at")).order_by("city"):
        settled = (oldest - SETTLES_AFTER, at - SETTLES_AFTER)
        for changed_at, waiting, reason in (
            *_publications(city, settled),
            *_catalogue_changes(city, settled),
        ):
            done += _queue_all(waiting.filter(pended_at__lt=changed_at + SETTLES_AFTER), reason, at)
    return done


_Change = tuple[datetime, QuerySet[Claim], str]


def _publications(city: str, between: tuple[datetime, datetime]) -> Iterator[_Change]:
    """When versions were published, the claims that each could settle, and its name."""
    for version in PolicyVersion.objects.filter(city=city, published_at__range=between):
        yield version.published_at, _pended(city, CAUSES, version.effective_from), str(version)


def _catalogue_changes(city: str, between: tuple[datetime, datetime]) -> Iterator[_Change]:
    history = CatalogueItem.history.filter(city_id=city, history_date__range=between)
    last = history.order_by("-history_date").values_list("history_date", flat=True).first()
    if last is not None:
        yield last, _pended(city, CATALOGUE_CAUSES), "catalogue"


def _pended(city: str, codes: Collection[str], since: date | None = None) -> QuerySet[Claim]:
    found = Claim.objects.filter(status=Claim.State.PENDED, city=city, code__in=codes)
    if since is None:
        return found
    # A stay without a discharge has no service date: it is looked at as of its admission or receipt.
    return found.filter(Q(service_date__gte=since) | Q(service_date__isnull=True))


def _queue_all(waiting: QuerySet[Claim], reason: str, at: datetime) -> int:
    """Queue these claims again, in chunks of a transaction each, at most LIMIT of them. How many."""
    done = 0
    while done < LIMIT:
        with transaction.atomic():
            claims = list(waiting.select_for_update(skip_locked=True).order_by("seq").only("shard")[:CHUNK])
            _queue(claims, reason, at, None, "requeue")
        done += len(claims)
        if len(claims) < CHUNK:
            break
    return done


def _queue(claims: Collection[Claim], reason: str, at: datetime, actor: User | None, actor_name: str) -> None:
    ids = [claim.pk for claim in claims]
    Claim.objects.filter(pk__in=ids).update(
        status=Claim.State.QUEUED, code="", detail="", parked=False, attempts=0
    )
    hold.record(ClaimEvent.Kind.REQUEUED, ids, reason=reason, at=at, actor=actor, actor_name=actor_name)
    wake(claim.shard for claim in claims)
