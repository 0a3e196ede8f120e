import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from members.groups import LOGIN_RIGHTS
from members.triggers import MEMBERS_TRIGGERS
from policies.groups import grant
from policies.triggers import InstallTriggers


def give_rights(apps, schema_editor):
    grant(apps, "members", LOGIN_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_partitions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InstitutionLogin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="logins",
                        to="members.institution",
                        verbose_name="institution",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="institution_login",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "institution's login",
                "verbose_name_plural": "institutions' logins",
                "ordering": ["institution", "user"],
            },
        ),
        InstallTriggers([t for t in MEMBERS_TRIGGERS if t.table == "members_institutionlogin"]),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
