import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from members.triggers import MEMBERS_TRIGGERS
from policies.triggers import InstallTriggers


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RegisterImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "register",
                    models.CharField(
                        choices=[
                            ("members", "members"),
                            ("institutions", "institutions"),
                            ("contributions", "contributions"),
                        ],
                        max_length=15,
                        verbose_name="register",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="file")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("rows", models.PositiveIntegerField(verbose_name="rows")),
                (
                    "source",
                    models.CharField(
                        choices=[("page", "on a page"), ("command", "by a command")],
                        max_length=10,
                        verbose_name="from where",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="policies.city",
                        verbose_name="city",
                    ),
                ),
            ],
            options={
                "verbose_name": "register import",
                "verbose_name_plural": "register imports",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["at"], name="import_at")],
            },
        ),
        InstallTriggers([t for t in MEMBERS_TRIGGERS if t.table == "members_registerimport"]),
    ]
