from django.db import migrations, models

from claims.groups import SHARD_RIGHTS
from claims.shards import SHARDS
from claims.store.postgres import sets_of
from policies.groups import grant


def on_postgresql(statement):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for shard in range(SHARDS):
                schema_editor.execute(statement.format(sets_of(shard)))

    return run


def give_rights(apps, schema_editor):
    grant(apps, "claims", SHARD_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("claims", "0006_indexes_of_lists")]

    operations = [
        migrations.CreateModel(
            name="ShardWork",
            fields=[
                ("shard", models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name="shard")),
                ("ended", models.BigIntegerField(verbose_name="last set that ended")),
            ],
            options={
                "verbose_name": "work on a shard",
                "verbose_name_plural": "work on shards",
            },
        ),
        migrations.RunPython(
            on_postgresql("CREATE SEQUENCE IF NOT EXISTS {}"), on_postgresql("DROP SEQUENCE {}")
        ),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
