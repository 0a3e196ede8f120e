"""Prefer: wait."""

import threading

import pytest

from claims.api import waiting
from claims.api.waiting import preferred_wait
from tests.api.bodies import claim
from tests.api.system import adjudicate

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("WAIT=5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=3", 3),
        ("wait=3; x=y, respond-async", 3),
        ("wait=60", 10),
        ("wait=0", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait", 0),
        ("await=5", 0),
        ("wait=５", 0),
        ("", 0),
    ],
)
def test_a_preference_is_read_as_rfc_7240_writes_it(header, seconds):
    assert preferred_wait(header) == seconds


@pytest.fixture
def naps(monkeypatch):
    """Sleeping takes no time; what is put in here happens during the first nap."""
    during = []

    def sleep(seconds):
        if during:
            during.pop()()

    monkeypatch.setattr(waiting.time, "sleep", sleep)
    return during


@pytest.fixture
def clock(monkeypatch):
    """Each look at the clock is a second later."""
    ticks = iter(range(1000))
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(ticks))


def test_a_settlement_in_time_is_answered_at_once(api, member, yantai, naps):
    naps.append(adjudicate)
    answer = api.send(claim(member_number=member.number), Prefer="wait=10")
    assert (answer.status_code, answer.json()["status"]) == (200, "settled")
    assert answer.json()["settlement"]["revision"] == 1
    assert answer["Preference-Applied"] == "wait=10"


def test_a_rejection_in_time_is_answered_too(api, member, yantai, naps):
    naps.append(adjudicate)
    answer = api.send(claim(member_number=member.number, total="1.00"), Prefer="wait=10")
    assert (answer.status_code, answer.json()["code"]) == (200, "amount_mismatch")


@pytest.mark.usefixtures("clock", "naps")
def test_when_the_time_is_up_the_claim_is_accepted(api, member):
    answer = api.send(claim(member_number=member.number), Prefer="wait=3")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Preference-Applied"] == "wait=3"


def test_with_too_many_waiting_the_answer_comes_at_once(api, member, monkeypatch):
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: pytest.fail("waited"))
    waiting._places.acquire()
    answer = api.send(claim(member_number=member.number), Prefer="wait=10")
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer
    waiting._places.release()


@pytest.mark.usefixtures("clock", "naps")
def test_a_place_is_given_back(api, member, monkeypatch):
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    for _ in range(2):
        answer = api.send(claim(member_number=member.number), Prefer="wait=2")
        assert "Preference-Applied" in answer


def test_a_claim_sent_again_waits_for_the_first_one(api, member, yantai, naps):
    body = claim(member_number=member.number)
    api.send(body)
    naps.append(adjudicate)
    answer = api.send(body, Prefer="wait=10")
    assert (answer.status_code, answer.json()["status"]) == (200, "settled")
