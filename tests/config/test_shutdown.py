"""Real processes that are told to end: a worker finishes the set in hand, the web its requests, and nothing is lost."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from claims.models import Claim, Settlement
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import submit
from claims.submission import read_claim
from tests.api.bodies import claim
from tests.api.conftest import yantai
from tests.api.system import key_of
from tests.claims.backup.places import ROOT, here
from tests.claims.ledger.reading import ledger_faults
from tests.factories import InstitutionFactory, MemberFactory

__all__ = ["yantai"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# More than a worker settles between being asked to end and ending; of one shard, since of one member.
CLAIMS = 5_000
BOUND_SECONDS = 40


@pytest.fixture
def place(tmp_path, transactional_db):
    return here(tmp_path / "here")


@contextmanager
def process(place, *command: str, **environment: str):
    """A process of the system on this test's database; its log is `place.var`/log."""
    variables = os.environ | {"VAR_DIR": str(place.var), "DATABASE_URL": place.url} | environment
    with (place.var / "log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield started
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def wait_until(true: Callable[[], bool], seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.05)


def logged(place) -> list[dict]:
    lines = (place.var / "log").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.mark.parametrize("everybody", [False, True], ids=["the parent", "all processes"])
def test_a_worker_finishes_the_set_in_hand_and_no_other(place, yantai, everybody):
    clinic, member = InstitutionFactory(level=1), MemberFactory()
    sent = [
        read_claim(
            claim(member_number=member.number, claim_number=f"N{n}"), is_institution=lambda code: False
        )
        for n in range(CLAIMS)
    ]
    submit(institution=clinic, claims=sent, at=timezone.now())
    command = "celery -A config worker --concurrency 1 --without-gossip --without-mingle --without-heartbeat"
    with process(place, *command.split(), "--beat") as worker:
        wait_until(lambda: Settlement.objects.exists())
        asked = time.monotonic()
        (os.killpg if everybody else os.kill)(worker.pid, signal.SIGTERM)
        assert worker.wait(BOUND_SECONDS) == 0
        took = time.monotonic() - asked
    settled = Settlement.objects.count()
    assert 0 < settled < CLAIMS, took
    lines = logged(place)
    # Every set that was begun was written, and nothing else: none aborted, none lost.
    assert sum(line["claims"] for line in lines if line["event"] == "set adjudicated") == settled
    assert Claim.objects.filter(status="queued", attempts=0).count() == CLAIMS - settled
    assert [line for line in lines if line["level"] == "error"] == []
    assert ledger_faults() == ""
    for shard in waiting_shards():
        drain(shard, clock=timezone.now)
    assert Settlement.objects.count() == CLAIMS
    assert ledger_faults() == ""


def test_whoever_waits_is_told_that_the_claim_is_accepted_when_the_web_ends(place, yantai):
    _, secret = key_of(InstitutionFactory(level=1))
    member = MemberFactory()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"PORT": str(port), "WEB_WORKERS": "1"}
    with process(place, "gunicorn", "-c", "python:config.gunicorn", "config.wsgi", **settings) as web:
        wait_until(lambda: answers(port))
        found = {}
        thread = Thread(target=lambda: found.update(sent(port, secret, claim(member_number=member.number))))
        thread.start()
        wait_until(Claim.objects.exists)
        time.sleep(0.5)
        asked = time.monotonic()
        web.send_signal(signal.SIGTERM)
        thread.join(BOUND_SECONDS)
        took = time.monotonic() - asked
        assert web.wait(BOUND_SECONDS) == 0
    assert (found["status"], found["body"]["status"]) == (202, "queued")
    assert took < 8  # and not the ten seconds that it asked for
    connection.close()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def sent(port: int, secret: str, body: dict) -> dict:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Prefer": "wait=10"}
    client.request("POST", "/api/v1/claims/", json.dumps(body), headers)
    answer = client.getresponse()
    return {"status": answer.status, "body": json.loads(answer.read())}
