from django.db import migrations

from policies.groups import RIGHTS, grant


def give_roles(apps, schema_editor):
    grant(apps, "policies", RIGHTS)


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0004_desk_triggers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
