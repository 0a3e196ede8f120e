"""Rows of this process's database as COPY's bytes, and writing them by two connections side by side."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
from django.db import connection

from claims.models import Claim, ClaimKey
from tests.benchmarks.floor import address

CONNECTIONS = 2
_TABLES = (ClaimKey, Claim)


def encode(model, claim_numbers: Sequence[str]) -> bytes:
    """The rows of these claims, all columns in the table's order."""
    rows = f"SELECT {_columns(model)} FROM {model._meta.db_table} WHERE claim_number = ANY(%s)"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({rows}) TO STDOUT", [list(claim_numbers)]) as copy,
    ):
        return b"".join(bytes(block) for block in copy)


def copy_all(batches: Sequence[Sequence[bytes]]) -> float:
    """Seconds that it takes to write all batches, each with its keys and claims in one transaction."""
    links = [psycopg.connect(**address(), autocommit=True) for _ in range(CONNECTIONS)]
    try:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            start = time.perf_counter()
            list(pool.map(_write, links, [batches[lane::CONNECTIONS] for lane in range(CONNECTIONS)]))
            return time.perf_counter() - start
    finally:
        for link in links:
            link.close()


def _write(link: psycopg.Connection, batches: Sequence[Sequence[bytes]]) -> None:
    # Sending bytes that are ready leaves the interpreter free for the other thread.
    cursor = link.cursor()
    for batch in batches:
        with link.transaction():
            for model, rows in zip(_TABLES, batch, strict=True):
                with cursor.copy(f"COPY {model._meta.db_table} ({_columns(model)}) FROM STDIN") as copy:
                    copy.write(rows)


def _columns(model) -> str:
    return ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
