from django.db import migrations

from members.partitions import ENTRIES, CutByAccount


class Migration(migrations.Migration):
    dependencies = [("members", "0004_roles")]

    operations = [CutByAccount(ENTRIES)]
