"""/metrics, in the Prometheus format: requests, counted by the web processes; the queue, asked at scrape."""

import os

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from claims.selectors import queue_state

requests = Histogram(
    "http_request_seconds", "Requests by view, method and status.", ["view", "method", "status"]
)


def observe(request, response, seconds: float) -> None:
    """By the view's name, never by path: paths have no end and may name a claim."""
    match = request.resolver_match
    view = (match and match.view_name) or "none"
    method = request.method if request.method in ("GET", "POST", "PUT", "PATCH", "DELETE") else "other"
    requests.labels(view, method, response.status_code).observe(seconds)


class Queue(Collector):
    def collect(self):
        for name, value in queue_state().items():
            yield GaugeMetricFamily(f"claims_{name}", "As in /readyz.", value or 0)


@never_cache
@require_safe
def metrics(_request):
    queue = CollectorRegistry()
    queue.register(Queue())
    requests_so_far = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests_so_far = CollectorRegistry()
        multiprocess.MultiProcessCollector(requests_so_far)
    text = generate_latest(requests_so_far) + generate_latest(queue)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
