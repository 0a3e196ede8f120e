"""Sending claims, following them, and taking them back."""

from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from claims.models import Claim, ClaimEvent, ClaimKey, Settlement
from claims.submission import parse_claim
from tests.api.bodies import claim, encoded, line, stay
from tests.api.system import adjudicate

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(member):
    return claim(member_number=member.number)


@pytest.fixture
def settled(api, body, yantai):
    """A settled claim's address."""
    address = api.send(body)["Location"]
    adjudicate()
    return address


def test_a_claim_is_accepted_stored_and_queued(api, institution, body):
    answer = api.send(body)
    assert answer.status_code == 202
    [stored] = Claim.objects.all()
    assert answer["Location"] == f"/api/v1/claims/{stored.pk}/"
    view = answer.json()
    assert view == {
        "id": str(stored.pk),
        "claim_number": "HN-2023-000017",
        "status": "queued",
        "code": None,
        "message": None,
        "received_at": timezone.localtime(stored.received_at).isoformat(),
        "settlement": None,
        "links": {
            "self": answer["Location"],
            "settlements": f"{answer['Location']}settlements/",
            "withdrawal": f"{answer['Location']}withdrawal/",
        },
    }
    assert (stored.institution, stored.source, stored.entered_by) == (institution, "api", None)
    assert stored.content == stored_content(body)


def stored_content(body) -> str:
    from claims.content import encode

    return encode(parse_claim(encoded(body), is_institution=lambda code: False).content)


def test_a_settled_claim_shows_its_settlement_as_specified(api, member, yantai):
    big = line(quantity="50", amount="825.00")
    address = api.send(claim(member_number=member.number, total="825.00", lines=[big], use_account=True))[
        "Location"
    ]
    adjudicate()
    view = api.get(address).json()
    steps = view["settlement"].pop("steps")
    assert view["status"] == "settled"
    assert (view["code"], view["message"]) == (None, None)
    # Level 1: 500.00 deductible, then 70 % (spec 3); the account pays what it has.
    assert view["settlement"] == {
        "claim": view["id"],
        "revision": 1,
        "outcome": "settled",
        "reason": None,
        "policy": {
            "city": "370600",
            "effective_from": "2023-01-01",
            "revision": 1,
            "document": "烟政办发〔2022〕17号",
        },
        "benefit": "ordinary",
        "tier": "level 1",
        "status": "employed",
        "total": "825.00",
        "self_funded": "0.00",
        "over_price": "0.00",
        "upfront_self_pay": "0.00",
        "eligible": "825.00",
        "deductible": "500.00",
        "fund_rate": "0.7000",
        "over_limit": "0.00",
        "pooled_fund": "227.50",
        "critical_illness": "0.00",
        "institution_share": "0.00",
        "personal": "597.50",
        "account": "100.00",
        "family_account": "0.00",
        "cash": "497.50",
    }
    assert steps[0]["rule"] == "split"
    [rate] = [step for step in steps if step["rule"] == "rate"]
    assert rate == {
        "rule": "rate",
        "text": "起付标准以上 325.00 元，统筹基金支付 70%，即 227.50 元。",
        "figures": {"base": "325.00", "rate": "0.70", "result": "227.50"},
        "document": "烟政办发〔2022〕17号",
        "clause": rate["clause"],
        "basis": "text",
        "note": "",
    }
    assert rate["clause"]


def test_a_rejected_claim_says_why_in_the_language_asked_for(api, member, yantai):
    body = claim(member_number=member.number, total="34.00")
    address = api.send(body)["Location"]
    adjudicate()
    chinese = api.get(address).json()
    assert (chinese["status"], chinese["code"], chinese["settlement"]) == (
        "rejected",
        "amount_mismatch",
        None,
    )
    assert (
        chinese["message"] == "申报总额 34.00 元与各行金额之和 33.00 元不符。请更正后以新的申报号重新申报。"
    )
    english = api.get(address, headers={"Accept-Language": "en"}).json()
    assert english["message"].startswith("The stated total is 34.00 yuan, the lines add up to 33.00.")


def test_a_stay_without_its_discharge_is_accepted_and_rejected_by_adjudication(api, member, yantai):
    answer = api.send(stay(member_number=member.number, discharged_on=None))
    assert answer.status_code == 202
    adjudicate()
    assert api.get(answer["Location"]).json()["code"] == "invalid_stay"


def test_a_pended_claim_names_what_is_missing(api, member, yantai):
    address = api.send(stay(member_number=member.number))["Location"]
    adjudicate()
    view = api.get(address).json()
    assert (view["status"], view["code"]) == ("pended", "parameter_missing")
    assert "住院" in view["message"]
    assert "withdrawal" in view["links"]


# --- The same claim again ------------------------------------------------------------------------


