"""Telling workers that there is work. Whoever can do so registers (claims.tasks); the sweep finds what was missed."""

from collections.abc import Callable, Iterable

from django.db import transaction

_wakers: list[Callable[[int], None]] = []


def on_work(waker: Callable[[int], None]) -> None:
    """Register who is told a shard's number, once its claims are committed."""
    if waker not in _wakers:
        _wakers.append(waker)


def wake(shards: Iterable[int]) -> None:
    """When the transaction commits, say that these shards have queued claims. Never more than a hint."""
    for shard in sorted(set(shards)):
        for waker in _wakers:
            transaction.on_commit(lambda waker=waker, shard=shard: waker(shard), robust=True)
