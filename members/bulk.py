"""Set-wise writing of accounts: what PostgreSQL does in one statement, and its twin on SQLite."""

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter

from django.db import connection
from django.db.models import F

from members.lookups import Among, array_literal
from members.models import AccountEntry, PersonalAccount

_ENTRY = (
    "account_id",
    "cause",
    "amount",
    "on",
    "at",
    "month",
    "settlement_claim",
    "settlement_revision",
    "reason",
    "actor_id",
    "details",
)
_COPY = "COPY members_accountentry ({}) FROM STDIN".format(", ".join(f'"{name}"' for name in _ENTRY))
_ENSURE = """
    INSERT INTO members_personalaccount (member_id, balance)
    SELECT id, 0 FROM unnest(%s::bigint[]) AS wanted(id)
    WHERE NOT EXISTS (SELECT 1 FROM members_personalaccount a WHERE a.member_id = id)
    ORDER BY id ON CONFLICT DO NOTHING
"""
_ADD = """
    UPDATE members_personalaccount AS a SET balance = a.balance + d.amount
    FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, amount)
    WHERE a.member_id = d.id RETURNING a.member_id, a.balance
"""


def ensure_accounts(member_ids: Sequence[int]) -> None:
    """Opens the accounts that are missing, in key order; who opens the same at the same time waits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_ENSURE, [array_literal(member_ids)])
        return
    accounts = [PersonalAccount(member_id=id) for id in member_ids]
    PersonalAccount.objects.bulk_create(accounts, ignore_conflicts=True)


def add_to_balances(amounts: Mapping[int, int]) -> dict[int, int]:
    """Adds each account's amount (signed fen) to its balance; the balances afterwards, by account."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_ADD, [array_literal(amounts), array_literal(amounts.values())])
            return dict(cursor.fetchall())
        cursor.executemany(
            "UPDATE members_personalaccount SET balance = balance + %s WHERE member_id = %s",
            [(amount, id) for id, amount in amounts.items()],
        )
    accounts = PersonalAccount.objects.filter(Among(F("pk"), list(amounts)))
    return dict(accounts.values_list("pk", "balance"))


def insert_entries(entries: Sequence[AccountEntry]) -> None:
    """Stores unsaved entries in order, without reading their keys back."""
    if connection.vendor != "postgresql":
        AccountEntry.objects.bulk_create(entries, batch_size=2000)
        return
    row_of = attrgetter(*_ENTRY)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for entry in entries:
            *row, details = row_of(entry)
            copy.write_row((*row, json.dumps(details, ensure_ascii=False)))
