"""Whatever is sent to the API, right or wrong: nobody's number, ID number or name in a log line or a problem."""

import logging

import pytest
from django.urls import get_resolver

from claims.models import Claim
from claims.services import adjudication, attempts
from tests.api.bodies import claim, line, stay
from tests.api.system import adjudicate
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

NUMBER, ID_NUMBER, NAME, PARENT = "370600198005010017", "37060219800501001X", "欧阳若兰", "欧阳正清"
PERSONAL = (NUMBER, ID_NUMBER, NAME, PARENT, "欧阳")
# Every call under /api/v1/ of which an address could be made up, and what is not one.
PLACES = (
    f"/api/v1/claims/?member_number={NUMBER}",
    f"/api/v1/claims/?status={NAME}&cursor={ID_NUMBER}",
    f"/api/v1/claims/{NUMBER}/",
    f"/api/v1/members/{NAME}/",
    f"/api/{ID_NUMBER}",
    f"/{NUMBER}/",
)


@pytest.fixture
def patient(db):
    return MemberFactory(number=NUMBER, id_number=ID_NUMBER, name=NAME, balance=10_000)


@pytest.fixture
def said(caplog):
    """Everything that any logger says which the settings do not silence (those that write addresses)."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(
        f"{r.getMessage()} {r.args} {r.exc_text or ''} {r.exc_info or ''}" for r in caplog.records
    )


def bodies():
    """Claims with somebody's data in every field, where it belongs and where it does not."""
    whole = claim(member_number=NUMBER)
    yield whole
    yield stay(member_number=ID_NUMBER, claim_number="S-1")
    for field in whole:
        for value in (NUMBER, NAME, [ID_NUMBER], {NAME: NUMBER}):
            yield {**whole, "claim_number": "X", field: value}
    for field in line():
        yield {**whole, "claim_number": "X", "lines": [line(**{field: NAME})]}
    yield {**whole, NAME: ID_NUMBER}
    yield [NUMBER, NAME]
    yield f'{{"member_number": "{NUMBER}", "name": "{NAME}"'.encode()


def addresses(sent: str) -> list[str]:
    """The calls of one claim, from the URLs themselves, so that a new one is not forgotten."""
    names = [
        str(p.pattern)
        for r in get_resolver().url_patterns
        if hasattr(r, "url_patterns")
        for p in r.url_patterns
    ]
    return [
        f"/api/v1/{name.replace('<uuid:claim_id>', sent)}"
        for name in names
        if name.startswith("claims/<uuid")
    ]


def clean(answer) -> None:
    text = answer.content.decode()
    if answer.headers.get("Content-Type", "").startswith("application/problem"):
        assert not [word for word in PERSONAL if word in text], text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nobodys_data_in_logs_and_problems(
    api, patient, yantai, said, monkeypatch, language, django_capture_on_commit_callbacks
):
    api.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    with django_capture_on_commit_callbacks(execute=True):
        answers = [api.send(body) for body in bodies()]
    first = answers[0].json()["id"]
    assert answers[0].status_code == 202
    assert sum(answer.status_code == 400 for answer in answers) > 30
    with django_capture_on_commit_callbacks(execute=True):
        adjudicate()
    called = addresses(first)
    assert len(called) >= 4
    for address in (*PLACES, *called):
        answers.append(api.get(address))
        answers.append(api.send({"reversal_reason": [NAME], NAME: NUMBER}, address))
        answers.append(api.send({"reversal_reason": f"{NAME} {NUMBER}"}, address))

    def poisoned(_facts, _claims):
        raise ValueError(f"{NAME} {NUMBER}")

    api.send(claim(member_number=NUMBER, claim_number="N-2"))
    monkeypatch.setattr(adjudication, "settle_set", poisoned)
    for _ in range(attempts.MAX_ATTEMPTS):
        adjudicate()
    assert Claim.objects.filter(parked=True).count() == 1

    for answer in answers:
        clean(answer)
    lines = said()
    assert "claim failed" in lines
    assert not [word for word in PERSONAL if word in lines], [
        text for text in lines.splitlines() if any(word in text for word in PERSONAL)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_request_and_its_claim_are_found_by_the_ids_of_both(api, patient, said):
    sent = api.send(claim(member_number=NUMBER), **{"X-Request-ID": "his-7"}).json()["id"]
    [received] = [text for text in said().splitlines() if "claims received" in text and sent in text]
    assert "'request_id': 'his-7'" in received
