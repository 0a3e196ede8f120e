import json
import logging

import pytest
from django.http import HttpResponse
from django.urls import resolve

from config.logs import logging_config, without_row_values
from config.middleware import RequestLog, client_address

CLAIM = "0192aaaa-0000-7000-8000-000000000000"


@pytest.fixture
def logged(monkeypatch):
    """What RequestLog says, without a formatter between."""
    lines = []
    monkeypatch.setattr(
        "config.middleware.log.info", lambda event, **fields: lines.append(fields), raising=False
    )
    return lines


def test_a_request_is_logged_without_its_query(rf, logged):
    request = rf.get("/api/v1/claims/?member=370600198005010017")
    request.resolver_match = resolve("/api/v1/claims/")
    RequestLog(lambda _request: HttpResponse(status=204))(request)
    [line] = logged
    assert line["path"] == "/api/v1/claims/"
    assert (line["method"], line["status"]) == ("GET", 204)
    assert "370600198005010017" not in str(line)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (
            f"/api/v1/claims/{CLAIM}/",
            f"/api/v1/claims/{CLAIM}/",
        ),
        ("/api/v1/members/370600198005010017/", "^api/(?P<rest>.*)$"),
        ("/admin/claims/claim/370600198005010017/change/", "admin/claims/claim/<path:object_id>/change/"),
        ("/张三/", "(unknown)"),
    ],
)
def test_what_somebody_made_up_is_not_logged(client, logged, path, shown):
    client.get(path)
    assert [line["path"] for line in logged] == [shown]


@pytest.mark.parametrize(
    ("sent", "kept"), [("his-2023.7", True), ('x"\n{}', False), ("a" * 65, False), ("", False)]
)
def test_a_plain_request_id_is_kept_and_any_other_replaced(rf, sent, kept):
    response = RequestLog(lambda _request: HttpResponse())(rf.get("/", headers={"X-Request-ID": sent}))
    assert (response["X-Request-ID"] == sent) is kept
    assert response["X-Request-ID"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_only_from_our_own_proxies(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    assert client_address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == address


def test_a_log_line_is_json_without_the_values_of_a_refused_row():
    error = "duplicate key value\nDETAIL:  Key (id_number)=(370600198005010017) already exists."
    assert "3706" not in without_row_values(None, "error", {"event": "x", "exception": error})["exception"]

    formatter = logging_config("INFO")["formatters"]["json"]
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "结算 %s", ("done",), None)
    line = formatter["()"](
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    assert json.loads(line.format(record))["event"] == "结算 done"
