"""Setting accumulators to what the settlements give, where they differ."""

from django.db import transaction

from claims import store
from claims.models import Settlement
from claims.services.hold import hold_shards
from claims.verify.accumulators import Difference, differences


@transaction.atomic
def rebuild_accumulators(*, member_id: int) -> list[Difference]:
    """Set a member's accumulators to the sums of all revisions; what differed.

    Under the member's shard lock, so that no worker adds to what is being summed.
    """
    hold_shards(set(Settlement.objects.filter(member_id=member_id).values_list("claim__shard", flat=True)))
    store.lock_accumulators([member_id])
    found = differences(member_id, member_id)
    store.add_accumulators({(member_id, d.key): d.expected - d.stored for d in found})
    return found
