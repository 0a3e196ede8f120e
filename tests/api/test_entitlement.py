"""Entitlement: asked before the visit, answered at once, nothing written."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from msgspec.structs import replace

from claims.entitlement import judge
from claims.models import Accumulator
from members.models import AccountEntry, CarePeriod, Contribution, PersonalAccount
from policies import library
from tests.api.bodies import claim, line
from tests.api.system import Api, adjudicate, key_of
from tests.api.test_quotes import rows_everywhere
from tests.engine.build import CHANGCHUN, case, terms
from tests.factories import InstitutionFactory, MemberFactory

URL = "/api/v1/entitlement/"
pytestmark = pytest.mark.django_db


def question(member, **changes):
    return {"member_number": member.number, "on": "2023-03-01", "benefit": "ordinary"} | changes


def load(*names):
    found = [path for name in names for path in sorted(library.DATA.glob(f"{name}-*.yaml"))]
    call_command("load_policies", library.DOCUMENTS, *found, stdout=StringIO())


def test_what_is_left_is_what_claims_left(api, member, yantai):
    """Deductible, limit and account before and after a claim differ by what the claim took."""
    before = api.send(question(member), URL).json()
    assert (before["entitled"], before["code"], before["message"]) == (True, None, None)
    assert (before["benefit"], before["in_city"], before["status"]) == ("ordinary", True, "employed")
    assert before["account"] == {"period": "year", "total": "100.00", "used": "0.00", "left": "100.00"}
    body = claim(
        member_number=member.number,
        use_account=True,
        total="600.00",
        lines=[line(quantity="1", unit_price="600", amount="600.00")],
    )
    sent = api.send(body)
    adjudicate()
    settlement = api.get(sent["Location"]).json()["settlement"]
    after = api.send(question(member), URL).json()
    assert settlement["pooled_fund"] != "0.00"
    [limit] = [x for x in after["limits"] if x["counts"] == "fund_payment" and x["total"]]
    [limit_before] = [x for x in before["limits"] if x["pool"] == limit["pool"]]
    assert limit["used"] == settlement["pooled_fund"]
    assert float(limit["left"]) == pytest.approx(float(limit_before["left"]) - float(limit["used"]))
    assert after["account"]["used"] == settlement["account"]
    assert after["account"]["total"] == "100.00"
    if before["deductible"]:
        assert after["deductible"]["used"] == settlement["deductible"]


def test_the_deductible_is_that_of_the_asking_institutions_tier(member, yantai):
    """Yantai asks more at a third-level hospital than at a first-level one."""
    asked = {}
    for level in (1, 3):
        at = Api(key_of(InstitutionFactory(level=level, kind="general"))[1])
        answer = at.send(question(member), URL).json()
        asked[answer["tier"]] = answer["deductible"]["total"]
    assert len(set(asked.values())) == 2


def arrears(member):
    Contribution.objects.create(
        member=member,
        city_id="370600",
        month="2023-03-01",
        employment="employee",
        base=500000,
        paid_on=None,
        recorded_at="2023-03-02T00:00:00Z",
    )


def in_hospital(member):
    CarePeriod.objects.create(member=member, kind="stay", starts_on="2023-02-20", ends_on="2023-03-09")


@pytest.mark.parametrize(
    ("happens", "changes", "entitled", "code"),
    [
        (arrears, {}, False, "not_entitled_arrears"),
        (in_hospital, {}, False, "in_hospital"),
        (None, {"on": "2016-03-01"}, None, "no_policy_in_force"),
        (None, {"benefit": "negotiated_drug"}, None, "parameter_missing"),
        (None, {"member_number": "nobody"}, False, "unknown_member"),
    ],
)
def test_why_not(api, member, yantai, happens, changes, entitled, code):
    if happens:
        happens(member)
    answer = api.send(question(member, **changes), URL, **{"Accept-Language": "en"})
    assert answer.status_code == 200
    assert (answer.json()["entitled"], answer.json()["code"]) == (entitled, code)
    assert answer.json()["message"]
    assert answer.json()["message"] != api.send(question(member, **changes), URL).json()["message"]


def test_an_institution_that_is_not_designated_is_told(member, yantai):
    at = Api(key_of(InstitutionFactory(designated=()))[1])
    assert at.send(question(member), URL).json()["code"] == "institution_not_covered"


def test_a_pharmacys_prescription_is_not_judged_beforehand(member, yantai):
    at = Api(key_of(InstitutionFactory(level=0, kind="pharmacy"))[1])
    answer = at.send(question(member), URL).json()
    assert (answer["entitled"], answer["tier"], answer["deductible"]) == (True, None, None)
    assert answer["limits"]


def test_an_institution_elsewhere_may_ask(member, yantai):
    at = Api(key_of(InstitutionFactory(city="220100", level=3, kind="general"))[1])
    answer = at.send(question(member), URL).json()
    assert answer["in_city"] is False
    assert answer["code"] != "out_of_area"


def changchun(benefit, registrations=()):
    """What Changchun's terms of 2024 say of a visit for this benefit."""
    day = date(2024, 3, 1)
    asked = case(city=CHANGCHUN, benefit=benefit, service_date=day, lines=())
    member = replace(asked.member, registrations=registrations)
    return judge(terms(CHANGCHUN, day), replace(asked, member=member), {"fund/chronic/2024": 10_000})


