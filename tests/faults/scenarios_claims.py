"""Claims that harm their worker, and a backlog under all faults at once."""

import time
from collections.abc import Iterator
from itertools import islice

from django.db import Error, connection
from django.db.models import Max
from django.utils import timezone

from claims.models import Claim, ClaimEvent
from claims.services.intake import submit
from claims.shards import SHARDS
from claims.submission import Submission
from members.models import Institution
from tests.faults.checks import content_of
from tests.faults.patches import POISON
from tests.faults.play import Play
from tests.faults.points import POINTS, Orders
from tests.faults.scenarios_workers import terminate
from tests.faults.servers import wait_until
from tests.faults.system import System
from tests.faults.traffic import SEND, Step

# What a poison claim does, and the reasons by which it may be parked.
_HARMS = {
    "raise": ("ZeroDivisionError",),
    "exit": ("WorkerDied",),
    "kill": ("WorkerDied",),
    "sleep": ("WorkerDied",),
    "hang": ("WorkerDied",),
    "eat": ("MemoryError", "WorkerDied"),
}
_LIMITS = {"DRAIN_TIME_LIMIT": "4", "WORKER_MEMORY_MB": "500"}


def poison(play: Play) -> None:
    """Claims that raise, exit, kill, sleep, hang, eat memory: parked after three tries, while others go on."""
    with play.world.system(play.name) as system:
        harmful = _LIMITS | {"FAULTS_POISON": "1"} | play.environment
        system.beat()
        system.web("web", **_LIMITS)  # a limit travels with the message
        client, traffic = play.client(system), play.traffic()
        shards = iter(play.chance.sample(range(SHARDS), SHARDS))
        poisons, behind = {}, set()
        for what in [*_HARMS] * play.size(1, 3):
            members = play.people.of_shard(next(shards, play.chance.randrange(SHARDS)))
            step = traffic.plain(play.chance.choice(members), disease_code=f"{POISON}{what}")
            poisons[step.number] = what
            # Others of the shard before and behind it, and its own member's next claim.
            late = traffic.plain(_member(members, step))
            behind.add(late.number)
            client.play([[traffic.plain(play.chance.choice(members))] for _ in range(5)])
            client.take([step, late])
            client.play([[traffic.plain(play.chance.choice(members))] for _ in range(5)])
        system.worker("worker0", processes=2, **harmful)
        with client.playing(play.traffic("D").visit, threads=1):
            is_over = _until_parked(play, poisons)
        play.did("poison claims", len(poisons))
        system.drained(play.patience)
        reasons = _parked(poisons)
        waiting = Claim.objects.filter(status="queued", parked=False).count()
        system.kill("worker0")  # the fault is mended, staff queue the parked claims again
        system.worker("worker1", processes=2)
        play.finish(system, client, sets_may_fail=True)
        play.want(is_over, "some poison was never parked")
        play.want(waiting == 0, f"{waiting} claims waited for ever behind poison")
        for number, what in poisons.items():
            found = reasons.get(number)
            play.want(
                found is not None and found[0] in _HARMS[what] and found[1] == 3, f"{what}: parked as {found}"
            )


def _member(members: list, step: Step):
    return next(member for member in members if member.number == step.body["member_number"])


def _until_parked(play: Play, poisons: dict) -> bool:
    def all_parked() -> bool:
        return Claim.objects.filter(claim_number__in=poisons, parked=True).count() == len(poisons)

    try:
        wait_until(all_parked, seconds=play.patience, what="parking")
    except TimeoutError:
        return False
    return True


def _parked(poisons: dict) -> dict[str, tuple[str, int]]:
    """By which error each was parked, and after how many attempts."""
    events = ClaimEvent.objects.filter(kind=ClaimEvent.Kind.PARKED, claim__claim_number__in=poisons)
    return {
        number: (reason.split()[0], attempts)  # after it stands where it was raised
        for number, reason, attempts in events.values_list("claim__claim_number", "reason", "claim__attempts")
    }


def storm(play: Play) -> None:
    """A backlog sent as batches send it, and all faults at once, at times drawn by chance, until it is done."""
    claims, waves = play.size(3_000, 195_000), play.size(1, 4)
    with play.world.system(play.name) as system:
        orders = Orders(system.folder)
        system.web("web")
        client, traffic = play.client(system), play.traffic(hot_share=0)
        for number in range(2):
            system.worker(f"worker{number}", processes=1)
        system.beat()
        for wave in range(waves):
            _send_backlog(system, _sends(traffic, claims // waves))
            with client.playing(play.traffic(f"D{wave}").visit, threads=1):
                _rage(play, system, orders)
        orders.cancel()
        play.killed("kills at named points", orders.done().total())
        play.finish(system, client)


def _sends(traffic, count: int) -> Iterator[Step]:
    """Each number once: what comes after a claim comes later or not at all."""
    found = (step for _ in iter(int, 1) for step in _once(traffic.visit()))
    return islice(found, count)


def _once(visit: list[Step]) -> list[Step]:
    by_number = {}
    for step in visit:
        if step.kind == SEND:
            by_number.setdefault(step.number, step)
    return list(by_number.values())


def _send_backlog(system: System, steps: Iterator[Step]) -> None:
    """By the service behind every intake of many claims, a thousand at a time."""
    ids = dict(Institution.objects.values_list("code", "pk"))
    while wave := list(islice(steps, 5_000)):
        by_institution = {}
        for step in wave:
            by_institution.setdefault(step.institution, []).append(step)
        for code, of_code in by_institution.items():
            requests = [system.journal.sent(step) for step in of_code]
            submissions = [Submission(step.number, content_of(step.body)) for step in of_code]
            receipts = submit(
                institution=Institution(pk=ids[code], code=code), claims=submissions, at=timezone.now()
            )
            for request, receipt in zip(requests, receipts, strict=True):
                system.journal.told(request, 202, str(receipt.claim_id))


def _rage(play: Play, system: System, orders: Orders) -> None:
    """One fault after another until the backlog is done."""
    last = Claim.objects.aggregate(Max("seq"))["seq__max"]
    redis, postgres, chance, turn = play.world.redis, play.world.postgres, play.chance, 0
    while system.queued(last):
        time.sleep(chance.uniform(0.3, 1.5))
        fault = chance.choices(
            ("point", "worker", "flush", "redis", "connections", "postgres"), (40, 15, 15, 5, 15, 3)
        )
        if fault == ["point"] and orders.waiting() < 3:
            orders.kill(chance.choice(POINTS), chance.randint(1, 2))
        elif fault == ["worker"]:
            turn += 1
            system.kill(f"worker{turn % 2}")
            system.worker(f"worker{turn % 2}", processes=1)
            play.killed("workers killed whole")
        elif fault == ["flush"]:
            redis.flush()
            play.did("Redis flushed")
        elif fault == ["redis"]:
            redis.kill()
            time.sleep(chance.uniform(0.2, 2))
            redis.start()
            play.did("Redis killed")
        elif fault == ["connections"]:
            play.did("connections terminated", terminate(play))
        elif fault == ["postgres"]:
            postgres.stop("immediate")
            postgres.start()
            _reconnect()
            play.did("PostgreSQL stopped at once")


def _reconnect() -> None:
    connection.close()
    try:
        connection.ensure_connection()
    except Error:
        connection.close()
