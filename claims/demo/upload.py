"""Sending the sample claims as institutions do: by HTTP, each with its institution's key."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence

from claims.demo.stories import REVERSE, WITHDRAW, SampleClaim
from claims.models import Claim

WAIT_SECONDS = 10
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
        _post(api, claim, keys)
        yield claim


def take_back(api: Api, claims: Sequence[SampleClaim], keys: Mapping[str, str]) -> None:
    """Reverses or withdraws the claims that tell so, unless that is done. Raises UploadFailed."""
    for claim in claims:
        if not claim.then:
            continue
        # Sent again, the same claim is answered with what became of it.
        answer = _post(api, claim, keys, Prefer=f"wait={WAIT_SECONDS}")
        before, action = _ACTIONS[claim.then]
        if answer["status"] == before:
            path = answer["links"]["self"] + action
            _expect_ok(claim, *api.call("POST", path, keys[claim.institution], _REASON.get(claim.then, {})))


def _post(api: Api, claim: SampleClaim, keys: Mapping[str, str], **headers: str) -> dict:
    return _expect_ok(
        claim, *api.call("POST", "/api/v1/claims/", keys[claim.institution], claim.body, **headers)
    )


def _expect_ok(claim: SampleClaim, status: int, answer: dict) -> dict:
    if status not in (http.HTTPStatus.OK, http.HTTPStatus.ACCEPTED):
        raise UploadFailed(f"{claim.number}: {status} {answer.get('detail', answer)}")
    return answer
