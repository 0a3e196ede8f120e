from claims.models.batches import ClaimBatch, ClaimBatchRow
from claims.models.claims import Claim, ClaimEvent, ClaimKey
from claims.models.ledger import Accumulator, Settlement
from claims.models.work import AffectedNotice, ReadjudicationRun, ShardWork, Watch

__all__ = [
    "Accumulator",
    "AffectedNotice",
    "Claim",
    "ClaimBatch",
    "ClaimBatchRow",
    "ClaimEvent",
    "ClaimKey",
    "ReadjudicationRun",
    "Settlement",
    "ShardWork",
    "Watch",
]
