# Loaded with Django, so that tasks declared with @shared_task always find the configured app.
from config.celery import app as celery_app

__all__ = ["celery_app"]
