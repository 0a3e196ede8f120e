"""Tables in parts, on PostgreSQL: turning a table with all that hangs on it into a partitioned one.

Django sees one table as before: the parent takes the table's name, columns, keys, checks, indexes, triggers and
the foreign keys to and from it, read from the database's own catalogue, so that nothing has to be listed twice.
What PostgreSQL cannot keep across parts is named where a table is declared (`Parted`). SQLite has no partitions.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.migrations.operations.base import Operation

RANGE, HASH = "RANGE", "HASH"


@dataclass(frozen=True)
class Part:
    """One partition: its name, and its bounds as in `CREATE TABLE … PARTITION OF … <bounds>`."""

    name: str
    bounds: str


@dataclass(frozen=True)
class Parted:
    """A table that is kept in parts by `column`.

    `primary` is its primary key there, which must contain the column. `within` names the unique constraints
    that do not contain it, with their columns: each part keeps its own, and nothing does so across parts.
    """

    table: str
    method: str
    column: str
    primary: tuple[str, ...]
    within: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def create_sql(self, part: Part) -> list[str]:
        """The statements that make a part."""
        statements = [f'CREATE TABLE "{part.name}" PARTITION OF "{self.table}" {part.bounds}']
        for name, columns in self.within:
            unique = f"{name}_{part.name.removeprefix(self.table + '_')}"
            statements.append(
                f'ALTER TABLE "{part.name}" ADD CONSTRAINT "{unique}" UNIQUE ({", ".join(columns)})'
            )
        return statements


def parts_of(connection, table: str) -> set[str] | None:
    """The names of a table's parts; None where it is not kept in parts (on SQLite, or not yet migrated)."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [table])
        if cursor.fetchone() != ("p",):
            return None
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = to_regclass(%s)",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


class CutIntoParts(Operation):
    """Migration operation: a table becomes a partitioned one, its rows move, what hangs on it is made anew.

    `parts` are those to begin with; they must take every row. Runs in the migration's transaction, with the
    table locked: some minutes for each ten million rows. Not reversible on PostgreSQL.
    """

    reduces_to_sql = False
    reversible = True

    def __init__(self, parted: Parted):
        self.parted = parted

    def parts(self, cursor) -> Iterable[Part]:
        """The parts to begin with; `cursor` reads the table as it was, under its old name and `_whole`."""
        raise NotImplementedError

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or parts_of(connection, self.parted.table) is not None:
            return
        with connection.cursor() as cursor:
            self._cut(cursor)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """A partitioned table serves the code before it as well, so it stays."""

    def describe(self):
        return f"Cut {self.parted.table} into parts"

    def _cut(self, cursor) -> None:
        table, whole = self.parted.table, f"{self.parted.table}_whole"
        cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        inner, outer, triggers = _keys(cursor, table), _references(cursor, table), _triggers(cursor, table)
        indexes, next_id = _indexes(cursor, table), _next_identity(cursor, table)
        for origin, name, _definition in outer:
            cursor.execute(f'ALTER TABLE {origin} DROP CONSTRAINT "{name}"')
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{whole}"')
        cursor.execute(
            f'CREATE TABLE "{table}" (LIKE "{whole}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE '
            f'INCLUDING COMMENTS) PARTITION BY {self.parted.method} ("{self.parted.column}")'
        )
        parts = list(self.parts(cursor))
        for part in parts:
            cursor.execute(f'CREATE TABLE "{part.name}" PARTITION OF "{table}" {part.bounds}')
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{whole}"')
        cursor.execute(f'DROP TABLE "{whole}"')
        # From here on the old names of keys, indexes and sequence are free.
        self._key(cursor, inner, parts)
        for statement in (*indexes, *triggers):
            cursor.execute(statement)
        for origin, name, definition in outer:
            cursor.execute(f'ALTER TABLE {origin} ADD CONSTRAINT "{name}" {definition}')
        if next_id is not None:
            column, value = next_id
            cursor.execute(
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" ADD GENERATED BY DEFAULT AS IDENTITY (START {value})'
            )
            # TRUNCATE … RESTART IDENTITY, as a test database is emptied, begins at 1 as it always did.
            cursor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET START 1')
        cursor.execute(f'ANALYZE "{table}"')

    def _key(self, cursor, inner, parts) -> None:
        """Primary key, unique constraints and the table's own foreign keys, as far as parts allow."""
        table, within = self.parted.table, dict(self.parted.within)
        primary = ", ".join(f'"{column}"' for column in self.parted.primary)
        for name, kind, definition in inner:
            if kind == "p":
                definition = f"PRIMARY KEY ({primary})"
            if name not in within:
                cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
        for part in parts:
            for statement in self.parted.create_sql(part)[1:]:
                cursor.execute(statement)


# --- what the catalogue tells of a table --------------------------------------------------------------


def _keys(cursor, table: str) -> list[tuple[str, str, str]]:
    """Its primary key, unique constraints and foreign keys, in an order in which they can be made."""
    cursor.execute(
        "SELECT conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = to_regclass(%s) AND contype IN ('p', 'u', 'f') AND conparentid = 0 "
        "ORDER BY array_position(ARRAY['p', 'u', 'f']::\"char\"[], contype), conname",
        [table],
    )
    return cursor.fetchall()


def _references(cursor, table: str) -> list[tuple[str, str, str]]:
    """Other tables' foreign keys to it."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE confrelid = to_regclass(%s) AND conrelid <> confrelid AND contype = 'f' AND conparentid = 0 "
        "ORDER BY 1, 2",
        [table],
    )
    return cursor.fetchall()


def _indexes(cursor, table: str) -> list[str]:
    """Its indexes that are no constraint's."""
    cursor.execute(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index i WHERE indrelid = to_regclass(%s) AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u')) ORDER BY 1",
        [table],
    )
    return [definition for (definition,) in cursor.fetchall()]


def _triggers(cursor, table: str) -> list[str]:
    cursor.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger "
        "WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal ORDER BY tgname",
        [table],
    )
    return [definition for (definition,) in cursor.fetchall()]


def _next_identity(cursor, table: str) -> tuple[str, int] | None:
    """Its identity column and the next value; None where it has none."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attidentity <> ''", [table]
    )
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, row[0]])
    (sequence,) = cursor.fetchone()
    cursor.execute(f"SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {sequence}")
    return row[0], cursor.fetchone()[0]
