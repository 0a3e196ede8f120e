"""What the database itself refuses, on PostgreSQL and on SQLite: changes to published versions and to facts.

An app lists its triggers (`frozen_version`, `frozen_rows`, `append_only`), installs them in a migration with
`InstallTriggers`, and registers the list when it starts (`register`, in AppConfig.ready).

On SQLite Django changes a table by rebuilding it, which drops its triggers and fails while another table's
trigger reads it. So there `migrate` runs without triggers: they are removed before it where it has something
to do, and put back after it, by Django's own hooks around `migrate`. No migration has to think of them.

A trigger whose definition changes needs `InstallTriggers` in a migration of its own, as a table would.
Every refusal is an IntegrityError whose text begins with `REFUSED`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction
from django.db.migrations.operations.base import Operation

REFUSED = "immutable:"
INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
_VERSIONS = "policies_policyversion"


@dataclass(frozen=True)
class Trigger:
    """Refuses `event` on `table` where `condition` (SQL on OLD and NEW; "" always) holds.

    `tables`: others that the condition reads, which must exist before the trigger can.
    `lock`: SQL that PostgreSQL runs first, so that the condition is judged when nobody else is changing it
    (SQLite has one writer at a time). `label` tells several triggers of one table and event apart.
    """

    table: str
    event: str
    message: str
    condition: str = ""
    tables: tuple[str, ...] = ()
    lock: str = ""
    label: str = "refused"

    @property
    def name(self) -> str:
        return f"{self.table}_{self.event.lower()}_{self.label}"

    @property
    def text(self) -> str:
        return f"{REFUSED} {self.message}"

    def create_sql(self, vendor: str) -> list[str]:
        return _postgresql(self) if vendor == "postgresql" else _sqlite(self)

    def drop_sql(self, vendor: str) -> list[str]:
        if vendor == "postgresql":
            return [f'DROP TRIGGER IF EXISTS "{self.name}" ON "{self.table}"']
        return [f'DROP TRIGGER IF EXISTS "{self.name}"']


def _postgresql(trigger: Trigger) -> list[str]:
    # A trigger's WHEN may not query other tables, so the condition stands in a function of its own.
    function = f"{trigger.name}_fn"
    check = f"IF ({trigger.condition or 'TRUE'}) THEN"
    proceed = "OLD" if trigger.event == DELETE else "NEW"
    lock = f"{trigger.lock}; " if trigger.lock else ""
    body = (
        f"BEGIN {lock}{check} RAISE EXCEPTION '{trigger.text}' USING ERRCODE = 'integrity_constraint_violation'; "
        f"END IF; RETURN {proceed}; END"
    )
    return [
        f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS $${body}$$',
        *trigger.drop_sql("postgresql"),
        f'CREATE TRIGGER "{trigger.name}" BEFORE {trigger.event} ON "{trigger.table}" '
        f'FOR EACH ROW EXECUTE FUNCTION "{function}"()',
    ]


def _sqlite(trigger: Trigger) -> list[str]:
    when = f"WHEN ({trigger.condition}) " if trigger.condition else ""
    return [
        *trigger.drop_sql("sqlite"),
        f'CREATE TRIGGER "{trigger.name}" BEFORE {trigger.event} ON "{trigger.table}" FOR EACH ROW {when}'
        f"BEGIN SELECT RAISE(ABORT, '{trigger.text}'); END",
    ]


def append_only(table: str) -> list[Trigger]:
    """Rows of `table` are written once: neither changed nor deleted."""
    return [Trigger(table, event, f"{table} is append-only") for event in (UPDATE, DELETE)]


def frozen_version(table: str = _VERSIONS) -> list[Trigger]:
    """A published version never changes again, and one becomes published only from a draft."""
    message = "a published policy version never changes"
    return [
        Trigger(table, INSERT, "a policy version is published from a draft", "NEW.published_at IS NOT NULL"),
        Trigger(table, UPDATE, message, "OLD.published_at IS NOT NULL"),
        Trigger(table, DELETE, message, "OLD.published_at IS NOT NULL"),
    ]


def frozen_rows(table: str, **parents: str) -> list[Trigger]:
    """Rows of a published version are neither added, changed, moved in or out, nor deleted.

    `parents`: foreign-key column → table of another row of the version, which counts as well.
    """

    def versions(record: str) -> str:
        found = [f"{record}.version_id"]
        found += [f'(SELECT version_id FROM "{p}" WHERE id = {record}.{c})' for c, p in parents.items()]
        return ", ".join(found)

    def trigger(event: str, *records: str) -> Trigger:
        ids = ", ".join(versions(record) for record in records)
        return Trigger(
            table,
            event,
            "rows of a published policy version never change",
            f'EXISTS (SELECT 1 FROM "{_VERSIONS}" v WHERE v.published_at IS NOT NULL AND v.id IN ({ids}))',
            (_VERSIONS, *parents.values()),
            # Whoever publishes holds the version's lock: a row that comes meanwhile waits, and is refused.
            f'PERFORM 1 FROM "{_VERSIONS}" v WHERE v.id IN ({ids}) FOR SHARE',
        )

    return [trigger(INSERT, "NEW"), trigger(UPDATE, "OLD", "NEW"), trigger(DELETE, "OLD")]


_RULE = {"rule_id": "policies_benefitrule"}
POLICY_TRIGGERS: list[Trigger] = [
    *frozen_version(),
    *append_only("policies_versiontransition"),
    *frozen_rows("policies_tier"),
    *frozen_rows("policies_tiercondition", tier_id="policies_tier"),
    *frozen_rows("policies_benefitrule"),
    *frozen_rows("policies_institutioncondition", **_RULE),
    *frozen_rows("policies_benefitterm", **_RULE, tier_id="policies_tier"),
    *frozen_rows("policies_coordination", **_RULE),
    *frozen_rows("policies_specialdiseaserule", **_RULE),
    *frozen_rows("policies_paymentlimit"),
    *frozen_rows("policies_admissionfactor"),
    *frozen_rows("policies_criticalillnessrule"),
    *frozen_rows("policies_criticalillnessband", rule_id="policies_criticalillnessrule"),
    *frozen_rows("policies_entitlementrule"),
    *frozen_rows("policies_waitingperiod"),
    *frozen_rows("policies_outofareaterm"),
    *frozen_rows("policies_accountcredit"),
    *frozen_rows("policies_accountuserule"),
    *frozen_rows("policies_contributionrate"),
    *frozen_rows("policies_daysurgerystandard"),
    *frozen_rows("policies_provision"),
]

_registered: list[Trigger] = []


def register(triggers: Iterable[Trigger]) -> None:
    """Called by each app when it starts: from then on its triggers are expected on the database.

    Raises ValueError for a second trigger of one table, event and label: one would silently replace the other.
    """
    names = {trigger.name: trigger for trigger in _registered}
    for trigger in triggers:
        if names.setdefault(trigger.name, trigger) != trigger:
            raise ValueError(f"two triggers are called {trigger.name}")
    _registered[:] = names.values()


def expected() -> list[Trigger]:
    """All triggers that the database must have."""
    return list(_registered)


def installed(connection) -> set[str]:
    """The names of the triggers that the database has."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def missing(connection) -> list[str]:
    """The names of expected triggers that the database lacks."""
    present = installed(connection)
    return [trigger.name for trigger in expected() if trigger.name not in present]


