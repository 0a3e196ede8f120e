"""What each role may do with claims and settlements."""

from policies.access import AUDITOR, CLERK, MANAGER
from policies.groups import Rights

_READ = tuple(
    f"view_{model}"
    for model in (
        "accumulator",
        "affectednotice",
        "claim",
        "claimevent",
        "claimkey",
        "readjudicationrun",
        "settlement",
        "watch",
    )
)
RIGHTS: Rights = {
    CLERK: (*_READ, "add_claim", "change_claim", "add_readjudicationrun", "add_watch", "change_watch"),
    MANAGER: _READ,
    AUDITOR: _READ,
}

_BATCHES = ("view_claimbatch", "view_claimbatchrow")
BATCH_RIGHTS: Rights = {CLERK: _BATCHES, MANAGER: _BATCHES, AUDITOR: _BATCHES}

_SHARDS = ("view_shardwork",)
SHARD_RIGHTS: Rights = {MANAGER: _SHARDS, AUDITOR: _SHARDS}
