import pytest
from celery import Task
from celery.signals import task_prerun
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from config.celery import Hint, app


@pytest.fixture
def broker_away(monkeypatch):
    attempts = []

    def refuse(*_args, **_kwargs):
        attempts.append(1)
        raise OperationalError("connection refused")

    monkeypatch.setattr(Task, "apply_async", refuse)
    monkeypatch.setattr(Hint, "_paused_until", 0.0)
    return attempts


def test_a_broker_that_is_away_fails_no_request_and_is_asked_once(broker_away):
    hint = Hint()
    hint.name = "claims.tasks.sweep"
    assert [hint.apply_async() for _ in range(5)] == [None] * 5
    assert len(broker_away) == 1


def test_every_task_of_the_project_is_a_hint():
    app.loader.import_default_modules()
    ours = [t for name, t in app.tasks.items() if name.split(".")[0] in ("policies", "members", "claims")]
    assert ours
    assert all(isinstance(task, Hint) for task in ours)


def test_what_beat_starts_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_connection_was_cut_takes_a_new_one():
    def ask():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()

    assert ask() == (1,)
    connection.connection.close()
    with pytest.raises(DatabaseError):
        ask()
    task_prerun.send(sender=None)
    assert ask() == (1,)
