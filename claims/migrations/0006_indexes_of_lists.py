import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes that lists ask for, and none twice: claim_institution serves whatever asks by institution."""

    dependencies = [("claims", "0005_partitions"), ("members", "0005_partitions")]

    operations = [
        migrations.AlterField(
            "claim",
            "institution",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="members.institution",
                verbose_name="institution",
            ),
        ),
        migrations.RemoveConstraint("claimkey", "claim_number_once"),
        migrations.AddConstraint(
            "claimkey",
            models.UniqueConstraint(fields=("claim_number", "institution"), name="claim_number_once"),
        ),
        migrations.AddIndex(
            "claim", models.Index(condition=models.Q(("parked", True)), fields=["id"], name="claim_parked")
        ),
        migrations.AddIndex(
            "claim", models.Index(condition=models.Q(("source", "paper")), fields=["id"], name="claim_paper")
        ),
    ]
