"""Sending the sample claims as institutions do: by HTTP, each with its institution's key."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence

from claims.demo.stories import REVERSE, WITHDRAW, SampleClaim
from claims.models import Claim

WAIT_SECONDS = 10
GIVE_UP_SECONDS = 120
_REASON = {REVERSE: {"reversal_reason": "收费有误，更正后重新申报"}}
_ACTIONS = {REVERSE: ("settled", "reversal/"), WITHDRAW: ("pended", "withdrawal/")}


class UploadFailed(Exception):
    """The API answered a sample claim with something else than expected."""


class Api:
    """One connection to the API, which opens itself again; requests may be repeated without harm."""

    def __init__(self, host: str, port: int):
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def call(
        self, method: str, path: str, key: str, body: Mapping | None = None, **headers: str
    ) -> tuple[int, dict]:
        """The answer's status and JSON; waits where it is asked to slow down."""
        while True:
            status, answer, retry_after = self._once(method, path, key, body, headers)
            if status != http.HTTPStatus.TOO_MANY_REQUESTS:
                return status, answer
            time.sleep(float(retry_after or 1))

    def _once(self, method, path, key, body, headers):
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        try:
            self._connection.request(method, path, sent, headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()  # closed meanwhile by the server, for being idle
            self._connection.request(method, path, sent, headers)
            response = self._connection.getresponse()
        return response.status, json.loads(response.read()), response.headers.get("Retry-After")


def unsent(claims: Sequence[SampleClaim]) -> list[SampleClaim]:
    """Those that the database does not have yet, or that are still to be taken back."""
    numbers = [claim.number for claim in claims]
    rows = Claim.objects.filter(claim_number__in=numbers).values_list("claim_number", "status")
    stored = dict(rows)
    waiting = ("queued", *(before for before, _action in _ACTIONS.values()))
    return [
        claim
        for claim in claims
        if claim.number not in stored or (claim.then and stored[claim.number] in waiting)
    ]


def send(api: Api, claims: Sequence[SampleClaim], keys: Mapping[str, str]) -> Iterator[SampleClaim]:
    """Sends claims one after the other and gives each one sent. Raises UploadFailed."""
    for claim in claims:
        key = keys[claim.institution]
        prefer = {"Prefer": f"wait={WAIT_SECONDS}"} if claim.then else {}
        status, answer = api.call("POST", "/api/v1/claims/", key, claim.body, **prefer)
        if status not in (http.HTTPStatus.OK, http.HTTPStatus.ACCEPTED):
            raise UploadFailed(f"{claim.number}: {status} {answer.get('detail', answer)}")
        if claim.then:
            _follow_up(api, claim, key, answer)
        yield claim


def _follow_up(api: Api, claim: SampleClaim, key: str, answer: dict) -> None:
    """Reverses or withdraws a claim once it is adjudicated, unless that is done."""
    here = answer["links"]["self"]
    ends = time.monotonic() + GIVE_UP_SECONDS
    while answer["status"] == "queued":
        if time.monotonic() > ends:
            raise UploadFailed(f"{claim.number}: not adjudicated in {GIVE_UP_SECONDS} s")
        time.sleep(0.2)
        _status, answer = api.call("GET", here, key)
    before, action = _ACTIONS[claim.then]
    if answer["status"] == before:
        status, answer = api.call("POST", here + action, key, _REASON.get(claim.then, {}))
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise UploadFailed(f"{claim.number}: {action} {status} {answer.get('detail', answer)}")
