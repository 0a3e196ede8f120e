"""Files of claims by HTTP: what is taken, what is told, and that nothing is stored by half."""

import csv
import io
import json
from uuid import uuid4

import jsonschema
import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from claims.api import examples
from claims.models import Claim, ClaimBatch
from tests.api.bodies import claim, encoded, line
from tests.api.system import Api, adjudicate
from tests.api.test_access import problem_of

pytestmark = pytest.mark.django_db

URL = "/api/v1/claim-batches/"
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = "申报号,人员编号,待遇类别,就诊日期,医保目录编码,项目名称,数量,单价,金额"


def send(api: Api, body, media_type=JSON, **headers):
    data = body if isinstance(body, bytes) else encoded(body)
    # Django's client names no type for an empty body.
    return api.generic("POST", URL, data, content_type=media_type, headers=headers, CONTENT_TYPE=media_type)


def numbered(member, *numbers):
    return [claim(member_number=member.number, claim_number=number) for number in numbers]


def table(*rows) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def test_a_file_is_stored_before_it_is_answered(api, member, institution):
    answer = send(api, [*numbered(member, "C1", "C2"), claim(claim_number="C3", total=1)])
    assert answer.status_code == 202
    [batch] = ClaimBatch.objects.all()
    assert (batch.institution, batch.source, batch.format) == (institution, "api", "json")
    assert answer["Location"] == f"{URL}{batch.pk}/"
    view = answer.json()
    counts = {name: view[name] for name in ("claims", "stored", "same", "refused", "waiting")}
    assert counts == {"claims": 3, "stored": 2, "same": 0, "refused": 1, "waiting": 2}
    assert view["links"]["results"] == f"{answer['Location']}results/"
    assert Claim.objects.count() == 2
    assert api.get(answer["Location"]).json() == view


def test_every_format_says_the_same(api, member):
    body = claim(member_number=member.number, total=None, emergency=..., lists=...)
    row = f"HN-2023-000017,{member.number},普通门诊,2023-03-01,A10BA02,二甲双胍,2,16.50,33.00"
    first = send(api, [body])
    assert first.json()["stored"] == 1
    for data, media_type in (
        (encoded(body), NDJSON),
        (table(row), CSV),
        (table(row).decode().encode("gbk"), "text/csv; charset=gbk"),
        (workbook(table(row)), XLSX),
    ):
        answer = send(api, data, media_type)
        assert (answer.status_code, answer.json()["same"]) == (202, 1), media_type
    assert Claim.objects.count() == 1


def workbook(text: bytes) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for row in csv.reader(text.decode().splitlines()):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_counts_follow_adjudication(api, member, yantai):
    answer = send(api, [*numbered(member, "C1"), claim(claim_number="C2", member_number="NOBODY")])
    adjudicate()
    view = api.get(answer["Location"]).json()
    assert (view["waiting"], view["by_status"]["settled"], view["by_status"]["rejected"]) == (0, 1, 1)


# --- Results -------------------------------------------------------------------------------------


@pytest.fixture
def results(api, member, yantai):
    """The address of the results of a file with a settled, a rejected and a malformed claim."""
    dear = claim(
        member_number=member.number,
        claim_number="=2+3",
        total=None,
        lines=[line(quantity="50", amount="825.00")],
    )
    bad = claim(claim_number="C3", total=1, lines=[line(amount="1.234")])
    answer = send(api, [dear, claim(claim_number="C2", member_number="NOBODY"), bad])
    adjudicate()
    return answer.json()["links"]["results"]


def test_results_as_json(api, results):
    settled, rejected, refused = api.get(results).json()["results"]
    assert (settled["row"], settled["claim_number"], settled["arrival"]) == (1, "=2+3", "new")
    assert (settled["status"], settled["paid"]["pooled_fund"], settled["paid"]["cash"]) == (
        "settled",
        "227.50",
        "597.50",
    )
    assert api.get(f"/api/v1/claims/{settled['claim']}/").json()["claim_number"] == "=2+3"
    assert (rejected["status"], rejected["code"], rejected["paid"]) == ("rejected", "unknown_member", None)
    assert "人员编号" in rejected["message"]
    assert (refused["row"], refused["arrival"], refused["claim"]) == (3, "refused", None)
    assert [(e["row"], e["pointer"], e["code"]) for e in refused["errors"]] == [
        (3, "/2/lines/0/amount", "invalid_amount"),
        (3, "/2/total", "wrong_type"),
    ]


