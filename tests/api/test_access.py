"""Keys, limits, and the form of every refusal."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from claims.api import access, views
from claims.models import Claim
from members.services.keys import revoke_key, rotate_key
from tests.api.bodies import claim
from tests.api.system import Api, key_of

pytestmark = pytest.mark.django_db

URL = "/api/v1/claims/"


def problem_of(answer) -> dict:
    """The problem, after checking its form."""
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    return problem


# --- Keys ----------------------------------------------------------------------------------------


def test_a_live_key_is_let_in_and_its_use_noted(institution):
    key, secret = key_of(institution)
    assert Api(secret).get(URL).status_code == 200
    key.refresh_from_db()
    assert key.last_used_on == timezone.localdate()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer mz_" + "x" * 54,
        "Bearer mz_" + "x" * 500,
        "Bearer 密钥",
        "Basic dXNlcjpwYXNz",
        "bearer\x00",
    ],
)
def test_without_a_live_key_nothing_is_shown(client, header):
    headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
    answer = client.get(URL, headers=headers)
    problem_of(answer)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_key_is_refused(institution):
    _, secret = key_of(institution, expires_at=timezone.now() - timedelta(seconds=1))
    assert Api(secret).get(URL).status_code == 401


def test_a_revoked_key_is_refused(institution):
    key, secret = key_of(institution)
    revoke_key(key=key, at=timezone.now(), actor=None, reason="lost")
    assert Api(secret).get(URL).status_code == 401


def test_a_rotated_key_works_beside_the_new_one_for_a_while(institution):
    key, old = key_of(institution)
    now = timezone.now()
    _, new = rotate_key(key=key, at=now, old_works_until=now + timedelta(days=1), actor=None, reason="yearly")
    assert [Api(secret).get(URL).status_code for secret in (old, new)] == [200, 200]
    revoke_key(key=key, at=now, actor=None, reason="done")
    assert [Api(secret).get(URL).status_code for secret in (old, new)] == [401, 200]


def test_staff_who_are_logged_in_are_no_institution(client, django_user_model, settings):
    settings.AXES_ENABLED = False  # it wants the address from which somebody logs in
    client.force_login(django_user_model.objects.create_superuser("chief"))
    assert client.get(URL).status_code == 401


# --- The form of refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/claims/",
        "/api/v1/claims",
        "/api/v1/claims/7/",
        "/api/v1/nothing/",
        "/api/v1/%00/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
def test_an_unknown_address_is_a_problem_even_without_a_key(client, path, method):
    answer = getattr(client, method)(path)
    assert problem_of(answer)["status"] == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_is_not_offered_is_named_in_allow(api, method):
    answer = getattr(api, method)(URL)
    assert problem_of(answer)["status"] == 405
    assert "POST" in answer["Allow"]


def test_options_tells_the_methods_and_head_is_get_without_a_body(api):
    options = api.options(URL)
    assert (options.status_code, options.content) == (204, b"")
    assert {"GET", "POST", "HEAD", "OPTIONS"} <= set(options["Allow"].replace(" ", "").split(","))
    head = api.head(URL)
    assert (head.status_code, head.content) == (200, b"")


def test_a_form_is_no_json(api):
    answer = api.post(URL, {"claim_number": "1"})
    assert problem_of(answer)["status"] == 415


def test_a_compressed_body_is_refused(api):
    answer = api.send(claim(), **{"Content-Encoding": "gzip"})
    assert problem_of(answer)["status"] == 415


def test_only_json_is_answered(api):
    answer = api.get(URL, headers={"Accept": "text/html"})
    assert problem_of(answer)["status"] == 406


def test_a_body_over_its_limit_is_refused_unread(api, settings, monkeypatch):
    settings.API_MAX_BODY_BYTES = 100
    monkeypatch.setattr("claims.api.bodies.decode", lambda body: pytest.fail("was read"))
    answer = api.send(claim())
    assert problem_of(answer)["status"] == 413
    assert "100" in problem_of(answer)["detail"]


def test_a_body_of_unsaid_length_is_refused(api):
    answer = api.generic("POST", URL, headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
    assert problem_of(answer)["status"] == 411


def test_a_fault_of_ours_tells_nothing(api, monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("370600198005010017")

    monkeypatch.setattr(views, "page_of", fail)
    api.raise_request_exception = False
    answer = api.get(URL)
    assert problem_of(answer)["status"] == 500
    assert b"370600198005010017" not in answer.content
    assert "RuntimeError" in caplog.text
    assert "test_access.py" in caplog.text
    assert "370600198005010017" not in caplog.text


def test_a_database_that_is_away_is_a_matter_of_time(api, monkeypatch):
    def fail(*args):
        raise OperationalError("host=secret")

    monkeypatch.setattr(views, "page_of", fail)
    answer = api.get(URL)
    assert problem_of(answer)["status"] == 503
    assert answer["Retry-After"]
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("error", "status"),
    [(Http404("secret"), 404), (PermissionDenied("secret"), 403), (UnreadablePostError("secret"), 400)],
)
def test_what_django_raises_is_a_problem_too(api, monkeypatch, error, status):
    def fail(*args):
        raise error

    monkeypatch.setattr(views, "page_of", fail)
    answer = api.get(URL)
    assert problem_of(answer)["status"] == status
    assert b"secret" not in answer.content


def test_what_fails_before_any_view_is_a_problem_under_api_only(client):
    assert problem_of(client.get(URL, headers={"Host": "evil.example"}))["status"] == 400
    page = client.get("/healthz/", headers={"Host": "evil.example"})
    assert (page.status_code, page["Content-Type"].partition(";")[0]) == (400, "text/html")


@pytest.mark.parametrize(
    ("language", "title"),
    [("zh-CN", "未找到"), ("en-US,en;q=0.9", "Not found"), ("fr", "未找到"), ("", "未找到")],
)
def test_a_problem_speaks_the_callers_language(client, language, title):
    assert client.get("/api/v1/no/", headers={"Accept-Language": language}).json()["title"] == title


def test_nothing_of_a_refused_body_is_echoed(api):
    number = "370600198005010017"
    body = claim(member_number=number + "\x00", **{number: number})
    answer = api.send(body)
    assert answer.status_code == 400
    assert number not in answer.content.decode()


def test_answers_are_kept_by_nobody(api):
    assert api.get(URL)["Cache-Control"] == "no-store"
    assert api.get("/api/v1/no/")["Cache-Control"] == "no-store"


def test_pages_for_people_keep_their_own_errors(client):
    assert client.get("/nothing").status_code == 404
    assert "problem" not in client.get("/nothing")["Content-Type"]


# --- Limits --------------------------------------------------------------------------------------


def test_a_key_has_its_limit_and_another_key_its_own(api, other_api, settings):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = 2
    assert [api.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    refused = api.get(URL)
    assert problem_of(refused)["status"] == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert other_api.get(URL).status_code == 200


def test_an_address_has_its_limit_also_without_a_key(settings):
    settings.API_REQUESTS_PER_MINUTE_AND_ADDRESS = 2
    client = Client()
    assert [client.get(URL).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/api/v1/no/").status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").get(URL).status_code == 401


def test_a_limit_of_nothing_is_none(api, settings):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = settings.API_REQUESTS_PER_MINUTE_AND_ADDRESS = 0
    assert api.get(URL).status_code == 200


def test_requests_are_not_stopped_while_the_cache_is_away(api, settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = 1
    tries = []

    def away(*args, **kwargs):
        tries.append(args)
        raise RedisAway

    monkeypatch.setattr(access.cache, "add", away)
    monkeypatch.setattr(access._PerMinute, "_paused_until", 0.0)
    assert [api.get(URL).status_code for _ in range(3)] == [200, 200, 200]
    assert len(tries) == 1  # then it is left alone for some seconds
    cache.clear()


def test_a_refused_claim_stores_nothing(settings, api, member):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = 1
    api.get(URL)
    assert api.send(claim(member_number=member.number)).status_code == 429
    assert not Claim.objects.exists()


def test_a_cache_emptied_while_requests_are_counted_stops_no_claim(api, member, settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = 1  # so that every request is added up at once

    def emptied(*_args, **_kwargs):
        raise ValueError("the key is gone")

    monkeypatch.setattr(access.cache, "incr", emptied)
    assert api.send(claim(member_number=member.number)).status_code == 202
