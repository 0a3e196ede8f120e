from django.db import migrations

from members.groups import RIGHTS
from policies.groups import grant


def give_roles(apps, schema_editor):
    grant(apps, "members", RIGHTS)


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0003_register_imports"),
        ("policies", "0005_roles"),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
