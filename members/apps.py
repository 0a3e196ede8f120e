from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members and institutions")

    def ready(self):
        from members import history, scopes
        from members.policy_checks import tiers_and_institutions
        from members.triggers import MEMBERS_TRIGGERS
        from policies.registry import register_check
        from policies.triggers import register

        register(MEMBERS_TRIGGERS)
        scopes.register()
        history.register()
        register_check(tiers_and_institutions)
