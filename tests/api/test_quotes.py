"""Quotes: the settlement that a claim would get now, and nothing written."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.utils import timezone

from claims.facts import load_facts
from claims.models import Accumulator, Claim
from claims.now import facts_now
from claims.quotes import quote
from claims.sets import Incoming, settle_one
from claims.store.rows import encode
from claims.submission import read_claim
from members.models import CarePeriod, DiseaseRegistration, FamilyLink, PersonalAccount
from tests.api.bodies import claim, emergency, line, stay
from tests.api.system import Api, adjudicate, key_of
from tests.factories import CityFactory, InstitutionFactory, MemberFactory

URL = "/api/v1/quotes/"
pytestmark = pytest.mark.django_db


def rows_everywhere() -> dict[str, list]:
    """Every row of every table."""
    return {
        model._meta.label: sorted(model.objects.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
    }


def test_a_quote_is_the_settlement_that_follows(api, member, yantai):
    body = claim(member_number=member.number, use_account=True)
    quoted = api.send(body, URL).json()
    sent = api.send(body)
    adjudicate()
    answered = api.get(sent["Location"]).json()
    assert quoted["settlement"] == answered["settlement"] | {"claim": None, "revision": None}
    assert {name: quoted[name] for name in ("claim_number", "status", "code", "message")} == {
        name: answered[name] for name in ("claim_number", "status", "code", "message")
    }


def test_a_quote_counts_what_was_used_before(api, member, yantai):
    """Kaifeng-like pools aside: the fund's year limit of Yantai is reached by earlier claims."""
    large = claim(
        member_number=member.number,
        total="99000.00",
        lines=[line(quantity="1", unit_price="99000", amount="99000.00")],
    )
    first = api.send(large, URL).json()["settlement"]
    api.send(large)
    adjudicate()
    second = api.send(large, URL).json()["settlement"]
    assert float(second["pooled_fund"]) < float(first["pooled_fund"])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"total": "1.00"}, "rejected", "amount_mismatch"),
        ({"member_number": "nobody"}, "rejected", "unknown_member"),
        ({"service_date": "2016-03-01"}, "pended", "no_policy_in_force"),
    ],
)
def test_what_would_not_be_settled_says_so(api, member, yantai, changes, status, code):
    answer = api.send(claim(**{"member_number": member.number} | changes), URL)
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert answer.json()["settlement"] is None


def test_a_claim_number_may_be_left_out(api, member, yantai):
    answer = api.send(claim(member_number=member.number, claim_number=...), URL)
    assert (answer.status_code, answer.json()["claim_number"]) == (200, None)


def test_every_fault_is_told_at_once(api):
    answer = api.send(claim(benefit="dental", lines=[], claim_number=...), URL)
    assert answer.status_code == 400
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/benefit", "/lines"}


def test_nothing_is_written(api, institution, member, yantai):
    """Nor is the key's use noted, which other calls do."""
    before = rows_everywhere()
    for body in (claim(member_number=member.number), stay(member_number=member.number), claim()):
        assert api.send(body, URL).status_code == 200
    assert rows_everywhere() == before


def test_only_with_a_key(client):
    assert client.post(URL, claim(), content_type="application/json").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_nobodys_lock_is_waited_for(institution, member, yantai):
    """Another transaction holds the member's account, accumulators and claims meanwhile."""
    api = Api(key_of(institution)[1])
    body = claim(member_number=member.number, use_account=True)
    api.send(body)
    adjudicate()
    held, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            list(PersonalAccount.objects.select_for_update())
            PersonalAccount.objects.update(balance=1)
            list(Accumulator.objects.select_for_update())
            Claim.objects.update(code="x")
            held.set()
            release.wait(20)
            transaction.set_rollback(True)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(20)
        answers = []
        asker = threading.Thread(
            target=lambda: (answers.append(api.send(body, URL)), connections.close_all())
        )
        asker.start()
        asker.join(15)
        assert answers, "the quote waited"
        assert answers[0].json()["settlement"]["account"] == "33.00"
    finally:
        release.set()
        other.join()


