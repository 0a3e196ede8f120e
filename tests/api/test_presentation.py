"""What is worked out in memory is shown as what is stored."""

from datetime import date

import pytest

from claims.content import decode
from claims.engine.steps import EN, ZH
from claims.facts import load_facts
from claims.models import Claim
from claims.presentation import outcome_view
from claims.sets import Incoming, settle_set
from tests.api.bodies import claim, stay
from tests.api.system import adjudicate

pytestmark = pytest.mark.django_db


def in_memory(institution):
    """What the queued claim would come to now."""
    row = Claim.objects.get()
    waiting = Incoming(row.pk, row.claim_number, institution.code, decode(row.content), row.received_on)
    [outcome] = settle_set(load_facts([waiting], on=date(2023, 3, 1), lock=False), [waiting])
    return outcome


@pytest.mark.parametrize(("language", "header"), [(ZH, "zh"), (EN, "en")])
def test_a_settlement_reads_the_same_from_memory_and_from_the_database(
    api, institution, member, yantai, language, header
):
    address = api.send(claim(member_number=member.number, use_account=True))["Location"]
    view = outcome_view(in_memory(institution), language)
    adjudicate()
    assert api.get(address, headers={"Accept-Language": header}).json()["settlement"] == view


def test_what_is_not_settled_has_its_code_and_message(api, institution, member, yantai):
    address = api.send(stay(member_number=member.number))["Location"]
    view = outcome_view(in_memory(institution), ZH)
    adjudicate()
    stored = api.get(address).json()
    assert view == {
        "claim": stored["id"],
        "outcome": stored["status"],
        "reason": stored["code"],
        "message": stored["message"],
    }
    assert view["reason"] == "parameter_missing"


def test_a_settlement_with_a_reason_says_why_the_fund_does_not_pay(api, member, yantai, institution):
    institution.designations.all().delete()
    address = api.send(claim(member_number=member.number))["Location"]
    adjudicate()
    view = api.get(address).json()
    assert (view["status"], view["code"]) == ("settled", "institution_not_covered")
    assert view["message"].startswith("该机构在服务日期不在本待遇的支付范围内")
    assert (view["settlement"]["reason"], view["settlement"]["fund_rate"]) == (
        "institution_not_covered",
        None,
    )
    assert view["settlement"]["cash"] == "33.00"
