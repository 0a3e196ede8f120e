"""Queries by many keys, whose cost does not grow with Django's handling of each single one."""

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Lookup, QuerySet


class Among(Lookup):
    """`Among(F("member"), keys)`: as `member__in=keys`, with all keys in one parameter.

    An IN of a thousand parameters spends more time in Python than in the database. An array on PostgreSQL,
    a JSON list on SQLite; keys are integers or text.
    """

    lookup_name = "among"
    prepare_rhs = False

    def get_prep_lookup(self):
        return list(self.rhs)

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(self.rhs)]

    def as_postgresql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        # Untyped, so that it takes the column's type.
        return f"{lhs} = ANY(%s)", [*params, array_literal(self.rhs)]


def array_literal(values: Iterable) -> str:
    """Values as a PostgreSQL array literal; the driver's own way takes ten times as long.

    Whole numbers alone, keys of claims, and texts in which nothing is to be escaped, are most of what comes, and
    joined at once.
    """
    values = list(values)
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {UUID}:
        return "{" + ",".join([value.hex for value in values]) + "}"
    if kinds == {str}:
        text = '","'.join(values)
        if "\\" not in text and text.count('"') == 2 * (len(values) - 1):
            return '{"' + text + '"}'
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)


class Prepared:
    """A query, compiled once: for a set of claims Django needs longer to compile it than to run it.

    `build` gives plain rows (`values_list`) for what it is given: lists of keys, each used in one `Among`, and
    days. It must use them as they are, and nothing else that differs from call to call.
    `planned`: by the server, too, once for each connection, which then refuses it where a migration changes the
    type of one of its columns; so it casts those whose lengths may change.
    """

    def __init__(self, build: Callable[..., QuerySet], planned: bool = False):
        self._build = build
        self._planned = planned
        self._statement = None

    def __call__(self, *given: list | date) -> list[tuple]:
        """The rows for these keys and days."""
        if connection.vendor != "postgresql":
            return list(self._build(*given))  # whose rows need Django's converters
        marks = [_mark(value, number) for number, value in enumerate(given, 1)]
        if self._statement is None:
            self._statement = self._build(*marks).query.sql_with_params()
        sql, params = self._statement
        meant = {_parameter(mark): _parameter(value) for mark, value in zip(marks, given, strict=True)}
        with connection.planned_cursor() if self._planned else connection.cursor() as cursor:
            cursor.execute(sql, [meant.get(param, param) for param in params])
            return cursor.fetchall()


def _mark(value: list | date, number: int) -> list | date:
    """What stands for a value in the statement: of its kind, and like nothing that a query holds."""
    return [-(2**60) - number] if isinstance(value, list) else date.min + timedelta(number)


def _parameter(value: list | date) -> str | date:
    return array_literal(value) if isinstance(value, list) else value
