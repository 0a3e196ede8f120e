"""Faults of workers, of messages, of the servers behind them."""

import time
from dataclasses import replace

from django.db import Error, connection

from claims.models import Settlement
from tests.faults.play import Play
from tests.faults.points import POINTS, Orders
from tests.faults.servers import wait_until
from tests.faults.traffic import SEND, Step


def killed_at_points(play: Play) -> None:
    """A worker's process is killed at every named point, again and again."""
    each = play.size(1, 22)
    with play.world.system(play.name) as system:
        orders = Orders(system.folder)
        system.start(processes=2, **play.environment)
        client = play.client(system)
        with client.playing(play.traffic(hot=_hot(play)).visit):
            wanted = [point for point in POINTS for _ in range(each)]
            play.chance.shuffle(wanted)
            for point in wanted:
                wait_until(lambda: orders.waiting() < 3, seconds=180, what=f"nobody came to {sorted(POINTS)}")
                orders.kill(point, play.chance.randint(1, 3))
            wait_until(lambda: orders.waiting() == 0, seconds=180, what="nobody came to the last points")
        done = orders.done()
        play.killed("kills at named points", done.total())
        play.finish(system, client)
        play.want(all(done[point] >= each for point in POINTS), f"kills: {dict(done)}")


def killed_whole(play: Play) -> None:
    """Whole workers, parent and all, are killed at random and started anew; their messages are left behind."""
    times = play.size(4, 40)
    with play.world.system(play.name) as system:
        system.start(workers=2, processes=1, **play.environment)
        client = play.client(system)
        with client.playing(play.traffic(hot=_hot(play)).visit):
            for number in range(times):
                system.settles(play.chance.randint(1, 30))
                name = f"worker{number % 2}"
                system.kill(name)
                system.worker(name, processes=1, **play.environment)
        play.killed("workers killed whole", times)
        play.finish(system, client)


def delivered_five_times(play: Play) -> None:
    """Every message is delivered five times, to two workers."""
    with play.world.system(play.name) as system:
        environment = play.environment | {"FAULTS_DELIVER": "5"}
        system.start(workers=2, processes=2, **environment)
        client, traffic = play.client(system), play.traffic(hot=_hot(play))
        client.play(traffic.visit() for _ in range(play.size(400, 5_000)))
        play.did("messages delivered five times")
        play.finish(system, client)


def redis_flushed_killed_absent(play: Play) -> None:
    """Redis is flushed and killed while claims come, stays away for a while, and comes back empty."""
    redis = play.world.redis
    with play.world.system(play.name) as system:
        # Celery outlasts the broker by our mending of kombu (config.broker); where it does not, a supervisor does.
        system.supervised = True
        system.start(**play.environment)
        client = play.client(system)
        with client.playing(play.traffic(hot=_hot(play)).visit, threads=2):
            for _ in range(play.size(2, 12)):
                for _ in range(5):
                    time.sleep(play.chance.uniform(0.05, 0.3))
                    redis.flush()
                    play.did("Redis flushed")
                redis.kill()
                play.did("Redis killed")
                time.sleep(play.chance.uniform(1, 4))
                redis.start()
                system.settles(20)
        play.finish(system, client)
        if system.restarts:
            play.did("processes ended themselves, and were started again", system.restarts)


def messages_lost(play: Play) -> None:
    """Every message is dropped before anybody reads it, while claims come; only the sweep is left."""
    redis = play.world.redis
    with play.world.system(play.name) as system:
        system.web("web", **play.environment)
        client, traffic = play.client(system), play.traffic(hot=_hot(play))
        client.play(traffic.visit() for _ in range(play.size(150, 2_000)))
        redis.flush()
        play.did("all messages dropped")
        if "no-sweep" not in play.environment.get("FAULTS_UNGUARDED", ""):
            system.beat()
        system.worker("worker0", **play.environment)
        play.finish(system, client)


