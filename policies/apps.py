from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = _("Policies")

    def ready(self):
        from policies import scopes, triggers
        from policies.desk_triggers import DESK_TRIGGERS
        from policies.history import own

        triggers.register(triggers.POLICY_TRIGGERS)
        triggers.register(DESK_TRIGGERS)
        scopes.register()
        own.register()
        # Signals for this alone: nothing else runs around every `migrate`, whoever wrote the migration.
        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
