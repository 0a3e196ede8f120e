"""Stops the demo's processes when the demo ends, however it ends: `python -m claims.demo.guard`.

The demo holds the other end of this process's standard input, and names on it each process that it starts,
one id a line, each the leader of a process group. The end of input is the order to stop them all. It comes
when the demo closes it, and as surely when the demo is killed: the system closes it then.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

# Web and worker finish what they are at; a request may wait some seconds for its settlement.
GRACE_SECONDS = 12
_PAUSE = 0.05


def main() -> None:
    stop([int(line) for line in sys.stdin])


def stop(leaders: Iterable[int], reap: Callable[[], None] = lambda: None) -> None:
    """Asks each leader to end, and after GRACE_SECONDS kills what is left of its group.

    Whoever started them gives `reap`, which takes the exit status of those that ended: until then they count.
    """
    left = list(leaders)
    for leader in left:
        _signal(os.kill, leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        reap()
        left = [leader for leader in left if _signal(os.killpg, leader, 0)]
    for leader in left:
        _signal(os.killpg, leader, signal.SIGKILL)


def _signal(send, target: int, number: int) -> bool:
    """Whether there was anybody of ours to send to."""
    try:
        send(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
