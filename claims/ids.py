"""UUID version 7 (RFC 9562): ordered by time, so a claim's id also says into which partition it falls."""

import os
import time
import uuid
from datetime import datetime

_RANDOM = 10  # bytes of chance, of which version and variant take six bits
_KEPT = ((1 << 80) - 1) & ~(0xF << 76) & ~(0x3 << 62)
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """So many new UUIDv7 of one moment."""
    moment = (time.time_ns() // 1_000_000 << 80) | _VERSION_AND_VARIANT
    chance = os.urandom(_RANDOM * count)
    return [
        uuid.UUID(int=moment | (int.from_bytes(chance[at : at + _RANDOM], "big") & _KEPT))
        for at in range(0, _RANDOM * count, _RANDOM)
    ]


def first_uuid7(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of a moment: ids from it on were made since."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)
