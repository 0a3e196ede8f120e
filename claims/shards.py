"""Members hash to shards: one worker at a time adjudicates a shard's claims, in order of receipt."""

from zlib import crc32

SHARDS = 64


def shard_of(member_number: str) -> int:
    """The shard of a member's claims, 0 to SHARDS − 1; stored with each claim."""
    return crc32(member_number.encode()) % SHARDS
