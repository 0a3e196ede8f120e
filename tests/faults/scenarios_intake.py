"""Faults of what is sent, of clocks, of disks, of what people change meanwhile."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.models import Claim, Settlement
from claims.store.rows import SettlementRow
from policies import files
from policies.library import DATA
from policies.services import load_version, publish_version
from tests.faults.play import Play, Skipped
from tests.faults.servers import wait_until
from tests.faults.system import System
from tests.faults.traffic import SEND, Step

_SHARED_CITY, _SHARED_FILE = "370600", "370600-2023-01-01.yaml"


def cut_off_and_at_once(play: Play) -> None:
    """Bodies that end in the middle; one number twenty times at once, half of them with another body."""
    with play.world.system(play.name) as system:
        system.start(**play.environment)
        client, traffic = play.client(system), play.traffic()
        members = list(play.people.population.members.values())
        for _ in range(play.size(15, 200)):
            step = traffic.plain(play.chance.choice(members))
            _cut_off(system, play, step)
            if play.chance.random() < 0.5:
                client.take([step])
        for _ in range(play.size(10, 120)):
            step = traffic.plain(play.chance.choice(members))
            other = Step(
                SEND, step.institution, step.number, step.body | {"disease_code": "J06"}, step.expect
            )
            client.play(([step if n % 2 else other] for n in range(20)), threads=20)
            play.did("one number twenty times at once")
        play.finish(system, client)


def _cut_off(system: System, play: Play, step: Step) -> None:
    """Sends the head and some of the body, then hangs up."""
    body = json.dumps(step.body).encode()
    parts = urlsplit(system.urls[0])
    head = (
        f"POST /api/v1/claims/ HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {play.people.keys[step.institution]}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as wire:
        wire.sendall(head.encode() + body[: play.chance.randrange(len(body))])
    play.did("bodies cut off")


def years_end(play: Play) -> None:
    """Visits around New Year, with web servers and workers whose clocks are a day apart."""
    turn = datetime(2023, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    offset = (turn - timezone.now()).total_seconds()
    with play.world.system(play.name) as system:
        for number, wrong in enumerate((-86_400, 0, 86_400)):
            clock = {"FAULTS_CLOCK": str(offset + wrong)} | play.environment
            system.worker(f"worker{number}", processes=1, **clock)
            system.web(f"web{number}", **clock)
        system.beat()
        client = play.client(system)
        traffic = play.traffic(first_day=date(2023, 12, 28), days=7)
        members = list(play.people.population.members.values())
        for _ in range(play.size(200, 3_000)):
            step = traffic.plain(play.chance.choice(members))
            # What one server's clock calls the future is rejected by its day of receipt.
            expect = (*step.expect, "rejected:future_service_date")
            client.take([Step(SEND, step.institution, step.number, step.body, expect)])
        play.did("clocks a day off", 2)
        play.finish(system, client, clock_error=timedelta(days=2) + _since_start(offset))
        _days_of_receipt(play)


def _since_start(offset: float) -> timedelta:
    """The versions were published by the right clock."""
    return timedelta(seconds=abs(offset))


def _days_of_receipt(play: Play) -> None:
    """A service date after the day of receipt is rejected, any other is not, whatever the worker's clock says."""
    for claim in Claim.objects.filter(service_date__isnull=False):
        ahead = claim.service_date > claim.received_on
        rejected = claim.code == "future_service_date"
        play.want(
            ahead == rejected, f"{claim.claim_number}: {claim.service_date}, {claim.received_on} {claim.code}"
        )
    years = Settlement.objects.values_list("service_date__year", flat=True).distinct()
    play.want(set(years) >= {2023, 2024}, "the turn of the year was not met")


def version_published(play: Play) -> None:
    """A revision of a city's version is published while its claims are settled."""
    with play.world.system(play.name) as system:
        system.start(workers=2, processes=1, **play.environment)
        client = play.client(system)
        hot = play.chance.sample(play.people.of_city(_SHARED_CITY), 10)
        with client.playing(play.traffic(hot=hot, hot_share=0.7).visit):
            text = (DATA / _SHARED_FILE).read_text()
            for number in range(play.size(2, 10)):
                time.sleep(play.chance.uniform(1, 2))
                rate = play.chance.choice((0.61, 0.62, 0.63, 0.64))
                changed = text.replace("rate: 0.70", f"rate: {rate:.2f}").replace(
                    "note:", f"note: {number}", 1
                )
                content = files.read_version(changed.encode(), _SHARED_FILE)
                common = {"actor": None, "reason": "faults", "at": timezone.now()}
                version, _ = load_version(content=content, **common)
                publish_version(version=version, effective_from=content.effective_from, **common)
                play.did("versions published")
            time.sleep(1)
        play.finish(system, client)
        used = Settlement.objects.filter(city=_SHARED_CITY, service_date__gte=date(2023, 6, 1))
        play.want(used.values("version_id").distinct().count() > 1, "no claim met the new version")


