"""The harness as a command: servers up, scenarios played, the table printed, a report written."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.servers import Missing, Postgres, Redis

SHORT_MEMBERS, LONG_MEMBERS = 300, 8_000


def main() -> None:
    options = _options()
    seed = options.seed or str(random.randrange(10**6))
    print(f"seed {seed}: SEED={seed} makes the same choices again", flush=True)
    with world(seed, LONG_MEMBERS if options.set == "long" else SHORT_MEMBERS) as shared:
        from tests.faults.report import Report
        from tests.faults.scenarios import SCENARIOS

        report = Report(options.set, seed)
        for scenario in SCENARIOS:
            if not options.only or scenario.__name__ in options.only:
                report.add(played(shared, scenario, options.set == "long"))
        report.write(Path(options.report) if options.report else None)
        shared.keep = not report.holds
    sys.exit(not report.holds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--set", choices=("short", "long"), default="short")
    parser.add_argument("--seed", default="", help="the same seed makes the same choices")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this scenario; may be repeated")
    parser.add_argument("--report", metavar="FILE", help="write the table there, too")
    return parser.parse_args()


@contextmanager
def world(seed: str, members: int) -> Iterator:
    """Servers and a template database, removed with the block. Ends the program with 0 where they cannot be had."""
    # Ended from outside, the servers and processes are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        postgres = Postgres()
    except Missing as missing:
        _skip(missing)
    try:
        redis = Redis()
    except Missing as missing:
        postgres.remove()
        _skip(missing)
    try:
        _environment(postgres, redis, folder)
        from tests.faults.system import World

        with World(postgres, redis, folder, seed).filled(members) as shared:
            yield shared
    finally:
        redis.remove()
        postgres.remove()
    if shared.keep:
        print(f"Logs and journals are kept in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _skip(missing: Missing) -> None:
    print(f"Skipped: the harness needs {missing}.")
    sys.exit(0)


def _environment(postgres: Postgres, redis: Redis, folder: Path) -> None:
    """Django for this process and all that it starts; before anything of the project is imported."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{postgres.port}/postgres",
        "BROKER_URL": f"redis://127.0.0.1:{redis.port}/0",
        "VAR_DIR": str(folder / "var"),
        "LOG_LEVEL": "WARNING",
    }
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DEBUG"):
        os.environ.pop(name, None)
    import django

    django.setup()


def played(shared, scenario, long: bool, environment: dict | None = None, patience: float = 180):
    """Play one scenario; what was found, or how it broke down."""
    from tests.faults.play import Play, Skipped
    from tests.faults.report import Row

    chance = random.Random(f"{shared.seed}/{scenario.__name__}")
    play = Play(shared, scenario.__name__, long, chance, environment or {}, patience)
    started, skipped, failed = time.monotonic(), "", ""
    try:
        scenario(play)
    except Skipped as reason:
        skipped = str(reason)
    except Exception:
        failed = traceback.format_exc()
    return Row(play, time.monotonic() - started, skipped, failed)
