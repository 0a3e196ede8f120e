"""The floor: what PostgreSQL needs at least for these claims, whatever stands before it.

Two connections, transactions of 1 000 claims, the final schema with its indexes and triggers; the rows are
those of a real run, encoded beforehand, and nothing is read: COPY of the settlements, UNNEST of the
accumulators and of the claims.
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
from claims.store.rows import SettlementRow
from tests.benchmarks.machine import Busy, Load

CONNECTIONS, SET_SIZE = 2, 1000

_COLUMNS = ", ".join(f's."{name}"' for name in SettlementRow._fields)
_COPY = f"COPY claims_settlement ({_COLUMNS.replace('s.', '')}) FROM STDIN"
_SETTLEMENTS = f"""
    COPY (SELECT {_COLUMNS} FROM claims_settlement s JOIN claims_claim c ON c.id = s.claim_id
          WHERE c.id = ANY(%s) ORDER BY c.seq) TO STDOUT
"""
_ACCUMULATORS = """
    INSERT INTO claims_accumulator AS a (member_id, key, value)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])
    ON CONFLICT (member_id, key) DO UPDATE SET value = a.value + EXCLUDED.value
"""
_CLAIMS = """
    UPDATE claims_claim c
    SET status = u.status, city = u.city, member_id = u.member_id, place = u.place, revision = u.revision
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::integer[])
        AS u (id, status, city, member_id, place, revision)
    WHERE c.id = u.id
"""


@dataclass(frozen=True)
class Set:
    """One transaction's writes, as bytes and as array literals."""

    settlements: bytes
    accumulators: tuple[str, ...]
    claims: tuple[str, ...]


def encode_run() -> list[list[Set]]:
    """The writes of the run that this process's database holds, by connection: a member's stay with one."""
    rows = list(
        Claim.objects.filter(status=Claim.State.SETTLED)
        .order_by("seq")
        .values_list("id", "member_id", "city", "place", "revision")
    )
    lanes = [[row for row in rows if row[1] % CONNECTIONS == lane] for lane in range(CONNECTIONS)]
    return [[_set(lane[at : at + SET_SIZE]) for at in range(0, len(lane), SET_SIZE)] for lane in lanes]


def _set(rows: list[tuple]) -> Set:
    ids, members, cities, places, revisions = zip(*rows, strict=True)
    with connection.cursor() as cursor, cursor.copy(_SETTLEMENTS, [list(ids)]) as copy:
        settlements = b"".join(bytes(block) for block in copy)
    moved = Counter((member, SEQUENCE) for member in members)
    for member, deltas in Settlement.objects.filter(claim_id__in=ids).values_list("member_id", "deltas"):
        moved.update({(member, key): amount for key, amount in msgspec.json.decode(deltas).items()})
    of_accumulators = zip(*[(*key, amount) for key, amount in sorted(moved.items())], strict=True)
    states = ["settled"] * len(ids)
    return Set(
        settlements,
        tuple(_literal(column) for column in of_accumulators),
        tuple(_literal(column) for column in (ids, states, cities, members, places, revisions)),
    )


def _literal(values) -> str:
    return "{" + ",".join(f'"{value}"' for value in values) + "}"


def run(lanes: list[list[Set]]) -> tuple[float, Load]:
    """Write it all: the seconds from the first byte to the last commit, and the machine's load meanwhile."""
    context = multiprocessing.get_context("spawn")
    ready, go, done = (
        context.Barrier(len(lanes) + 1),
        context.Barrier(len(lanes) + 1),
        context.Barrier(len(lanes) + 1),
    )
    backends = context.SimpleQueue()
    address = _address()
    writers = [
        context.Process(target=_write, args=(address, lane, backends, ready, go, done)) for lane in lanes
    ]
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


def _address() -> dict:
    """How to reach this process's database."""
    wanted = ("dbname", "user", "password", "host", "port")
    return {k: v for k, v in connection.get_connection_params().items() if k in wanted}


def _write(address: dict, sets: list[Set], backends, ready, go, done) -> None:
    with psycopg.connect(**address, autocommit=True, cursor_factory=psycopg.RawCursor) as link:
        cursor = link.cursor()
        backends.put(link.info.backend_pid)
        ready.wait()
        go.wait()
        for one in sets:
            with link.transaction():
                with cursor.copy(_COPY) as copy:
                    copy.write(one.settlements)
                cursor.execute(_ACCUMULATORS, one.accumulators)
                cursor.execute(_CLAIMS, one.claims)
        done.wait()
        ready.wait()  # its figures are read before it is gone
