"""Celery's brokers: kombu's, each mended in one point.

The broker of files, for a system without a server (the default), is made safe for several processes. Kombu
writes a message into the file in which others look for it. Whoever reads between its opening and its writing
takes an empty message, which ends the worker. Here a file gets its name when it is complete.

Redis: where the connection is lost, what is left of it is asked for its address, and the worker ends itself by an
AttributeError. Here it says that it is lost, which a worker knows how to mend.
"""

import os
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import monotonic
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem, redis
from kombu.utils.json import dumps, loads
from redis.exceptions import ConnectionError as RedisLost


class Channel(filesystem.Channel):
    def _queue_bind(self, exchange, routing_key, pattern, queue):
        table = self._exchange_file(exchange)
        self.control_folder.mkdir(exist_ok=True)
        if not table.exists():
            part = _part(self.control_folder, "[]")
            with suppress(FileExistsError):  # another process was quicker, and may have bound its queue
                os.link(part, table)
            part.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)

    def _put(self, queue, payload, **_kwargs):
        name = f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        os.replace(_part(folder, dumps(payload)), folder / name)

    def _get(self, queue):
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{name}.taken"
            try:
                os.rename(folder / name, taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            payload = taken.read_text(encoding="utf-8")
            taken.unlink()
            return loads(payload)
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel


class RedisChannel(redis.Channel):
    def _connparams(self, asynchronous=False):
        if self.connection is None or self.connection.client is None:
            raise RedisLost("the connection to the broker was closed")
        return super()._connparams(asynchronous)


class RedisTransport(redis.Transport):
    Channel = RedisChannel


def _part(folder: Path, text: str) -> Path:
    """A complete file under a name that nobody looks for."""
    part = folder / f"{uuid4()}.part"
    part.write_text(text, encoding="utf-8")
    return part


def use() -> None:
    """Broker addresses that begin with filesystem:// or redis:// mean these from now on."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = f"{__name__}:RedisTransport"
