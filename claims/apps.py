from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = _("Claims")

    def ready(self):
        from claims import (
            checks,  # noqa: F401 (registers itself with Django's checks)
            history,
            partitions,
            scopes,
            tasks,  # noqa: F401 (registers itself as who is told of work)
        )
        from claims.acceptance import read_cases, run_case
        from claims.impact import measure_impact
        from claims.triggers import CLAIM_TRIGGERS
        from members.registry import on_facts_changed
        from policies.registry import register_case_tools, register_impact, register_on_published
        from policies.triggers import register

        register(CLAIM_TRIGGERS)
        scopes.register()
        history.register()
        register_case_tools(read_cases, run_case)
        register_impact(measure_impact)
        on_facts_changed(_list_affected)
        register_on_published(_version_published)
        # Like the triggers of `policies`: nothing else runs around every `migrate`.
        post_migrate.connect(partitions.after_migrate, sender=self)


# What the apps below tell. They give no time with it, so that of the call is taken here, at the edge.


def _list_affected(change):
    from claims.services import notices

    notices.facts_changed(change, at=timezone.now())


def _version_published(version, terms):
    from claims.services import notices, requeue

    now = timezone.now()
    notices.version_published(version, at=now)
    requeue.version_published(version, at=now)
