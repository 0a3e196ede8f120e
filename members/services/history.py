"""Saving with history: who and why on every row that people edit."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F
from django.utils.translation import gettext as _

from members.lookups import Among
from policies.models import User

CHUNK = 1000
# What a history row says beside the row's own fields, in the order in which `_record` gives it.
_KEPT = ("history_date", "history_type", "history_user", "history_change_reason")


def save(instance: models.Model, *, actor: User | None, reason: str) -> None:
    """Checks an instance with all its fields and constraints, saves it, and records who and why.

    Raises ValidationError with every fault by field, or `reason` where no reason is given.
    """
    if not reason.strip():
        raise ValidationError(_("Say why: a change needs a reason."), code="reason")
    instance.full_clean()
    instance._history_user = actor
    instance._change_reason = reason
    instance.save()


def create_many(instances: Sequence[models.Model], *, actor: User | None, reason: str, at: datetime) -> None:
    """Stores many checked instances with their history rows."""
    if instances:
        type(instances[0]).objects.bulk_create(instances, batch_size=CHUNK)
        _record(instances, "+", actor, reason, at)


def update_many(
    instances: Sequence[models.Model],
    fields: Sequence[str],
    *,
    actor: User | None,
    reason: str,
    at: datetime,
) -> None:
    """Updates these fields of many checked instances, with their history rows."""
    if instances:
        type(instances[0]).objects.bulk_update(instances, fields, batch_size=CHUNK)
        _record(instances, "~", actor, reason, at)


def _record(
    instances: Sequence[models.Model], kind: str, actor: User | None, reason: str, at: datetime
) -> None:
    """The history rows of instances just written, copied inside the database from the rows themselves."""
    model = type(instances[0])
    record = model.history.model
    columns = ", ".join(connection.ops.quote_name(field.column) for field in record.tracked_fields)
    kept = [record._meta.get_field(name) for name in _KEPT]
    values = [at, kind, actor and actor.pk, reason]
    written = model.objects.filter(Among(F("pk"), [instance.pk for instance in instances]))
    source, parameters = written.order_by().values("pk").query.sql_with_params()
    table, history = (connection.ops.quote_name(m._meta.db_table) for m in (model, record))
    key = connection.ops.quote_name(model._meta.pk.column)
    sql = (
        f"INSERT INTO {history} ({columns}, {', '.join(field.column for field in kept)}) "
        f"SELECT {columns}, %s, %s, %s, %s FROM {table} WHERE {key} IN ({source}) ORDER BY {key}"
    )
    prepared = [field.get_db_prep_save(value, connection) for field, value in zip(kept, values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*prepared, *parameters])
