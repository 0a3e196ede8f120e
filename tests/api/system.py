"""An institution's system as the tests drive it, and the workers' part."""

from datetime import UTC, datetime

from django.test import Client
from django.utils import timezone

from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from members.services.keys import create_key

CREATED = datetime(2023, 1, 1, tzinfo=UTC)


class Api(Client):
    """Sends JSON with its key, and reads Chinese unless told otherwise."""

    def __init__(self, secret: str, **defaults):
        super().__init__(headers={"Authorization": f"Bearer {secret}"}, **defaults)

    def send(self, body, path="/api/v1/claims/", **headers):
        return self.post(path, body, content_type="application/json", headers=headers)


def key_of(institution, **options):
    """A new key's row and its secret."""
    return create_key(institution=institution, at=CREATED, actor=None, reason="test", **options)


def adjudicate() -> None:
    """What workers do."""
    for shard in waiting_shards():
        drain(shard, clock=timezone.now)
