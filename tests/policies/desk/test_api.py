"""Published versions for everybody, as JSON that may be cached."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policies import services
from policies.api import views
from tests.policies.build import CHANGCHUN, KAIFENG, YANTAI, ZHENJIANG, content, draft, publish, published
from tests.policies.desk.people import AT

pytestmark = pytest.mark.usefixtures("register", "hooks")
LIST = "/api/v1/policies/"


@pytest.fixture
def yantai(register, hooks):
    return [published(content(YANTAI, d)) for d in ("2022-07-01", "2023-01-01", "2024-01-01")]


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [entry["id"] for entry in answer.json()["results"]]


def test_a_citys_published_versions_are_listed_without_any_key(client, yantai):
    published(content(KAIFENG, "2023-01-01"))
    draft(content(YANTAI, "2022-07-01"))
    answer = client.get(LIST, {"city": YANTAI})
    assert ids(answer) == [version.pk for version in yantai]
    assert answer.json()["next"] is None
    first = answer.json()["results"][0]
    assert first == {
        "id": yantai[0].pk,
        "city": {"code": "370600", "name": "烟台市", "name_en": "Yantai"},
        "effective_from": "2022-07-01",
        "effective_to": "2022-12-31",
        "effective_basis": "text",
        "effective_clause": "二(一)",
        "revision": 1,
        "corrected": False,
        "document": {
            "number": "烟政办发〔2022〕17号",
            "title": "关于建立健全职工基本医疗保险门诊共济保障机制的实施意见",
        },
        "note": "",
        "published_at": yantai[0].published_at.isoformat(),
        "fingerprint": yantai[0].fingerprint,
        "links": {"self": f"/api/v1/policies/{yantai[0].pk}/"},
    }
    assert answer.json()["results"][2]["effective_to"] is None


@pytest.mark.parametrize(
    ("on", "place"), [("2022-06-30", None), ("2022-12-31", 0), ("2023-01-01", 1), ("2099-01-01", 2)]
)
def test_on_a_day_the_version_that_applies(on, place, client, yantai):
    assert ids(client.get(LIST, {"city": YANTAI, "on": on})) == ([] if place is None else [yantai[place].pk])


def test_on_a_day_every_city_has_one(client, yantai):
    kaifeng = published(content(KAIFENG, "2022-07-01"))
    assert ids(client.get(LIST, {"on": "2023-05-01"})) == [yantai[1].pk, kaifeng.pk]


def test_a_corrected_version_stays_readable_and_says_so(client, yantai):
    second = publish(services.draft_from(version=yantai[0], actor=None, at=AT))
    entries = {entry["id"]: entry for entry in client.get(LIST, {"city": YANTAI}).json()["results"]}
    assert (entries[yantai[0].pk]["corrected"], entries[yantai[0].pk]["effective_to"]) == (True, None)
    assert (entries[second.pk]["revision"], entries[second.pk]["effective_to"]) == (2, "2022-12-31")
    assert ids(client.get(LIST, {"city": YANTAI, "on": "2022-08-01"})) == [second.pk]


def test_drafts_and_withdrawn_versions_are_not_there(client, yantai):
    hidden = draft(content(KAIFENG, "2023-01-01"))
    ahead = publish(services.draft_from(version=yantai[2], actor=None, at=AT, effective_from=_tomorrow()))
    services.withdraw_version(version=ahead, actor=None, actor_name="x", reason="x", at=AT)
    assert ahead.pk not in ids(client.get(LIST))
    for pk in (hidden.pk, ahead.pk, 10**6, 2**70):
        answer = client.get(f"{LIST}{pk}/")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def _tomorrow():
    return timezone.localdate() + timedelta(days=1)


def test_a_version_has_all_its_parameters_with_their_clauses(client):
    version = published(content(ZHENJIANG, "2023-01-01"))
    found = client.get(f"{LIST}{version.pk}/").json()["parameters"]
    ordinary = next(row for row in found["benefits"] if row["benefit"] == "ordinary")
    cell = next(row for row in ordinary["terms"] if (row["tier"], row["status"]) == ("A", "employed"))
    assert (cell["deductible"], cell["rate"], cell["offered"]) == ("800.00", "0.6000", True)
    assert cell["source"] == {
        "document": "镇政办发〔2022〕73号",
        "clause": "二(一)2",
        "basis": "text",
        "note": "",
    }
    limit = found["limits"][0]
    assert (limit["amount"], limit["basis"]) == ("10000.00", "eligible_expense")
    assert limit["source"]["note"].startswith("I-4")
    bands = found["critical_illness"]["bands"]
    assert [(band["above"], band["rate"]) for band in bands] == [
        ("0.00", "0.0000"),
        ("6000.00", "0.6000"),
        ("60000.00", "0.7000"),
    ]
    own = next(row for row in found["account_credits"] if row["method"] == "own_amount")
    assert (own["rate"], own["amount"]) == (None, None)
    share = next(row for row in found["account_credits"] if row["method"] == "base_rate")
    assert (share["rate"], share["amount"]) == ("0.0200", None)


def test_what_is_unset_is_null_with_what_it_waits_for(client):
    version = publish(
        draft(content(CHANGCHUN, "2023-01-01")),
        effective_from=content(CHANGCHUN, "2023-01-01").effective_from,
    )
    found = client.get(f"{LIST}{version.pk}/").json()
    special = next(row for row in found["parameters"]["benefits"] if row["benefit"] == "special")
    assert special["terms"][0]["rate"] is None
    assert special["terms"][0]["rate_waits_for"] == "长春市职工医保住院待遇规定"
    assert found["effective_basis"] == "assumed"
    assert found["parameters"]["status_change"]["account"] == "next_month"
    fixed = next(row for row in found["parameters"]["account_credits"] if row["method"] == "fixed")
    assert (fixed["rate"], fixed["amount"]) == (None, "109.00")


def test_no_parameter_of_a_version_is_left_out(client, yantai):
    from policies.store import rows_of

    found = client.get(f"{LIST}{yantai[0].pk}/").json()["parameters"]
    content_rows = rows_of(yantai[0])
    for name in content_rows.__struct_fields__:
        value = getattr(content_rows, name)
        if isinstance(value, list):
            assert len(found[name]) == len(value), name


# --- Caching --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [LIST, f"{LIST}?city=370600", "detail"])
def test_an_answer_may_be_kept_and_asked_for_again(address, client, yantai):
    address = f"{LIST}{yantai[1].pk}/" if address == "detail" else address
    first = client.get(address)
    assert first["Cache-Control"] == "public, max-age=300"
    assert first["ETag"].startswith('"')
    assert "Cookie" not in first.get("Vary", "")
    for header in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        again = client.get(address, headers=header)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
    publish(services.draft_from(version=yantai[1], actor=None, at=AT), at=AT + timedelta(days=1))
    later = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert later.status_code == 200
    assert later["ETag"] != first["ETag"]
    assert client.get(address, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200


def test_the_answer_is_the_same_in_every_language(client, yantai):
    answers = {
        client.get(f"{LIST}{yantai[0].pk}/", headers={"Accept-Language": language}).content
        for language in ("zh", "en", "de")
    }
    assert len(answers) == 1


def test_nothing_can_be_written(client, yantai):
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(LIST)
        assert answer.status_code == 405
        assert answer["Content-Type"] == "application/problem+json"
    assert client.head(LIST).status_code == 200
    assert client.options(LIST).status_code == 204


# --- Faults ---------------------------------------------------------------------------------------

FAULTS = [
    ("city=3706", {"city": "invalid_city"}),
    ("city=烟台", {"city": "invalid_city"}),
    ("on=20230101", {"on": "invalid_date"}),
    ("on=2023-02-30", {"on": "invalid_date"}),
    ("on=2023-W01-1", {"on": "invalid_date"}),
    ("cursor=-1", {"cursor": "invalid_cursor"}),
    ("date=2023-01-01", {"date": "unknown_parameter"}),
    ("city=370600&city=370600", {"city": "repeated"}),
    ("city=x&on=y&<b>=1", {"city": "invalid_city", "on": "invalid_date", "": "unknown_parameter"}),
]


@pytest.mark.parametrize(("query", "faults"), FAULTS)
def test_every_fault_of_a_query_is_named_at_once(query, faults, client):
    answer = client.get(f"{LIST}?{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert {fault["parameter"]: fault["code"] for fault in answer.json()["errors"]} == faults
    assert all(fault["detail"] for fault in answer.json()["errors"])


def test_a_city_that_nobody_knows_has_no_versions(client):
    assert ids(client.get(LIST, {"city": "999999"})) == []


# --- Pages and cost -------------------------------------------------------------------------------


def test_long_lists_come_in_pages(client, yantai, monkeypatch):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    first = client.get(LIST, {"city": YANTAI}).json()
    assert [entry["id"] for entry in first["results"]] == [version.pk for version in yantai[:2]]
    second = client.get(first["next"]).json()
    assert ([entry["id"] for entry in second["results"]], second["next"]) == ([yantai[2].pk], None)


def test_more_versions_take_no_more_queries(client, yantai):
    counts = []
    for day in ("2022-07-01", "2023-01-01"):
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
        published(content(KAIFENG, day))
    assert counts[0] == counts[1] <= 6
    assert len(ids(client.get(LIST))) == 5


def test_the_calls_are_in_the_apis_description(client):
    text = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    assert set(text["paths"]) >= {"/api/v1/policies/", "/api/v1/policies/{version_id}/"}
    listing = text["paths"]["/api/v1/policies/"]["get"]
    assert {p["name"] for p in listing["parameters"]} == {"city", "on", "cursor", "If-None-Match"}
    assert {"200", "304", "400", "429"} <= set(listing["responses"])
    assert listing.get("security", [{}]) in ([], [{}])
