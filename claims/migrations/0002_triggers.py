from django.db import migrations

from claims.triggers import CLAIM_TRIGGERS, SETTLEMENT
from policies.triggers import InstallTriggers

# What SQLite cannot add to a table is left to the trigger there, which checks the same on both databases.
FOLLOWS = f"""
ALTER TABLE {SETTLEMENT} ADD CONSTRAINT settlement_previous_is_there
    FOREIGN KEY (claim_id, previous) REFERENCES {SETTLEMENT} (claim_id, revision)
"""
# Settlements lie in the order in which they were made, so block ranges of dates find those of a city "from a
# date on" without an index that every insert would have to keep.
DATES = f"""
CREATE INDEX settlement_dates ON {SETTLEMENT} USING brin (service_date, settled_at) WITH (autosummarize = on)
"""


def on_postgresql(*statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial"), ("policies", "0002_triggers")]

    operations = [
        migrations.RunPython(
            on_postgresql(FOLLOWS, DATES),
            on_postgresql(
                f"ALTER TABLE {SETTLEMENT} DROP CONSTRAINT settlement_previous_is_there",
                "DROP INDEX settlement_dates",
            ),
        ),
        InstallTriggers(CLAIM_TRIGGERS),
    ]
