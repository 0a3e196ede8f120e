"""While claims go on coming, workers are told once of all that came meanwhile."""

import time

from claims.hints import SHARDS_IN_MESSAGE, Herald


def wait_for(condition):
    ends = time.monotonic() + 5
    while not condition() and time.monotonic() < ends:
        time.sleep(0.01)
    return condition()


def test_the_first_is_told_at_once_and_the_others_together():
    told = []
    herald = Herald(told.append, pause=0.2)
    for shard in (3, 5, 3, 1, 5):
        herald([shard])
    assert told == [[3]]
    assert wait_for(lambda: told == [[3], [1, 3, 5]])
    time.sleep(0.3)
    assert told == [[3], [1, 3, 5]]


def test_many_shards_are_told_of_in_several_messages_so_that_several_workers_take_them():
    told = []
    Herald(told.append, pause=60)(range(SHARDS_IN_MESSAGE * 2 + 1))
    assert [len(shards) for shards in told] == [SHARDS_IN_MESSAGE, SHARDS_IN_MESSAGE, 1]
    assert [shard for shards in told for shard in shards] == list(range(SHARDS_IN_MESSAGE * 2 + 1))


def test_nobody_who_waits_is_held_back():
    told = []
    herald = Herald(told.append, pause=60)
    for _ in range(3):
        herald([1], urgent=True)
    assert told == [[1], [1], [1]]


def test_after_a_while_of_quiet_a_shard_is_told_of_at_once_again():
    told = []
    herald = Herald(told.append, pause=0.05)
    herald([1])
    time.sleep(0.1)
    herald([1])
    assert told == [[1], [1]]
