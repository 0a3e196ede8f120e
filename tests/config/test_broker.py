"""The broker of files: every message once and whole, however many processes write and read."""

import os
from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from config import broker, celery
from config.broker import Transport


@pytest.fixture
def connect(tmp_path):
    (tmp_path / "messages").mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    return lambda: Connection("filesystem://", transport_options=options)


def test_it_is_what_the_default_address_means(connect):
    assert celery.app.conf is not None  # the app has been set up
    assert isinstance(connect().transport, Transport)


def test_a_message_is_seen_whole_or_not_at_all(connect, monkeypatch):
    channel, seen, replace = connect().channel(), [], os.replace

    def look_first(part, path):
        with pytest.raises(Empty):
            channel._get("q")
        seen.append(path)
        replace(part, path)

    monkeypatch.setattr(broker.os, "replace", look_first)
    channel._put("q", {"a": 1})
    assert len(seen) == 1
    assert channel._get("q") == {"a": 1}
    with pytest.raises(Empty):
        channel._get("q")


def test_many_write_and_read_at_once(connect, tmp_path):
    def write(writer):
        channel = connect().channel()
        for number in range(100):
            channel._put("q", [writer, number])

    def read(_reader):
        channel, found, idle = connect().channel(), [], 0
        while idle < 200:
            try:
                found.append(tuple(channel._get("q")))
                idle = 0
            except Empty:
                idle += 1
        return found

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read, n) for n in range(2)]
        for done in [pool.submit(write, n) for n in range(4)]:
            done.result()
        found = [message for reader in readers for message in reader.result()]
    found += read(None)
    assert sorted(found) == [(writer, number) for writer in range(4) for number in range(100)]
    assert list((tmp_path / "messages").iterdir()) == []


def test_queues_of_one_exchange_are_bound_side_by_side(connect):
    channel, exchange = connect().channel(), Exchange("work", type="direct")
    for name in ("a", "b", "a"):
        Queue(name, exchange, routing_key=name)(channel).declare()
    assert sorted(row[2] for row in channel.get_table("work")) == ["a", "b"]