def test_the_same_content_again_is_the_same_claim(api, body):
    first = api.send(body)
    again = api.send(dict(reversed(body.items())) | {"total": "33.0"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Location"] == first["Location"]
    assert Claim.objects.count() == 1


def test_other_content_under_the_number_is_refused_and_nothing_stored(api, body):
    first = api.send(body).json()
    answer = api.send(body | {"use_account": True})
    assert answer.status_code == 409
    problem = answer.json()
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/claim_number", "duplicate")]
    assert problem["type"] == "urn:mutual-aid:problem:duplicate"
    assert Claim.objects.count() == ClaimKey.objects.count() == 1
    assert api.get(first["links"]["self"]).json() == first


def test_institutions_may_use_the_same_number(api, other_api, body):
    assert api.send(body).json()["id"] != other_api.send(body | {"use_account": True}).json()["id"]


def test_a_withdrawn_number_stays_taken(api, body):
    first = api.send(body).json()
    api.send({}, first["links"]["withdrawal"])
    again = api.send(body)
    assert (again.status_code, again.json()["status"]) == (200, "withdrawn")


# --- Refusals store nothing ----------------------------------------------------------------------


def test_a_refused_claim_leaves_nothing_behind(api, body):
    answer = api.send(body | {"service_date": "2023-02-29", "lines": [line(amount=33.0)]})
    assert answer.status_code == 400
    faults = [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
    assert faults == [("/service_date", "invalid_date"), ("/lines/0/amount", "wrong_type")]
    assert not Claim.objects.exists()
    assert not ClaimKey.objects.exists()


def test_a_prescriber_must_be_registered(api, body, institution):
    answer = api.send(body | {"prescribed_by": "H-nobody"})
    assert [e["code"] for e in answer.json()["errors"]] == ["unknown_institution"]
    assert api.send(body | {"prescribed_by": institution.code}).status_code == 202


# --- Withdrawal and reversal ---------------------------------------------------------------------


def test_a_queued_claim_can_be_withdrawn_once(api, institution, body):
    links = api.send(body).json()["links"]
    answer = api.send({}, links["withdrawal"])
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    assert "withdrawal" not in answer.json()["links"]
    [event] = ClaimEvent.objects.all()
    assert (event.kind, event.actor, event.actor_name) == ("withdrawn", None, institution.code)
    again = api.send({}, links["withdrawal"])
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "not_withdrawable")


def test_a_withdrawal_needs_no_body(api, body):
    links = api.send(body).json()["links"]
    assert api.generic("POST", links["withdrawal"]).status_code == 200


def test_a_settled_claim_is_not_withdrawn_but_reversed(api, settled):
    refused = api.send({}, f"{settled}withdrawal/")
    assert refused.status_code == 409
    assert "已结算" in refused.json()["detail"] or "settled" in refused.json()["detail"]
    answer = api.send({"reversal_reason": "录入错误"}, f"{settled}reversal/")
    assert answer.status_code == 200
    reversing = answer.json()
    assert (reversing["revision"], reversing["outcome"]) == (2, "reversed")
    assert (reversing["total"], reversing["cash"]) == ("-33.00", "-33.00")
    view = api.get(settled).json()
    assert view["status"] == "reversed"
    assert view["settlement"] == reversing
    assert "reversal" not in view["links"]
    assert Settlement.objects.get(revision=2).reversal_reason == "录入错误"


def test_all_revisions_are_listed_the_first_one_first(api, settled):
    api.send({"reversal_reason": "x"}, f"{settled}reversal/")
    rows = api.get(f"{settled}settlements/").json()
    assert [(row["revision"], row["outcome"], row["total"]) for row in rows] == [
        (1, "settled", "33.00"),
        (2, "reversed", "-33.00"),
    ]


def test_a_second_reversal_is_refused(api, settled):
    api.send({"reversal_reason": "x"}, f"{settled}reversal/")
    again = api.send({"reversal_reason": "x"}, f"{settled}reversal/")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "already_reversed")
    assert Settlement.objects.count() == 2


def test_a_claim_that_is_not_settled_is_not_reversed(api, body):
    address = api.send(body)["Location"]
    answer = api.send({"reversal_reason": "x"}, f"{address}reversal/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "not_settled")


def test_a_reversal_without_reason_is_refused(api, settled):
    answer = api.send({}, f"{settled}reversal/")
    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/reversal_reason", "required")]
    assert Settlement.objects.count() == 1


# --- Nobody else's -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("get", "", None),
        ("get", "settlements/", None),
        ("post", "withdrawal/", {}),
        ("post", "reversal/", {"reversal_reason": "x"}),
        ("post", "reversal/", {}),
    ],
)
def test_another_institutions_claim_is_not_there(api, other_api, settled, method, path, sent):
    call = getattr(other_api, method)
    answer = call(f"{settled}{path}", sent, content_type="application/json")
    absent = call(f"/api/v1/claims/{uuid4()}/{path}", sent, content_type="application/json")
    assert answer.status_code == absent.status_code == 404
    assert answer.content == absent.content
    assert Claim.objects.get().status == "settled"


def test_the_list_shows_nobody_elses_claims(api, other_api, body):
    own = api.send(body).json()["id"]
    others = other_api.send(body | {"use_account": True}).json()["id"]
    assert [c["id"] for c in api.get("/api/v1/claims/").json()["results"]] == [own]
    assert api.get(f"/api/v1/claims/?cursor={others}").status_code == 400


def test_a_claims_identity_is_ordered_by_time(api, body):
    assert UUID(api.send(body).json()["id"]).version == 7
