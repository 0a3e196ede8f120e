"""The web server's settings: gunicorn -c python:config.gunicorn config.wsgi"""

import os
from pathlib import Path

from config.logs import logging_config

# Whoever holds the listening socket already (the demo) hands it over: fd://3.
bind = os.environ.get("LISTEN", f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Requests that wait for their settlement (Prefer: wait) sleep in a thread.
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
# Told to end, it takes no more requests and finishes those that it has, for so many seconds.
graceful_timeout = 30
# Whether a proxy's headers count is decided in one place, settings.TRUSTED_PROXIES.
forwarded_allow_ips = ""
control_socket_disable = True
logconfig_dict = logging_config(os.environ.get("LOG_LEVEL", "INFO"))

# The web processes add up their /metrics through files, which start anew with the server.
_metrics = Path(os.environ.get("VAR_DIR", Path(__file__).resolve().parent.parent / "var")) / "metrics" / "web"


def on_starting(_server):
    _metrics.mkdir(parents=True, exist_ok=True)
    for file in _metrics.glob("*.db"):
        file.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def post_worker_init(worker):
    from django.urls import reverse

    from claims.api.waiting import end_waiting_when
    from claims.memory import settle_memory

    # Whoever waits for a settlement is told 202 when the server ends, rather than cut off.
    end_waiting_when(lambda: not worker.alive)
    # All addresses and their views are loaded now, or the first request would wait for them.
    reverse("claims")
    settle_memory()
