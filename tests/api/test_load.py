"""Under load, and without a database: 503 with Retry-After, in both languages, and nothing half-done."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from claims.api import load, views
from claims.models import Claim
from tests.api.bodies import claim
from tests.claims.ledger.conftest import unguarded

__all__ = ["unguarded"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _look_anew(monkeypatch):
    monkeypatch.setattr(load, "_until", 0.0)
    monkeypatch.setattr(load, "_overloaded", False)


def refused(answer, says):
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) > 0
    assert says in answer.json()["detail"]
    return answer


def test_a_queue_that_is_too_deep_refuses_claims_until_it_is_shorter(api, member, settings, monkeypatch):
    settings.API_MOST_QUEUED = 2
    first, second, third = (claim(member_number=member.number, claim_number=f"N{n}") for n in range(3))
    assert api.send(first).status_code == 202
    monkeypatch.setattr(load, "_until", 0.0)
    assert api.send(second).status_code == 202
    monkeypatch.setattr(load, "_until", 0.0)
    answer = refused(api.send(third), "待结算的申报过多")
    assert answer["Retry-After"] == "60"
    assert "60 seconds" in api.send(third, **{"Accept-Language": "en"}).json()["detail"]
    assert Claim.objects.count() == 2
    assert api.get("/api/v1/claims/").status_code == 200  # what is read goes on
    Claim.objects.update(status="withdrawn")
    monkeypatch.setattr(load, "_until", 0.0)
    assert api.send(third).status_code == 202


def test_a_queue_that_stands_still_refuses_claims(api, member, settings, monkeypatch, unguarded):
    settings.API_OLDEST_QUEUED_SECONDS = 3600
    assert api.send(claim(member_number=member.number)).status_code == 202
    sent = Claim.objects.get()
    with unguarded():
        Claim.objects.update(received_at=sent.received_at - timedelta(hours=2))
    monkeypatch.setattr(load, "_until", 0.0)
    refused(api.send(claim(member_number=member.number, claim_number="N2")), "未受理")


def test_the_queue_is_looked_at_once_a_second(api, member, monkeypatch):
    looks = []
    monkeypatch.setattr(
        load, "queue_state", lambda: looks.append(1) or {"queued": 0, "oldest_queued_age_seconds": None}
    )
    for number in range(3):
        api.send(claim(member_number=member.number, claim_number=f"N{number}"))
    assert len(looks) == 1


def test_without_limits_nobody_looks(api, member, settings, monkeypatch):
    settings.API_MOST_QUEUED = settings.API_OLDEST_QUEUED_SECONDS = 0
    monkeypatch.setattr(load, "queue_state", lambda: pytest.fail("looked"))
    assert api.send(claim(member_number=member.number)).status_code == 202


@pytest.mark.parametrize(
    ("language", "says"), [("zh", "数据库暂时不可用"), ("en", "database cannot be reached")]
)
def test_without_a_database_every_call_says_when_to_come_again(api, member, monkeypatch, language, says):
    def away(*_args, **_kwargs):
        raise OperationalError("host db.internal refused login app")

    monkeypatch.setattr(views, "submit", away)
    monkeypatch.setattr(views, "page_of", away)
    headers = {"Accept-Language": language}
    sent = api.send(claim(member_number=member.number), **headers)
    for answer in (sent, api.get("/api/v1/claims/", headers=headers)):
        refused(answer, says)
        assert "db.internal" not in answer.content.decode()


def test_too_many_requests_say_when_to_come_again(api, settings):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = 1
    api.get("/api/v1/claims/")
    answer = api.get("/api/v1/claims/")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
