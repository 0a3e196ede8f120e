"""/metrics, in the Prometheus format: what web and workers counted, and the queue, asked at scrape.

Every process counts into files of its own (prometheus_client's multiprocess mode): the web's under
VAR_DIR/metrics/web, each worker's under VAR_DIR/metrics/worker-NAME, where the web finds those of its machine. A worker
of another machine shows its own at WORKER_METRICS_PORT. Why so: docs/decisions/0012-operations.md.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
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
    """Asked of the database; served by its partial indexes alone, however many claims there are."""

    def collect(self) -> Iterator[Metric]:
        try:
            state = queue_state()
        except DatabaseError:
            state = None  # what was counted is shown nevertheless
        yield GaugeMetricFamily(
            "claims_database_up", "Whether the database answered.", int(state is not None)
        )
        for name, value in (state or {}).items():
            yield GaugeMetricFamily(f"claims_{name}", "As in /readyz.", value or 0)


class Counted(Collector):
    """What the web's processes counted, and with the label `worker` what each worker of this machine did."""

    def collect(self) -> Iterable[Metric]:
        found: dict[str, Metric] = {}
        _take(found, _own(), {})
        for folder in sorted(_folder().glob("worker-*")):
            _take(found, _counted_in(folder), {"worker": folder.name.removeprefix("worker-")})
        return found.values()


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "metrics"


def _own() -> Iterable[Metric]:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return _counted_in(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    return REGISTRY.collect()


def _counted_in(folder: Path) -> Iterable[Metric]:
    return MultiProcessCollector.merge([str(file) for file in folder.glob("*.db")])


def _take(found: dict[str, Metric], metrics: Iterable[Metric], labels: dict[str, str]) -> None:
    for metric in metrics:
        known = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
        for sample in metric.samples:
            known.add_sample(sample.name, {**sample.labels, **labels}, sample.value)


@never_cache
@require_safe
def metrics(_request):
    counted, queue = CollectorRegistry(), CollectorRegistry()
    counted.register(Counted())
    queue.register(Queue())
    return HttpResponse(generate_latest(counted) + generate_latest(queue), content_type=CONTENT_TYPE_LATEST)
