"""/metrics: what is counted, where, and that nobody's data is in it."""

import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from claims.models import Claim
from claims.services.reversal import reverse
from config import metrics
from tests.claims.ledger.conftest import clock, publish, send, settle, yantai
from tests.factories import InstitutionFactory, MemberFactory

__all__ = ["clock", "publish", "send", "settle", "yantai"]
pytestmark = pytest.mark.django_db


def value(name, **labels) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def moved():
    """`moved(name, **labels)`: by how much a counter moved since the test began."""
    before = {}
    for family in REGISTRY.collect():
        for sample in family.samples:
            before[sample.name, *sorted(sample.labels.items())] = sample.value

    def since(name, **labels):
        return value(name, **labels) - before.get((name, *sorted(labels.items())), 0.0)

    return since


def test_claims_funds_and_times_are_counted_when_they_are_committed(
    moved, yantai, send, settle, django_capture_on_commit_callbacks
):
    clinic, member, nobody = InstitutionFactory(level=1), MemberFactory(), SimpleNamespace(number="1")
    with django_capture_on_commit_callbacks(execute=True):
        first = send(clinic, member, "2023-03-01", 60_000)
        unknown = send(clinic, nobody, "2023-03-01", 60_000)
        settle(first, unknown)
    paid = first.settlements.get().pooled_fund
    assert moved("claims_received_total", source="api", arrival="new") == 2
    assert moved("claims_adjudicated_total", outcome="settled", reason=first.code) == 1
    assert moved("claims_adjudicated_total", outcome="rejected", reason=unknown.code) == 1
    assert moved("claims_fund_paid_fen_total", fund="pooled_fund") == paid > 0
    assert moved("claims_set_seconds_count") == moved("claims_claim_seconds_count") > 0
    assert moved("claims_set_seconds_sum") >= moved("claims_claim_seconds_sum") > 0

    with django_capture_on_commit_callbacks(execute=True):
        reverse(claim_id=first.pk, institution=clinic, reason="x", actor=None, at=timezone.now())
    assert moved("claims_fund_returned_fen_total", fund="pooled_fund") == paid
    assert moved("claims_fund_paid_fen_total", fund="pooled_fund") == paid


def test_what_is_not_committed_is_not_counted(moved, yantai, send, settle):
    """Nothing here is: the test's transaction never ends."""
    settle(send(InstitutionFactory(level=1), MemberFactory(), "2023-03-01", 60_000))
    assert moved("claims_fund_paid_fen_total", fund="pooled_fund") == 0
    assert moved("claims_received_total", source="api", arrival="new") == 0


def test_the_queue_is_asked_at_scrape(client, yantai, send):
    waiting, parked = (send(InstitutionFactory(), MemberFactory(), "2023-03-01", 1_000) for _ in range(2))
    Claim.objects.filter(pk=parked.pk).update(parked=True)
    shown = scraped(client)
    assert (shown["claims_queued"], shown["claims_parked"], shown["claims_database_up"]) == (1, 1, 1)
    age = (timezone.now() - waiting.received_at) / timedelta(seconds=1)
    assert age - 10 < shown["claims_oldest_queued_age_seconds"] < age + 10


def test_a_scrape_takes_a_few_statements_however_many_claims(client, django_assert_num_queries):
    # On PostgreSQL three more, which have the queue read by its index.
    with django_assert_num_queries(6 if connection.vendor == "postgresql" else 3):
        client.get("/metrics")


def test_without_a_database_what_was_counted_is_shown(client, monkeypatch):
    def refuse():
        raise OperationalError("host db.internal refused")

    monkeypatch.setattr(metrics, "queue_state", refuse)
    client.get("/healthz")
    shown = scraped(client)
    assert shown["claims_database_up"] == 0
    assert "claims_queued" not in shown
    assert any(name == "http_request_seconds_count" for name in shown)


def test_each_worker_of_this_machine_is_shown_by_its_name(client, settings, tmp_path):
    """Counted by another process, in its own files, and not added to what this one counted."""
    settings.VAR_DIR = tmp_path
    counted = """
import sys
from pathlib import Path
from config import worker_metrics
worker_metrics.count_into(Path(sys.argv[1]), sys.argv[2])
import django; django.setup()
from claims import metrics
metrics.adjudicated.labels("settled", "").inc(7)
metrics.count_set(10, 0.5)
"""
    for name in ("celery@one", "celery@two"):
        command = [sys.executable, "-c", counted, str(tmp_path / "metrics"), name]
        subprocess.run(
            command, check=True, env=metrics.os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        )
    text = client.get("/metrics").content.decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    [adjudicated] = [family for family in families if family.name == "claims_adjudicated"]
    found = {
        sample.labels["worker"]: sample.value for sample in adjudicated.samples if "worker" in sample.labels
    }
    assert found == {"celery@one": 7, "celery@two": 7}


def scraped(client) -> dict[str, float]:
    text = client.get("/metrics").content.decode()
    return {s.name: s.value for f in text_string_to_metric_families(text) for s in f.samples}
