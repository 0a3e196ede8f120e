"""The Celery app. Its settings are the CELERY_* ones of config.settings."""

import logging.config
import os
import time

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, task_prerun
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = structlog.get_logger(__name__)


class Hint(Task):
    """A message here only says that there may be work, which the database holds and the sweep finds.

    So a broker that is away costs latency and nothing else: sending to it fails quietly, and for some
    seconds is not even tried, or every request would wait for its time-out.
    """

    PAUSE_SECONDS = 10
    _paused_until = 0.0

    def apply_async(self, *args, **kwargs):
        if time.monotonic() < Hint._paused_until:
            return None
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            Hint._paused_until = time.monotonic() + self.PAUSE_SECONDS
            log.warning("broker unreachable", task=self.name, error=type(error).__name__)
            return None


app = Celery("config", task_cls=Hint)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _log_like_the_web(**_kwargs):
    """Workers and beat write the same JSON lines as the web; connecting keeps Celery's own set-up away."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def _drop_broken_connections(**_kwargs):
    """Workers keep their connection (CELERY_DB_REUSE_MAX), and one that the server cut would be kept, too.

    Django looks after that at the start of a request; a task has none.
    """
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
