"""The list: its filters, its pages."""

from datetime import UTC, datetime, timedelta

import pytest

from claims.models import Claim
from claims.services.intake import submit
from claims.submission import read_claim
from tests.api.bodies import claim

pytestmark = pytest.mark.django_db

URL = "/api/v1/claims/"
START = datetime(2023, 3, 1, tzinfo=UTC)


@pytest.fixture
def seven(institution, member):
    """Seven claims, N1 to N7, of seven service days, received a day apart from 8:00 on 1 March 2023 (Shanghai)."""
    for n in range(1, 8):
        body = claim(member_number=member.number, claim_number=f"N{n}", service_date=f"2023-03-0{n}")
        submission = read_claim(body, is_institution=lambda code: False)
        submit(institution=institution, claims=[submission], at=START + timedelta(days=n - 1))


def numbers(answer) -> str:
    assert answer.status_code == 200, answer.content
    return "".join(c["claim_number"][1] for c in answer.json()["results"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "7654321"),
        ("?status=queued", "7654321"),
        ("?status=settled", ""),
        ("?service_date_from=2023-03-03", "76543"),
        ("?service_date_to=2023-03-03", "321"),
        ("?service_date_from=2023-03-02&service_date_to=2023-03-03", "32"),
        ("?received_from=2023-03-03", "76543"),
        ("?received_to=2023-03-03", "321"),
        ("?received_from=2023-03-03T08:00:00%2B08:00", "76543"),
        ("?received_from=2023-03-03T08:00:00+08:00", "76543"),
        ("?received_from=2023-03-03T00:00:01Z", "7654"),
        ("?received_to=2023-03-03T00:00Z", "21"),
        ("?page_size=2", "76"),
    ],
)
@pytest.mark.usefixtures("seven")
def test_a_list_is_narrowed_by_its_query(api, query, expected):
    assert numbers(api.get(URL + query)) == expected


@pytest.mark.usefixtures("seven")
def test_pages_lead_through_all_claims_once(api):
    seen, address = "", f"{URL}?page_size=3&status=queued"
    while address:
        answer = api.get(address)
        seen, address = seen + numbers(answer), answer.json()["next"]
    assert seen == "7654321"


@pytest.mark.usefixtures("seven")
def test_a_page_stays_where_it_is_while_claims_arrive(api, institution, member):
    after = api.get(f"{URL}?page_size=3").json()["next"]
    body = claim(member_number=member.number, claim_number="N8")
    submit(institution=institution, claims=[read_claim(body, is_institution=bool)], at=START)
    assert numbers(api.get(after)) == "432"[:3]


@pytest.mark.usefixtures("seven")
def test_a_page_costs_the_same_queries_however_many_claims_it_has(api, django_assert_max_num_queries):
    with django_assert_max_num_queries(
        4
    ):  # the key, its day of use, the claims; settlements where there are any
        api.get(URL)


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?colour=red", "colour", "unknown_parameter"),
        ("?member_number=3706", "member_number", "unknown_parameter"),
        ("?status=done", "status", "invalid_choice"),
        ("?status=queued&status=settled", "status", "repeated"),
        ("?service_date_from=2023-02-29", "service_date_from", "invalid_date"),
        ("?service_date_from=0001-01-01", "service_date_from", "date_out_of_range"),
        ("?received_from=yesterday", "received_from", "invalid_time"),
        ("?received_from=2023-03-03T08:00:00", "received_from", "invalid_time"),
        ("?received_from=2023-03-03T25:00:00Z", "received_from", "invalid_time"),
        ("?received_from=2023-03-03T08:00:00%2B99:00", "received_from", "invalid_time"),
        ("?received_to=9999-12-31", "received_to", "date_out_of_range"),
        ("?received_to=0001-01-01T00:00:00%2B14:00", "received_to", "date_out_of_range"),
        ("?page_size=0", "page_size", "invalid_page_size"),
        ("?page_size=201", "page_size", "invalid_page_size"),
        ("?page_size=٣", "page_size", "invalid_page_size"),
        ("?cursor=p%3D1", "cursor", "invalid_cursor"),
        ("?cursor=00000000-0000-7000-8000-000000000000", "cursor", "invalid_cursor"),
        ("?cursor=%00", "cursor", "invalid_cursor"),
        ("?%00=1", "", "unknown_parameter"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(api, query, parameter, code):
    answer = api.get(URL + query)
    assert answer.status_code == 400
    assert [(e["parameter"], e["code"]) for e in answer.json()["errors"]] == [(parameter, code)]


def test_all_faults_of_a_query_are_told_at_once(api):
    answer = api.get(f"{URL}?status=done&page_size=x&colour=red")
    assert [e["parameter"] for e in answer.json()["errors"]] == ["colour", "page_size", "status"]


def test_an_empty_list_is_a_list(api):
    assert api.get(URL).json() == {"results": [], "next": None}
    assert not Claim.objects.exists()
