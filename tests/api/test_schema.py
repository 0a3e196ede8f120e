"""The description is valid OpenAPI 3.1, and says what the API does."""

import json
from io import StringIO

import jsonschema
import pytest
from django.core.management import call_command

from claims.api import examples, shapes
from claims.submission import read_claim, read_question
from tests.api.bodies import claim, stay
from tests.api.system import adjudicate

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document():
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def check(document, name, instance):
    """The instance fits the named component; formats are checked too."""
    validator = jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document["components"]},
        format_checker=jsonschema.FormatChecker(),
    )
    validator.validate(instance)


def properties(document, name) -> dict:
    return document["components"]["schemas"][name]["properties"]


def test_the_schema_validates_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_schema_and_page_are_served_to_everybody(client):
    answer = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"//cdn" not in page.content


def test_every_field_is_explained(document):
    unexplained = [
        f"{name}.{field}"
        for name, component in document["components"]["schemas"].items()
        for field, value in component.get("properties", {}).items()
        if not value.get("description")
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    ("component", "field", "national"),
    [
        ("ClaimRequest", "claim_number", "medins_setl_id"),
        ("ClaimRequest", "member_number", "psn_no"),
        ("ClaimRequest", "benefit", "med_type"),
        ("ClaimRequest", "disease_code", "dise_codg"),
        ("ClaimRequest", "use_account", "acct_used_flag"),
        ("ClaimRequest", "total", "medfee_sumamt"),
        ("Line", "item_code", "med_list_codg"),
        ("Line", "quantity", "cnt"),
        ("Line", "unit_price", "pric"),
        ("Line", "amount", "det_item_fee_sumamt"),
        ("Claim", "id", "mdtrt_id"),
        ("Settlement", "claim", "setl_id"),
        ("Settlement", "status", "psn_type"),
        ("Settlement", "total", "medfee_sumamt"),
        ("Settlement", "self_funded", "fulamt_ownpay_amt"),
        ("Settlement", "over_price", "overlmt_selfpay"),
        ("Settlement", "upfront_self_pay", "preselfpay_amt"),
        ("Settlement", "eligible", "inscp_scp_amt"),
        ("Settlement", "deductible", "act_pay_dedc"),
        ("Settlement", "fund_rate", "pool_prop_selfpay"),
        ("Settlement", "pooled_fund", "hifp_pay"),
        ("Settlement", "critical_illness", "hifob_pay"),
        ("Settlement", "institution_share", "hosp_part_amt"),
        ("Settlement", "personal", "psn_part_amt"),
        ("Settlement", "account", "acct_pay"),
        ("Settlement", "family_account", "acct_mulaid_pay"),
        ("Settlement", "cash", "psn_cash_pay"),
    ],
)
def test_a_field_names_its_national_counterpart(document, component, field, national):
    assert national in properties(document, component)[field]["description"]


@pytest.mark.parametrize("body", [examples.ORDINARY, examples.INPATIENT])
def test_an_example_of_a_claim_is_taken(document, body):
    read_claim(body, is_institution=lambda code: False)
    check(document, "ClaimRequest", body)


@pytest.mark.parametrize("view", [examples.QUEUED, examples.SETTLED])
def test_an_example_of_an_answer_fits_its_description(document, view):
    check(document, "Claim", view)


def test_examples_of_questions_and_their_answers_fit(document):
    read_question(examples.QUESTION)
    check(document, "EntitlementRequest", examples.QUESTION)
    check(document, "Entitlement", examples.ENTITLED)
    check(document, "Entitlement", examples.IN_ARREARS)
    check(document, "Quote", examples.QUOTED)


def test_quotes_and_entitlement_fit_their_description(api, document, member, yantai):
    for body in (
        claim(member_number=member.number, claim_number=...),
        claim(total="1.00"),
        claim(member_number="x"),
    ):
        quote = api.send(body, "/api/v1/quotes/").json()
        check(document, "Quote", quote)
        assert set(quote) == set(shapes.QuoteSerializer().fields)
    for number in (member.number, "nobody"):
        body = examples.QUESTION | {"member_number": number}
        answer = api.send(body, "/api/v1/entitlement/").json()
        check(document, "Entitlement", answer)
        assert set(answer) == set(shapes.EntitlementSerializer().fields)
        for limit in answer["limits"]:
            assert set(limit) == set(shapes.LimitAllowanceSerializer().fields)


def test_a_claim_has_the_fields_that_are_described(document):
    described = document["components"]["schemas"]["ClaimRequest"]
    assert set(described["properties"]) == set(claim())
    assert set(described["required"]) == {"claim_number", "member_number", "benefit", "lines"}


def test_answers_fit_their_description_and_show_nothing_else(api, document, member, yantai):
    sent = [
        api.send(claim(member_number=member.number, claim_number="N1")),
        api.send(claim(member_number=member.number, claim_number="N2", total="1.00")),
        api.send(stay(member_number=member.number, claim_number="N3")),
    ]
    check(document, "Claim", sent[0].json())
    adjudicate()
    api.send({"reversal_reason": "x"}, f"{sent[0]['Location']}reversal/")
    page = api.get("/api/v1/claims/").json()
    check(document, "ClaimPage", page)
    assert [c["status"] for c in page["results"]] == ["pended", "rejected", "reversed"]
    for settlement in api.get(f"{sent[0]['Location']}settlements/").json():
        check(document, "Settlement", settlement)
        assert set(settlement) == set(shapes.SettlementSerializer().fields)
    for view in page["results"]:
        assert set(view) == set(shapes.ClaimSerializer().fields)


def test_a_problem_fits_its_description(api, document):
    check(document, "Problem", api.send({}).json())
    check(document, "Problem", api.get("/api/v1/claims/?colour=red").json())