def test_results_as_csv_open_in_a_spreadsheet_and_run_nothing(api, results):
    answer = api.get(f"{results}?format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    data = answer.getvalue()
    assert data.startswith(b"\xef\xbb\xbf")
    header, settled, _rejected, *refused = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header[:4] == ["行", "列", "申报号", "受理结果"]
    assert settled[2:4] == ["'=2+3", "已受理"]
    assert settled[-1] == "597.50"
    assert [row[6] for row in refused] == ["invalid_amount", "wrong_type"]
    assert all(row[7] for row in refused)


def test_results_as_xlsx_are_texts(api, results):
    answer = api.get(results, headers={"Accept": XLSX, "Accept-Language": "en"})
    assert answer["Content-Type"] == XLSX
    book = load_workbook(io.BytesIO(answer.getvalue()))
    rows = list(book.active.iter_rows())
    assert [cell.value for cell in rows[0]][:4] == ["row", "column", "claim_number", "arrival"]
    assert (rows[1][2].value, rows[1][2].data_type) == ("=2+3", "s")
    assert len(rows) == 5


def test_another_format_is_refused(api, results):
    answer = api.get(f"{results}?format=pdf")
    assert answer.status_code == 400
    assert [(e["parameter"], e["code"]) for e in problem_of(answer)["errors"]] == [
        ("format", "invalid_choice")
    ]


# --- Refused whole -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"", JSON, "malformed_array"),
        (b"{}", JSON, "no_array"),
        (b"[]", JSON, "no_claims"),
        (b"[{}", JSON, "malformed_array"),
        (b"[" * 100_000, JSON, "too_deep"),
        (b"[" + b"1," * 10_000 + b"1]", JSON, "too_many_claims"),
        (b"\n \n", NDJSON, "no_claims"),
        (b"", CSV, "no_claims"),
        (HEADER.encode(), CSV, "no_claims"),
        (b'a,"b\nc', CSV, "malformed_csv"),
        (b"a\0b", CSV, "malformed_csv"),
        (b"\xff\xff\xff", CSV, "unreadable_text"),
        (HEADER.encode(), "text/csv; charset=klingon", "unknown_charset"),
        (b"PK\x03\x04rest", XLSX, "no_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLSX, "old_or_locked_workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(api, body, media_type, code):
    answer = send(api, body, media_type)
    assert answer.status_code == 400
    assert [e["code"] for e in problem_of(answer)["errors"]] == [code]
    assert not ClaimBatch.objects.exists()


def test_all_faults_of_a_header_are_told_at_once(api):
    answer = send(api, "申报号,申报号,370600198005010017\n".encode(), CSV)
    problem = problem_of(answer)
    assert [e["code"] for e in problem["errors"]] == ["unknown_columns", "columns_twice", "columns_missing"]
    assert "370600198005010017" not in answer.content.decode()
    assert "C" in problem["errors"][0]["detail"]


@pytest.mark.parametrize("media_type", ["multipart/form-data; boundary=x", "text/plain", "application/zip"])
def test_other_content_types_are_refused(api, media_type):
    answer = send(api, b"[]", media_type)
    assert problem_of(answer)["status"] == 415
    assert "text/csv" in problem_of(answer)["detail"]


def test_a_compressed_file_is_refused(api):
    assert send(api, b"[]", JSON, **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_file_over_its_limit_is_refused_unread(api, settings, monkeypatch):
    settings.API_MAX_BATCH_BYTES = 10
    monkeypatch.setattr("claims.api.batches.receive", lambda **_: pytest.fail("was read"))
    answer = send(api, [claim()])
    assert problem_of(answer)["status"] == 413


@pytest.mark.parametrize("media_type", [JSON, NDJSON, CSV])
def test_a_file_that_is_cut_off_is_refused_whole(api, member, media_type):
    row = f"C1,{member.number},普通门诊,2023-03-01,A,,1,1,1"
    whole = {
        JSON: encoded([claim()]),
        NDJSON: encoded(claim()) + b"\n",
        CSV: table(row, row.replace("C1", "C2")),
    }
    data = whole[media_type]
    cut = data[: len(table(row))] if media_type == CSV else data
    sent = {"wsgi.input": io.BytesIO(cut), "CONTENT_LENGTH": str(len(cut) + 20)}
    answer = api.generic("POST", URL, cut, content_type=media_type, **sent)
    assert [e["code"] for e in problem_of(answer)["errors"]] == ["incomplete_body"]
    assert not Claim.objects.exists()


# --- Idempotency ---------------------------------------------------------------------------------


def test_the_same_file_under_a_key_is_the_same_batch(api, member):
    body = numbered(member, "C1")
    first = send(api, body, **{"Idempotency-Key": "2023-03-01"})
    again = send(api, json.dumps(body, indent=2).encode(), **{"Idempotency-Key": "2023-03-01"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again["Location"] == first["Location"]
    assert again.json() == first.json()
    assert first.json()["idempotency_key"] == "2023-03-01"


def test_another_file_under_a_key_is_a_conflict(api, member):
    send(api, numbered(member, "C1"), **{"Idempotency-Key": "K"})
    answer = send(api, numbered(member, "C1", "C2"), **{"Idempotency-Key": "K"})
    problem = problem_of(answer)
    assert (problem["status"], [e["code"] for e in problem["errors"]]) == (409, ["duplicate_batch"])
    assert Claim.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "钥匙".encode().decode("latin-1")])
def test_an_idempotency_key_has_a_form(api, key):
    answer = send(api, [claim()], **{"Idempotency-Key": key})
    assert [e["code"] for e in problem_of(answer)["errors"]] == ["invalid_idempotency_key"]


# --- Whose ---------------------------------------------------------------------------------------


def test_a_batch_is_its_institutions_own(api, other_api, member):
    address = send(api, numbered(member, "C1"))["Location"]
    for path in (address, f"{address}results/", f"{address}results/?format=csv", f"{URL}{uuid4()}/"):
        assert problem_of(other_api.get(path))["status"] == 404
    assert send(other_api, numbered(member, "C1")).json()["stored"] == 1


def test_without_a_key_nothing_is_read(client):
    for answer in (client.post(URL, b"[]", content_type=JSON), client.get(f"{URL}{uuid4()}/results/")):
        assert problem_of(answer)["status"] == 401


def test_the_claims_of_a_batch_are_listed(api, other_api, member):
    send(api, numbered(member, "C0"))
    batch = send(api, numbered(member, "C0", "C1", "C2")).json()
    found = api.get(batch["links"]["claims"]).json()["results"]
    assert [one["claim_number"] for one in found] == ["C2", "C1", "C0"]
    page = api.get(f"{batch['links']['claims']}&page_size=2").json()
    assert [one["claim_number"] for one in api.get(page["next"]).json()["results"]] == ["C0"]
    for asking, batch_id in ((other_api, batch["id"]), (api, uuid4()), (api, "x")):
        answer = asking.get(f"/api/v1/claims/?batch={batch_id}")
        assert [(e["parameter"], e["code"]) for e in problem_of(answer)["errors"]] == [
            ("batch", "unknown_batch")
        ]


# --- Description ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document():
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def _check(document, name, instance):
    reference = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(reference, format_checker=jsonschema.FormatChecker()).validate(instance)


def test_answers_and_examples_fit_their_description(api, results, document):
    _check(document, "ClaimBatch", api.get(results.removesuffix("results/")).json())
    _check(document, "ClaimBatchResults", api.get(results).json())
    _check(document, "ClaimBatch", examples.BATCH)
    _check(document, "ClaimBatchResults", examples.BATCH_RESULTS)
    told = api.get(results).json()["results"]
    assert {frozenset(one) for one in told} == {frozenset(examples.BATCH_RESULTS["results"][0])}


def test_the_columns_are_described(document):
    text = document["paths"][URL]["post"]["description"]
    assert "| `quantity` | 数量 | ✓ |" in text
    assert "普通门诊＝ordinary" in text


@pytest.mark.parametrize("media_type", [JSON, NDJSON, CSV, XLSX])
@pytest.mark.parametrize(
    "body", [b"\x00" * 50, b"[[[]]]", b'[{"lines":[{"amount":{}}]}]', b"\xef\xbb\xbf[1]", b"PK"]
)
def test_no_body_is_a_fault_of_ours(api, body, media_type):
    assert send(api, body, media_type).status_code in (202, 400)
