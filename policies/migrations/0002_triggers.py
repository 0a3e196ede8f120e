from django.db import migrations

from policies.triggers import POLICY_TRIGGERS, InstallTriggers


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [InstallTriggers(POLICY_TRIGGERS)]
