"""A busy shard is told of once for all the claims that came meanwhile."""

import time

from claims.hints import Herald


def wait_for(condition):
    ends = time.monotonic() + 5
    while not condition() and time.monotonic() < ends:
        time.sleep(0.01)
    return condition()


def test_the_first_is_told_at_once_and_the_others_together():
    told = []
    herald = Herald(told.append, pause=0.2)
    for _ in range(5):
        herald(3)
    assert told == [3]
    assert wait_for(lambda: told == [3, 3])
    time.sleep(0.3)
    assert told == [3, 3]


def test_shards_do_not_hold_each_other_back():
    told = []
    herald = Herald(told.append, pause=60)
    for shard in (1, 2, 1, 2):
        herald(shard)
    assert told == [1, 2]


def test_nobody_who_waits_is_held_back():
    told = []
    herald = Herald(told.append, pause=60)
    for _ in range(3):
        herald(1, urgent=True)
    assert told == [1, 1, 1]


def test_after_a_while_a_shard_is_told_of_at_once_again():
    told = []
    herald = Herald(told.append, pause=0.05)
    herald(1)
    time.sleep(0.1)
    herald(1)
    assert told == [1, 1]
