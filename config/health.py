"""For operators and their probes: is this process alive, and can claims be settled."""

from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from claims.selectors import queue_state
from config.celery import app


@never_cache
@require_safe
def healthz(_request):
    """Alive. Asks nothing of the database or the broker, whose faults a restart would not mend."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request):
    """503 while the database or the broker cannot be used; workers and the queue are told as figures."""
    state = {"database": "ok", "broker": "ok", "workers": None}
    # What went wrong is told by its kind only: the text of such errors names hosts and logins.
    try:
        state |= queue_state()
    except Exception as error:
        state["database"] = type(error).__name__
    try:
        state["workers"] = _workers()
    except Exception as error:
        state["broker"] = type(error).__name__
    ready = state["database"] == state["broker"] == "ok"
    return JsonResponse({"status": "ok" if ready else "unavailable", **state}, status=200 if ready else 503)


def _workers() -> int:
    """How many workers answer within half a second."""
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        return len(app.control.ping(timeout=0.5, connection=broker))
