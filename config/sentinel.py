"""The cache on a Redis that Sentinels look after: Django's own backend knows only addresses of servers."""

from urllib.parse import unquote, urlsplit

from redis.sentinel import Sentinel, SentinelConnectionPool


class Pool:
    """For the option `pool_class` of Django's Redis cache: connections to whichever server is the master now."""

    @classmethod
    def from_url(
        cls, url: str, *, addresses: str, master: str, sentinel: dict, **options
    ) -> SentinelConnectionPool:
        """`addresses` as in BROKER_URL: sentinel://host:26379/0;sentinel://host:26379/0. `url` is not used."""
        parts = [urlsplit(address) for address in addresses.split(";")]
        first = parts[0]
        login = {"username": first.username, "password": first.password}
        options |= {name: unquote(value) for name, value in login.items() if value}
        options["db"] = int(first.path.strip("/") or 0)
        hosts = [(part.hostname, part.port or 26379) for part in parts]
        timeouts = {name: value for name, value in options.items() if name.startswith("socket_")}
        return SentinelConnectionPool(
            master, Sentinel(hosts, sentinel_kwargs={**timeouts, **sentinel}), **options
        )
