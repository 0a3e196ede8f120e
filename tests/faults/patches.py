"""What is done to a process from within, as its environment tells.

FAULTS_FOLDER      kill orders lie there (`points`)
FAULTS_CLOCK       seconds by which this process's clock is wrong
FAULTS_DELIVER     how many times each message is sent
FAULTS_OLD         "1": code of an earlier release, before the last field of claims and with another engine version
FAULTS_POISON      "1": a claim with the disease code POISON-… does to its worker what that says
FAULTS_UNGUARDED   what is missing: "lock", a shard's lock holds nobody; "deaths", nobody counts sets that never ended
FAULTS_SLOW        seconds that a worker sleeps, now and then, between reading claims and settling them
"""

import os
import random
import signal
import time
from datetime import timedelta

from tests.faults import points

POISON = "POISON-"


def everywhere() -> None:
    if os.environ.get("FAULTS_OLD"):
        _be_older()
    if offset := os.environ.get("FAULTS_CLOCK"):
        _move_clock(timedelta(seconds=float(offset)))
    if copies := os.environ.get("FAULTS_DELIVER"):
        _repeat_messages(int(copies))


def in_worker() -> None:
    if os.environ.get("FAULTS_POISON"):
        _obey_poison()
    if slow := os.environ.get("FAULTS_SLOW"):
        _sleep_before_settling(float(slow))
    if os.environ.get("FAULTS_UNGUARDED") == "lock":
        _hold_nobody()
    if os.environ.get("FAULTS_UNGUARDED") == "deaths":
        _count_no_deaths()
    if folder := os.environ.get("FAULTS_FOLDER"):
        points.watch(folder)


def _move_clock(offset: timedelta) -> None:
    from django.utils import timezone

    right = timezone.now
    timezone.now = lambda: right() + offset


def _repeat_messages(copies: int) -> None:
    from config.celery import Hint

    send = Hint.apply_async

    def repeatedly(self, *args, **kwargs):
        for _ in range(copies - 1):
            send(self, *args, **kwargs)
        return send(self, *args, **kwargs)

    Hint.apply_async = repeatedly


def _be_older() -> None:
    """The release before claims could state a `total`, with an engine of its own version."""
    import msgspec
    from msgspec.structs import fields

    from claims import content
    from claims.store import rows

    known = [
        (f.name, f.type) if f.required else (f.name, f.type, f.default) for f in fields(content.Content)[:-1]
    ]
    older = msgspec.defstruct("Content", known, bases=(msgspec.Struct,), array_like=True, frozen=True)
    decoder = msgspec.json.Decoder(older)

    class Decoder:
        @staticmethod
        def decode(text):
            return content.Content(*msgspec.structs.astuple(decoder.decode(text)))

    content._decoder = Decoder
    rows.ENGINE_VERSION = 0


def _obey_poison() -> None:
    from claims.services import adjudication

    settle = adjudication.settle_set

    def poisoned(facts, claims):
        for claim in claims:
            if claim.content.disease.startswith(POISON):
                _act(claim.content.disease.removeprefix(POISON))
        return settle(facts, claims)

    adjudication.settle_set = poisoned


def _act(what: str) -> None:
    if what == "raise":
        raise ZeroDivisionError
    if what == "exit":
        os._exit(3)
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "sleep":
        time.sleep(3600)
    if what == "hang":
        # Deaf to the soft limit: only the hard one ends it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        time.sleep(3600)
    if what == "eat":
        eaten = []
        while True:
            eaten.append(bytearray(32 * 1024 * 1024))


def _sleep_before_settling(seconds: float) -> None:
    from claims.services import adjudication

    load, chance = adjudication.load_facts, random.Random(os.getpid())

    def slowly(*args, **kwargs):
        if chance.random() < 0.5:
            time.sleep(seconds)
        return load(*args, **kwargs)

    adjudication.load_facts = slowly


def _hold_nobody() -> None:
    from claims import store

    store.shard_lock = lambda shard, *, wait: True
    # Its row in the count of sets is a second lock: without it nothing holds a shard.
    store.begin_set = lambda shard: 0


def _count_no_deaths() -> None:
    from claims import store

    store.begin_set = lambda shard: 0
