"""What the harness's web, worker and beat processes load instead of config.celery: the same app, and its patches.

    celery -A tests.faults.app worker …        gunicorn tests.faults.wsgi

The code under test stays as it is; which patches a process gets is told by its environment (`patches`).
"""

from celery.signals import worker_process_init

from config.celery import app
from tests.faults import patches

__all__ = ["app"]

# Often, so that a scenario does not wait for seconds for what the sweep finds.
app.conf.beat_schedule = {
    "claims-sweep": {"task": "claims.tasks.sweep", "schedule": 0.5, "options": {"expires": 30}}
}


@worker_process_init.connect
def _patch_worker(**_kwargs):
    patches.everywhere()
    patches.in_worker()