@pytest.fixture
def party(member, yantai):
    """A member of whom every kind of fact is on record."""
    relative = MemberFactory(balance=4_000)
    FamilyLink.objects.create(
        owner=relative, user=member, relation="spouse", consented_on="2022-01-01", position=1
    )
    CarePeriod.objects.create(member=member, kind="stay", starts_on="2023-02-01", ends_on="2023-02-09")
    CarePeriod.objects.create(member=member, kind="ltc", starts_on="2022-02-01", ends_on="2022-03-01")
    DiseaseRegistration.objects.create(
        member=member, benefit="chronic", disease="I10", starts_on="2023-01-01"
    )
    return member


@pytest.mark.parametrize(
    "body",
    [
        claim(use_account=True),
        claim(service_date="2023-02-05"),
        claim(disease_code="I10", benefit="chronic"),
        claim(service_date="2022-02-15"),
        claim(out_of_area="temporary"),
        claim(lines=[line(), line(item_code="UNLISTED")], total=None),
        claim(member_number="nobody"),
        stay(),
        stay(lists=["E1"]),
        emergency(),
    ],
)
@pytest.mark.parametrize(
    "place", [{}, {"city": "220100"}, {"kind": "pharmacy", "level": 0}, {"agreed": False}]
)
def test_a_quote_reads_what_a_worker_reads(party, body, place):
    """On PostgreSQL one statement reads what the worker's many do."""
    institution = InstitutionFactory(**place)
    number = party.number if body["member_number"] != "nobody" else "nobody"
    content = read_claim(body | {"member_number": number}, is_institution=lambda code: True).content
    today = timezone.localdate()
    asked = Incoming(None, "", institution.code, content, today)
    mine = settle_one(facts_now(asked, on=today), asked)
    # Two claims are a set, which is read by the worker's many statements.
    workers = settle_one(load_facts([asked, asked], on=today, lock=False), asked)
    assert encode(mine.case) == encode(workers.case)
    for name in ("outcome", "code", "detail", "steps", "used", "deltas", "spent"):
        assert getattr(mine.result, name) == getattr(workers.result, name), name


def test_waiting_periods_look_as_far_back_as_the_version_says(institution, db):
    """A flexible member of Zhenjiang waits, though this process never met a waiting period before."""
    from io import StringIO

    from django.core.management import call_command

    from policies import library

    files = [library.DOCUMENTS, *library.DATA.glob("321100-*.yaml")]
    call_command("load_policies", *files, stdout=StringIO())
    CityFactory(code="321100")
    member = MemberFactory(city="321100", employment="flexible", paid=("2023-06", "2023-12"))
    at = InstitutionFactory(city="321100")
    for day, code in (("2023-07-05", "waiting_period"), ("2023-09-05", None)):
        content = read_claim(
            claim(member_number=member.number, service_date=day), is_institution=lambda code: True
        ).content
        outcome = quote(institution=at, content=content, at=timezone.now())
        assert outcome.result.code == code


def test_a_version_published_meanwhile_counts_at_once(api, member, institution):
    """Compiled terms are kept, but which version applies is asked each time."""
    body = claim(member_number=member.number)
    assert api.send(body, URL).json()["code"] == "no_policy_in_force"
    from io import StringIO

    from django.core.management import call_command

    from policies import library

    files = [library.DOCUMENTS, library.DATA / "370600-2023-01-01.yaml"]
    call_command("load_policies", *files, stdout=StringIO())
    assert api.send(body, URL).json()["status"] == "settled"


def test_a_later_day_than_today_is_refused_as_a_claim_would_be(api, member, yantai):
    later = timezone.localdate() + timedelta(days=1)
    answer = api.send(claim(member_number=member.number, service_date=later.isoformat()), URL).json()
    assert (answer["status"], answer["code"]) == ("rejected", "future_service_date")


@pytest.mark.postgres
def test_one_statement_reads_all(api, member, yantai, django_assert_num_queries):
    """Beside the one that finds the key."""
    body = claim(member_number=member.number)
    api.send(body, URL)
    assert connection.vendor == "postgresql"
    with django_assert_num_queries(2):
        api.send(body, URL)
