"""Who may do what on PostgreSQL: the statements that give the app and the auditor exactly what they need.

What is append-only is known from the triggers and from the history models, so a new table of either kind needs
no line here. The owner, who migrates, is whoever runs the statements.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from simple_history.models import HistoricalChanges

from claims.models import Accumulator
from claims.shards import SHARDS
from claims.store.postgres import sets_of
from claims.triggers import SentTrigger
from members.models import Institution, InstitutionKey, Member, PersonalAccount
from policies.triggers import DELETE, UPDATE, expected

APP, AUDITOR = "outpatient_app", "outpatient_auditor"
# Written by migrations only.
_READ_ONLY = {
    MigrationRecorder.Migration._meta.db_table,
    ContentType._meta.db_table,
    Permission._meta.db_table,
}
# Balances and the parties that they belong to stay, whatever happens.
_KEPT = {model._meta.db_table for model in (Accumulator, Institution, Member, PersonalAccount)}
# With a session's row one can act as its user, so the auditor does not see them.
_UNSEEN = {Session._meta.db_table}


def statements(app: str = APP, auditor: str = AUDITOR) -> Iterator[str]:
    """The SQL that makes the two roles, where they are missing, and sets their rights anew."""
    name = connection.ops.quote_name
    for role in (app, auditor):
        yield _create(role)
        yield f"GRANT USAGE ON SCHEMA public TO {name(role)}"
        for kind in ("TABLES", "SEQUENCES"):
            yield f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM {name(role)}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name(app)}"
    counters = ", ".join(sets_of(shard) for shard in range(SHARDS))
    yield f"GRANT UPDATE ON SEQUENCE {counters} TO {name(app)}"
    for table, model in sorted(_tables().items()):
        yield f"GRANT {', '.join(_app_rights(table, model))} ON {name(table)} TO {name(app)}"
        if table not in _UNSEEN:
            yield f"GRANT SELECT{_shown(model)} ON {name(table)} TO {name(auditor)}"


def _create(role: str) -> str:
    """A role that cannot log in: the database's administrator gives it a password, or grants it to a login."""
    found = f"SELECT FROM pg_roles WHERE rolname = '{role}'"
    create = f"CREATE ROLE {connection.ops.quote_name(role)} NOLOGIN"
    return (
        f"DO $$ BEGIN IF NOT EXISTS ({found}) THEN {create}; END IF; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


def _tables() -> dict[str, type[Model]]:
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return models | {MigrationRecorder.Migration._meta.db_table: MigrationRecorder.Migration}


def _app_rights(table: str, model: type[Model]) -> list[str]:
    """Never TRUNCATE; no UPDATE or DELETE where the database keeps what was written."""
    if table in _READ_ONLY:
        return ["SELECT"]
    rights = ["SELECT", "INSERT"]
    if issubclass(model, (HistoricalChanges, LogEntry)):
        return rights
    triggers = [t for t in expected() if t.table == table and not t.condition]
    sent = [column for t in triggers if isinstance(t, SentTrigger) for column in t.columns]
    if sent:
        rights.append(f"UPDATE ({_columns(model, without=sent)})")
    elif not any(t.event == UPDATE for t in triggers):
        rights.append("UPDATE")
    if table not in _KEPT and not any(t.event == DELETE for t in triggers):
        rights.append("DELETE")
    return rights


def _shown(model: type[Model]) -> str:
    """The columns that an auditor may read, as a list where some are secret: hashes of passwords and keys."""
    secret = {settings.AUTH_USER_MODEL: "password", InstitutionKey._meta.label: "digest"}.get(
        model._meta.label
    )
    return f" ({_columns(model, without=[secret])})" if secret else ""


def _columns(model: type[Model], *, without: list[str]) -> str:
    columns = [field.column for field in model._meta.concrete_fields if field.column not in without]
    return ", ".join(connection.ops.quote_name(column) for column in columns)
