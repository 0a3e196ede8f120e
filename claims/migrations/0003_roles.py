from django.db import migrations

from claims.groups import RIGHTS
from policies.groups import grant

def give_roles(apps, schema_editor):
    grant(apps, "claims", RIGHTS)


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0002_triggers"),
        ("policies", "0005_roles"),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
