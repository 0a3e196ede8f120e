import os
import shutil
import subprocess
import sys

import pytest
import redis
from django.core.cache.backends.redis import RedisCache
from redis.sentinel import SentinelConnectionPool

from tests.faults.servers import answers, free_port, wait_until

ADDRESSES = "sentinel://:sec%40ret@one:26379/3;sentinel://:sec%40ret@two/3"


def test_the_caches_connections_come_from_whichever_server_is_the_master():
    options = {
        "pool_class": "config.sentinel.Pool",
        "addresses": ADDRESSES,
        "master": "claims",
        "sentinel": {"password": "other"},
        "socket_timeout": 1,
    }
    cache = RedisCache("sentinel", {"OPTIONS": options})
    pool = cache._cache.get_client(write=True).connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "claims"
    assert (pool.connection_kwargs["password"], pool.connection_kwargs["db"]) == ("sec@ret", 3)
    asked = [s.connection_pool.connection_kwargs for s in pool.sentinel_manager.sentinels]
    assert [(one["host"], one["port"], one["password"]) for one in asked] == [
        ("one", 26379, "other"),
        ("two", 26379, "other"),
    ]


SENDER = """
import os, sys, time
import django
django.setup()
from django.core.cache import cache
from claims.tasks import sweep
from config.celery import Hint
Hint.PAUSE_SECONDS = 0.2
for line in sys.stdin:
    try:
        cache.add("count", 0)
        told = bool(sweep.apply_async()) and cache.incr("count") > 0
    except Exception as error:
        told = type(error).__name__
    print(told, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
class TestAMasterThatIsKilled:
    @pytest.fixture
    def servers(self, tmp_path):
        """A master, its replica and a Sentinel: their ports and processes, by name."""
        ports = {name: free_port() for name in ("master", "replica", "sentinel")}
        (tmp_path / "sentinel.conf").write_text(
            f"port {ports['sentinel']}\nsentinel monitor mymaster 127.0.0.1 {ports['master']} 1\n"
            "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 2000\n"
        )
        plain = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--port"]
        commands = {
            "master": [*plain, str(ports["master"])],
            "replica": [*plain, str(ports["replica"]), "--replicaof", f"127.0.0.1 {ports['master']}"],
            "sentinel": ["redis-server", "sentinel.conf", "--sentinel"],
        }
        started = {}
        try:
            for name, command in commands.items():
                started[name] = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
                wait_until(lambda port=ports[name]: answers(port), seconds=10, what=f"no {name}")
            with redis.Redis(port=ports["sentinel"]) as asked:
                wait_until(lambda: asked.sentinel_slaves("mymaster"), seconds=15, what="no replica is known")
            yield ports, started
        finally:
            for process in started.values():
                process.kill()
                process.wait()

    @pytest.fixture
    def tell(self, servers, tmp_path):
        """Sends a hint and counts a request, as the web does; what came of it."""
        address = f"sentinel://127.0.0.1:{servers[0]['sentinel']}/0"
        given = {"DJANGO_SETTINGS_MODULE": "config.settings", "BROKER_URL": address, "VAR_DIR": str(tmp_path)}
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER],
            env=os.environ | given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def tell():
            print("now", file=sender.stdin, flush=True)
            return sender.stdout.readline().strip()

        yield tell
        sender.kill()
        sender.communicate()

    def test_is_followed_by_its_replica_for_hints_and_for_counts(self, servers, tell):
        ports, started = servers
        assert tell() == "True"
        started["master"].kill()
        wait_until(lambda: tell() == "True", seconds=30, what="nobody follows the master")
        with redis.Redis(port=ports["replica"]) as follower:
            assert follower.llen("celery") >= 1
            assert follower.role()[0] == b"master"
