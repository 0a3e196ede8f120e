"""Faults of files of claims: each is stored once, whole, whatever becomes of its sender and its server."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from claims.models import ClaimBatch
from tests.benchmarks.population import CITIES
from tests.faults.client import PARTS, Client
from tests.faults.play import Play
from tests.faults.system import System
from tests.faults.traffic import Step, Traffic

_SENDERS, _AT_ONCE = 4, 20


def files_of_claims(play: Play) -> None:
    """Servers are killed while files come, senders hang up; one key comes twenty times at once with two files."""
    with play.world.system(play.name) as system:
        system.start(**play.environment)
        servers = {"web": system.urls[0], "web1": system.web("web1", **play.environment)}
        client, traffic = play.client(system), play.traffic()
        files = [_file(play, traffic, play.size(40, 300)) for _ in range(play.size(16, 200))]
        with ThreadPoolExecutor(_SENDERS) as pool:
            sent = [
                pool.submit(_until_known, client, file, f"file-{number}", play.chance.randrange(PARTS + 1))
                for number, file in enumerate(files)
            ]
            while not all(future.done() for future in sent):
                _kill_one(play, system, servers)
        play.did("files sent until their answer came", sum(future.result() for future in sent))
        keys = [f"at-once-{number}" for number in range(play.size(3, 60))]
        told = [_at_once(play, client, _file(play, traffic, 20), key) for key in keys]
        play.finish(system, client)
        half = _AT_ONCE // 2
        for key, answers in zip(keys, told, strict=True):
            play.want(answers == {202: 1, 200: half - 1, 409: half}, f"{key}: answers {answers}")
        stored = Counter(ClaimBatch.objects.values_list("idempotency_key", flat=True))
        play.want(set(stored.values()) == {1}, f"a key has several files: {stored.most_common(3)}")
        play.want(len(stored) == len(files) + len(keys), f"{len(stored)} files were stored")


def _file(play: Play, traffic: Traffic, claims: int) -> list[Step]:
    """Ordinary visits at one institution."""
    members = play.people.of_city(play.chance.choice(CITIES))
    code = play.people.institution(members[0], play.chance)
    return [replace(traffic.plain(play.chance.choice(members)), institution=code) for _ in range(claims)]


def _until_known(client: Client, file: Sequence[Step], key: str, parts: int) -> int:
    """Sends a file slowly, hanging up once, and again until an answer comes. How often that was."""
    times, status = 0, None
    while status is None or status >= 500:
        status = client.send_file(file, key, pause=0.1, parts=PARTS if times else parts)
        times += 1
    return times


def _kill_one(play: Play, system: System, servers: dict[str, str]) -> None:
    """One of the web servers (addresses by name), while the other one serves; it is started anew."""
    time.sleep(play.chance.uniform(0.2, 0.6))
    name = play.chance.choice(sorted(servers))
    system.urls.remove(servers[name])
    system.kill(name)
    play.killed("web servers killed")
    servers[name] = system.web(name, **play.environment)


def _at_once(play: Play, client: Client, file: list[Step], key: str) -> Counter:
    """The same file and another one of the same claims, ten times each. The answers' statuses."""
    other = [replace(step, body=step.body | {"disease_code": "J06"}) for step in file]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = pool.map(lambda n: client.send_file(other if n % 2 else file, key), range(_AT_ONCE))
    play.did("one key twenty times at once")
    return Counter(told)