def postgres_restarted(play: Play) -> None:
    """PostgreSQL stops as in a power cut in the middle of sets, and recovers; connections are cut besides."""
    postgres = play.world.postgres
    with play.world.system(play.name) as system:
        system.start(workers=2, processes=1, **play.environment)
        client = play.client(system)
        with client.playing(play.traffic(hot=_hot(play)).visit):
            for _ in range(play.size(2, 15)):
                for _ in range(3):
                    time.sleep(play.chance.uniform(0.1, 0.8))
                    play.did("connections terminated", terminate(play))
                time.sleep(play.chance.uniform(0.3, 1.0))
                postgres.stop("immediate")
                time.sleep(play.chance.uniform(0.1, 1.0))
                postgres.start()
                play.did("PostgreSQL stopped at once")
                system.settles(20)
        _reconnect()
        play.finish(system, client)


def terminate(play: Play) -> int:
    """Cuts half of the others' connections, drawn by chance."""
    ours = "datname = current_database() AND pid <> pg_backend_pid()"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pid FROM pg_stat_activity WHERE {ours} ORDER BY pid")
            chosen = [pid for (pid,) in cursor.fetchall() if play.chance.random() < 0.5]
            for pid in chosen:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        return len(chosen)
    except Error:
        connection.close()
        return 0


def _reconnect() -> None:
    connection.close()
    connection.ensure_connection()


def hot_member(play: Play) -> None:
    """Two workers, then eight, on claims of one member and of those who share an account."""
    share = [m for m in play.people.population.members.values() if m.links][:1]
    owners = [
        m for m in play.people.population.members.values() if share and m.id == share[0].links[0].owner_id
    ]
    with play.world.system(play.name) as system:
        slow = {"FAULTS_SLOW": "0.15"} | play.environment
        system.worker("worker0", processes=2, **slow)
        system.beat()
        system.web("web", **play.environment)
        client = play.client(system)
        traffic = play.traffic(hot=share + owners, hot_share=0.9)
        half = play.size(120, 1_500)
        client.play((traffic.visit() for _ in range(half)), threads=8)
        system.worker("worker1", processes=6, **slow)
        client.play((traffic.visit() for _ in range(half)), threads=8)
        play.did("worker processes on one member", 8)
        play.finish(system, client)


def old_and_new_code(play: Play) -> None:
    """A release is rolled out: workers of both side by side, then the web; what the old one took is sent again."""
    old = {"FAULTS_OLD": "1"} | play.environment
    with play.world.system(play.name) as system:
        system.web("web-old", **old)
        system.beat()
        system.worker("worker-old", processes=1, **old)
        client, traffic = play.client(system), play.traffic(hot=_hot(play))
        alone, beside = (
            [_as_before(traffic.visit()) for _ in range(play.size(100, 1_500))] for _ in range(2)
        )
        before = alone + beside
        # Each release has settled some, whichever of them starts more slowly.
        client.play(alone)
        system.drained(play.patience)
        system.worker("worker-new", processes=1, **play.environment)
        client.play(beside)
        system.kill("worker-old")
        system.kill("web-old")
        system.urls.clear()
        system.web("web-new", **play.environment)
        again = [[step for step in visit if step.kind == SEND][:1] for visit in before[:50]]
        client.play([*again, *(traffic.visit() for _ in range(play.size(100, 1_500)))])
        play.did("releases side by side", 2)
        play.finish(system, client)
        versions = set(Settlement.objects.values_list("engine_version", flat=True))
        play.want(len(versions) == 2, f"engine versions {versions}")


def _as_before(visit: list[Step]) -> list[Step]:
    """What an institution could send to the old release: no total, and so none that is wrong."""
    steps = [step for step in visit if "rejected:amount_mismatch" not in step.expect]
    bodies = [{name: value for name, value in step.body.items() if name != "total"} for step in steps]
    return [replace(step, body=body) for step, body in zip(steps, bodies, strict=True)]


def _hot(play: Play) -> list:
    """A few members, drawn by chance, who meet each other's claims in every set."""
    members = list(play.people.population.members.values())
    return [play.chance.choice(members) for _ in range(5)]
