from django.db import migrations

from claims.partitions import CLAIMS, SETTLEMENTS, CutByReceipt


class Migration(migrations.Migration):
    """Claims and settlements by time of receipt, on PostgreSQL. Their app's login gets its rights anew by
    `make_database_roles`, as after every migrate."""

    dependencies = [("claims", "0004_batches")]

    operations = [CutByReceipt(CLAIMS), CutByReceipt(SETTLEMENTS)]
