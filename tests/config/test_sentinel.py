from django.core.cache.backends.redis import RedisCache
from redis.sentinel import SentinelConnectionPool

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
