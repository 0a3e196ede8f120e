"""The Celery app. Its settings are the CELERY_* ones of config.settings."""

import logging.config
import os
import time

import structlog
from celery import Celery, Task
from celery.signals import celeryd_init, setup_logging, task_postrun, task_prerun
from kombu.exceptions import OperationalError

from config import broker, worker_metrics

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
            headers = _cause() | (kwargs.pop("headers", None) or {})
            return super().apply_async(*args, headers=headers, **kwargs)
        except OperationalError as error:
            Hint._paused_until = time.monotonic() + self.PAUSE_SECONDS
            log.warning("broker unreachable", task=self.name, error=type(error).__name__)
            return None


def _cause() -> dict:
    """The request that a message comes from, which stands in the worker's log lines, too."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return {"request_id": request_id} if request_id else {}


broker.use()
app = Celery("config", task_cls=Hint)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _log_like_the_web(**_kwargs):
    """Workers and beat write the same JSON lines as the web; connecting keeps Celery's own set-up away."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def _name_cause(task, **_kwargs):
    structlog.contextvars.bind_contextvars(task=task.name, **_given(task.request.get("request_id")))


def _given(request_id) -> dict:
    return {"request_id": request_id} if request_id else {}


@task_postrun.connect
def _forget_cause(**_kwargs):
    structlog.contextvars.unbind_contextvars("task", "request_id")


@celeryd_init.connect
def _count(sender, **_kwargs):
    """Before tasks are imported: what counts looks once where to."""
    from django.conf import settings

    folder = worker_metrics.count_into(settings.VAR_DIR / "metrics", sender)
    if settings.WORKER_METRICS_PORT:
        worker_metrics.serve(folder, settings.WORKER_METRICS_ADDRESS, settings.WORKER_METRICS_PORT)


@task_prerun.connect
def _drop_broken_connections(**_kwargs):
    """Workers keep their connection (CELERY_DB_REUSE_MAX), and one that the server cut would be kept, too.

    Django looks after that at the start of a request; a task has none.
    """
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
