"""Queries by many keys, whose cost does not grow with Django's handling of each single one."""

import json
from collections.abc import Callable, Iterable

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

    Whole numbers alone, and texts in which nothing is to be escaped, are most of what comes, and joined at once.
    """
    values = list(values)
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        text = '","'.join(values)
        if "\\" not in text and text.count('"') == 2 * (len(values) - 1):
            return '{"' + text + '"}'
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)


_PLACE = [-(2**60)]  # stands for the keys in a prepared statement


class Prepared:
    """A query by keys, compiled and planned once: that takes longer than to run it.

    `build(keys)` gives plain rows (`values_list`) and uses the keys in one `Among`.
    """

    def __init__(self, build: Callable[[list], QuerySet]):
        self._build = build
        self._statement = None

    def __call__(self, keys: list) -> list[tuple]:
        """The rows for these keys."""
        if connection.vendor != "postgresql":
            return list(self._build(keys))  # whose rows need Django's converters
        if self._statement is None:
            self._statement = self._build(_PLACE).query.sql_with_params()
        sql, params = self._statement
        place, given = array_literal(_PLACE), array_literal(keys)
        with connection.planned_cursor() as cursor:
            cursor.execute(sql, [given if param == place else param for param in params])
            return cursor.fetchall()
