from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members and institutions")

    def ready(self):
        from members.triggers import MEMBERS_TRIGGERS
        from policies.triggers import register

        register(MEMBERS_TRIGGERS)
