"""Telling workers that there is work. Whoever can do so registers (claims.tasks); the sweep finds what was missed."""

from collections.abc import Callable, Iterable

from django.db import transaction

Waker = Callable[[frozenset[int], bool], None]
_wakers: list[Waker] = []


def on_work(waker: Waker) -> None:
    """Register who is told shards' numbers, once their claims are committed, and whether somebody waits for them."""
    if waker not in _wakers:
        _wakers.append(waker)


def wake(shards: Iterable[int], urgent: bool = False) -> None:
    """When the transaction commits, say that these shards have queued claims. Never more than a hint."""
    if shards := frozenset(shards):
        for waker in _wakers:
            transaction.on_commit(lambda waker=waker: waker(shards, urgent), robust=True)