def test_without_a_registration_a_visit_is_ordinary():
    assert (changchun("chronic").benefit, changchun("chronic").diseases) == ("ordinary", ())


def test_every_registered_disease_has_its_limit():
    found = changchun("chronic", (("chronic", "I10"), ("chronic", "E11")))
    assert (found.benefit, found.diseases) == ("chronic", ("I10", "E11"))
    shared, *by_disease = sorted(found.limits, key=lambda left: left.disease)
    assert (shared.allowance.used, shared.allowance.left) == (10_000, 640_000)
    assert [(x.disease, x.allowance.total, x.allowance.left) for x in by_disease] == [
        ("E11", None, None),
        ("I10", None, None),
    ]


def test_the_next_admission_asks_its_share_of_the_deductible(db):
    """Zhenjiang: the second admission of a year asks half."""
    load("321100")
    member = MemberFactory(city="321100")
    institution = InstitutionFactory(city="321100", level=3, kind="general")
    at = Api(key_of(institution)[1])
    answer = at.send(question(member, benefit="inpatient", on="2024-03-01"), URL).json()
    assert answer["benefit"] == "inpatient"
    asked = {"period": "admission", "used": "0.00"}
    assert answer["deductible"] == asked | {"total": "800.00", "left": "800.00"}
    Accumulator.objects.create(member_id=member.pk, key="admissions//2024", value=1)
    answer = at.send(question(member, benefit="inpatient", on="2024-03-01"), URL).json()
    assert answer["deductible"] == asked | {"total": "400.00", "left": "400.00"}


def test_spending_given_back_is_not_used(api, member, yantai):
    account = PersonalAccount.objects.get(member=member)
    for amount, cause in ((-3_000, "purchase"), (1_000, "reversal"), (-500, "transfer")):
        AccountEntry.objects.create(
            account=account, cause=cause, amount=amount, on="2023-02-01", at="2023-02-01T00:00:00Z"
        )
    PersonalAccount.objects.filter(member=member).update(balance=7_500)
    answer = api.send(question(member), URL).json()
    assert answer["account"] == {"period": "year", "total": "95.00", "used": "20.00", "left": "75.00"}


def test_every_fault_is_told_at_once(api):
    answer = api.send({"on": "2023-02-30", "benefit": "dental", "id_number": "1"}, URL)
    assert answer.status_code == 400
    faults = {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}
    assert faults == {
        ("/member_number", "required"),
        ("/on", "invalid_date"),
        ("/benefit", "invalid_choice"),
        ("/id_number", "unknown_field"),
    }


def test_nothing_is_written(api, member, yantai):
    before = rows_everywhere()
    assert api.send(question(member), URL).status_code == 200
    assert rows_everywhere() == before


def test_no_address_and_no_log_names_the_member(api, member, yantai, caplog):
    with caplog.at_level("DEBUG"):
        api.send(question(member), URL)
    assert member.number not in caplog.text