def install(connection, triggers: Iterable[Trigger] | None = None) -> None:
    """Creates the triggers (default: all expected) whose tables exist, replacing those that are there."""
    tables = set(connection.introspection.table_names())
    chosen = expected() if triggers is None else triggers
    ready = [t for t in chosen if t.table in tables and tables.issuperset(t.tables)]
    _execute(connection, (sql for t in ready for sql in t.create_sql(connection.vendor)))


def remove(connection, triggers: Iterable[Trigger]) -> None:
    tables = set(connection.introspection.table_names())
    _execute(
        connection, (sql for t in triggers if t.table in tables for sql in t.drop_sql(connection.vendor))
    )


def _execute(connection, statements: Iterable[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def suspended(connection) -> Iterator[None]:
    """Without triggers, then with them again. For emptying a test database only: on SQLite that is a DELETE.

    PostgreSQL empties tables by TRUNCATE, which row triggers do not see; production logins lack that right.
    """
    if connection.vendor == "postgresql":
        yield
        return
    remove(connection, expected())
    try:
        yield
    finally:
        install(connection)


def before_migrate(using: str, plan, **_kwargs) -> None:
    """Django's hook before `migrate`: SQLite could not rebuild a table that a trigger reads."""
    if plan and connections[using].vendor == "sqlite":
        remove(connections[using], expected())


def after_migrate(using: str, **_kwargs) -> None:
    """Django's hook after `migrate` (and `flush`): whatever is missing is put back."""
    connection = connections[using]
    lacking = set(missing(connection))
    install(connection, [trigger for trigger in expected() if trigger.name in lacking])


class InstallTriggers(Operation):
    """Migration operation: installs the triggers whose tables exist at that point; backwards removes them.

    On SQLite it leaves that to `after_migrate`, or no later migration could rebuild their tables.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, triggers: Iterable[Trigger]):
        self.triggers = list(triggers)

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            return
        tables = {model._meta.db_table for model in to_state.apps.get_models(include_auto_created=True)}
        for trigger in self.triggers:
            if tables.issuperset((trigger.table, *trigger.tables)):
                for sql in trigger.create_sql(schema_editor.connection.vendor):
                    schema_editor.execute(sql, params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for trigger in self.triggers:
            for sql in trigger.drop_sql(schema_editor.connection.vendor):
                schema_editor.execute(sql, params=None)

    def describe(self):
        return "Install triggers"