def tampered_with(play: Play) -> None:
    """Somebody with the application's login changes, deletes, repeats what was written: the database refuses."""
    with play.world.system(play.name) as system:
        system.start(**play.environment)
        client, traffic = play.client(system), play.traffic()
        client.play(traffic.visit() for _ in range(play.size(80, 500)))
        system.drained(play.patience)
        row = Settlement.objects.filter(revision=1, pooled_fund__gt=100).order_by("?").first()
        accepted = [what for what, sql in _TAMPERING.items() if _accepts(sql, row)]
        play.did("rows tampered with", len(_TAMPERING))
        play.finish(system, client)
        for what in accepted:
            play.want(False, f"the database let somebody {what}")


# In ways that no CHECK refuses: the sums still hold.
_TAMPERING = {
    "change a settlement": (
        "UPDATE claims_settlement SET pooled_fund = pooled_fund - 100, personal = personal + 100, cash = cash + 100 "
        "WHERE id = %(row)s"
    ),
    "change what was sent": "UPDATE claims_claim SET total = total + 1 WHERE id = %(claim)s",
    "write a settlement twice": (
        "INSERT INTO claims_settlement ({columns}) SELECT {columns} FROM claims_settlement WHERE id = %(row)s"
    ),
    "delete an account's entry": (
        "DELETE FROM members_accountentry WHERE id = (SELECT max(id) FROM members_accountentry)"
    ),
}


def _accepts(sql: str, row: Settlement) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            columns = ", ".join(f'"{name}"' for name in SettlementRow._fields)
            cursor.execute(sql.format(columns=columns), {"row": row.pk, "claim": row.claim_id})
        return True
    except IntegrityError:
        return False


def disk_full(play: Play) -> None:
    """The disk that holds the settlements is full for a while."""
    with _small_disk(play) as folder, play.world.system(play.name) as system:
        _run_sql(f"CREATE TABLESPACE small LOCATION '{folder}'")
        try:
            _move_settlements("small")
            system.start(**play.environment)
            client, traffic = play.client(system), play.traffic(hot=[])
            fill = Path(folder) / "full"
            client.play(traffic.visit() for _ in range(60))
            _fill(fill)
            client.play(traffic.visit() for _ in range(play.size(250, 2_000)))
            wait_until(lambda: _disk_full_logged(system), seconds=60, what="the disk did not fill")
            play.did("disk full")
            fill.unlink()
            _move_settlements("pg_default")
            play.finish(system, client)
        finally:
            system.stop()
            connection.close()
            _move_settlements("pg_default")
            _run_sql("DROP TABLESPACE small")


def _move_settlements(tablespace: str) -> None:
    """The table, or the parts in which it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text FROM pg_partition_tree('claims_settlement') WHERE isleaf"
        )
        parts = [part for (part,) in cursor.fetchall()] or ["claims_settlement"]
        for part in parts:
            cursor.execute(f"ALTER TABLE {part} SET TABLESPACE {tablespace}")


def _run_sql(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _disk_full_logged(system: System) -> bool:
    return any("DiskFull" in log.read_text(errors="replace") for log in system.folder.glob("worker*.log"))


def _fill(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(16 * 1024))
    except OSError:
        pass  # full


class _small_disk:
    """A file system of a few megabytes in memory. Raises Skipped where none can be mounted."""

    def __init__(self, play: Play):
        self._play = play

    def __enter__(self) -> str:
        self._folder = tempfile.mkdtemp(prefix="faults-disk-")
        os.chmod(self._folder, 0o755)
        command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self._folder]
        mounted = shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0
        if not mounted:
            os.rmdir(self._folder)
            raise Skipped("no small file system can be mounted here")
        inside = Path(self._folder) / "data"
        inside.mkdir()
        if os.geteuid() == 0:
            shutil.chown(inside, "postgres", "postgres")
        return str(inside)

    def __exit__(self, *_exc):
        subprocess.run(["umount", self._folder], check=False)
        os.rmdir(self._folder)
