from django.db import migrations

from policies.desk_triggers import DESK_TRIGGERS
from policies.triggers import POLICY_TRIGGERS, InstallTriggers


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_desk")]

    operations = [InstallTriggers([*POLICY_TRIGGERS, *DESK_TRIGGERS])]
