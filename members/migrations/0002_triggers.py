from django.db import migrations

from members.triggers import MEMBERS_TRIGGERS
from policies.triggers import InstallTriggers


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial"), ("policies", "0002_triggers")]

    operations = [InstallTriggers(MEMBERS_TRIGGERS)]
