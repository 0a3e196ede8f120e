"""That a register file was taken in, by whom and from where: what it changed refers to it by its moment."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from members.models import RegisterImport
from policies.models import User


def record_import(
    *,
    register: str,
    cities: Iterable[str],
    name: str,
    data: bytes,
    source: str,
    actor: User | None,
    reason: str,
    at: datetime,
) -> list[RegisterImport]:
    """Puts on record a file that was taken in at `at`. `cities`: the city of each of its good rows."""
    digest = hashlib.sha256(data).hexdigest()
    return RegisterImport.objects.bulk_create(
        RegisterImport(
            register=register,
            city_id=city,
            name=name[:200],
            sha256=digest,
            rows=rows,
            source=source,
            actor=actor,
            reason=reason,
            at=at,
        )
        for city, rows in sorted(Counter(cities).items())
    )
