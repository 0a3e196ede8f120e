import pytest
from django.db import OperationalError

from config import health
from config.celery import app


@pytest.fixture
def workers(monkeypatch):
    monkeypatch.setattr(health, "_workers", lambda: 2)


def test_alive_needs_no_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
@pytest.mark.usefixtures("workers")
def test_ready_tells_workers_and_queue(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "workers": 2,
        "queued": 0,
        "oldest_queued_age_seconds": None,
        "parked": 0,
    }


@pytest.mark.django_db
def test_not_ready_while_the_broker_is_away(client, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["broker"], answer.json()["workers"]) == ("OperationalError", None)


@pytest.mark.usefixtures("workers")
def test_not_ready_while_the_database_is_away(client, monkeypatch):
    def refuse():
        raise OperationalError("host db.internal refused login app")

    monkeypatch.setattr(health, "queue_state", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "OperationalError"
    assert "db.internal" not in answer.content.decode()


@pytest.mark.django_db
def test_metrics_count_requests_by_view(client):
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'http_request_seconds_count{method="GET",status="200",view="healthz"}' in text
    assert "claims_queued 0.0" in text
