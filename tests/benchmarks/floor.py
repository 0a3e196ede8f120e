"""The floor: what PostgreSQL needs at least for these claims, whatever stands before it.

Two connections, transactions of 1 000 claims, the final schema with its indexes and triggers, and the store's
own statements; the rows are those of a real run, encoded beforehand, and nothing is read: COPY of the
settlements, UNNEST of the accumulators and of the claims.
"""

import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass

import msgspec
import psycopg
from django.db import connection

from claims.models import Claim, Settlement
from claims.sets import SEQUENCE
from claims.store import postgres
from claims.store.rows import ClaimUpdate, SettlementRow
from tests.benchmarks.machine import Busy, Load

CONNECTIONS, SET_SIZE = 2, 1000

_COLUMNS = ", ".join(f's."{name}"' for name in SettlementRow._fields)
_SETTLEMENTS = f"""
    COPY (SELECT {_COLUMNS} FROM claims_settlement s JOIN claims_claim c ON c.id = s.claim_id
          WHERE c.id = ANY(%s) ORDER BY c.seq) TO STDOUT
"""
_WRITTEN = (
    "id",
    "status",
    "code",
    "detail",
    "city",
    "member_id",
    "place",
    "revision",
    "merged_into",
    "pended_at",
)


@dataclass(frozen=True)
class Set:
    """One transaction's writes, as bytes and as array literals."""

    settlements: bytes
    accumulators: list[str]
    claims: list[str]


def encode_run() -> list[list[Set]]:
    """The writes of the run that this process's database holds, by connection: a member's stay with one."""
    rows = list(Claim.objects.filter(status=Claim.State.SETTLED).order_by("seq").values(*_WRITTEN))
    lanes = [[row for row in rows if row["member_id"] % CONNECTIONS == lane] for lane in range(CONNECTIONS)]
    return [[_set(lane[at : at + SET_SIZE]) for at in range(0, len(lane), SET_SIZE)] for lane in lanes]


def _set(rows: list[dict]) -> Set:
    ids = [row["id"] for row in rows]
    with connection.cursor() as cursor, cursor.copy(_SETTLEMENTS, [ids]) as copy:
        settlements = b"".join(bytes(block) for block in copy)
    moved = Counter((row["member_id"], SEQUENCE) for row in rows)
    for member, deltas in Settlement.objects.filter(claim__in=ids).values_list("member_id", "deltas"):
        moved.update({(member, key): amount for key, amount in msgspec.json.decode(deltas).items()})
    accumulators = [(*key, amount) for key, amount in sorted(moved.items())]
    updates = [ClaimUpdate(was=Claim.State.QUEUED, **row) for row in rows]
    return Set(settlements, postgres.columns(accumulators), postgres.columns(updates))


def run(lanes: list[list[Set]]) -> tuple[float, Load]:
    """Write it all: the seconds from the first byte to the last commit, and the machine's load meanwhile."""
    context = multiprocessing.get_context("spawn")
    ready, go, done = (
        context.Barrier(len(lanes) + 1),
        context.Barrier(len(lanes) + 1),
        context.Barrier(len(lanes) + 1),
    )
    backends = context.SimpleQueue()
    link = address()
    writers = [context.Process(target=_write, args=(link, lane, backends, ready, go, done)) for lane in lanes]
    for writer in writers:
        writer.start()
    ready.wait()
    ours = {writer.pid for writer in writers} | {backends.get() for _ in writers}
    before = Busy.now(ours)
    go.wait()
    start = time.perf_counter()
    done.wait()
    seconds = time.perf_counter() - start
    load = Busy.now(ours).since(before, seconds)
    ready.wait()
    for writer in writers:
        writer.join()
    return seconds, load


def address() -> dict:
    """How to reach this process's database."""
    wanted = ("dbname", "user", "password", "host", "port")
    return {k: v for k, v in connection.get_connection_params().items() if k in wanted}


def _write(where: dict, sets: list[Set], backends, ready, go, done) -> None:
    # Planned as the store plans them: each time, and never compiled.
    with psycopg.connect(**where, autocommit=True, prepare_threshold=None) as link:
        link.execute("SET jit = off")
        cursor = link.cursor()
        backends.put(link.info.backend_pid)
        ready.wait()
        go.wait()
        for one in sets:
            with link.transaction():
                with cursor.copy(postgres.COPY) as copy:
                    copy.write(one.settlements)
                cursor.execute(postgres.RAISE, one.accumulators)
                cursor.execute(postgres.UPDATE, one.claims)
        done.wait()
        ready.wait()  # its figures are read before it is gone
