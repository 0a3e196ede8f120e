"""The same number from many threads at once, on PostgreSQL; and bodies of every kind."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.models import Claim, ClaimKey
from tests.api.bodies import claim, encoded, line
from tests.api.system import Api, key_of

THREADS = 12


def at_once(secret, bodies):
    """The answers to bodies that are sent at the same moment."""
    barrier = Barrier(len(bodies))

    def send(body):
        try:
            barrier.wait()
            return Api(secret).send(body)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_claim_from_many_threads_is_stored_once(institution, member):
    _, secret = key_of(institution)
    answers = at_once(secret, [claim(member_number=member.number)] * THREADS)
    assert sorted(a.status_code for a in answers) == [200] * (THREADS - 1) + [202]
    assert len({a.json()["id"] for a in answers}) == Claim.objects.count() == ClaimKey.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_other_contents_under_one_number_exactly_one_is_taken(institution, member):
    _, secret = key_of(institution)
    bodies = [
        claim(member_number=member.number, total=None, lines=[line(name=f"药{n}")]) for n in range(THREADS)
    ]
    answers = at_once(secret, bodies)
    assert sorted(a.status_code for a in answers) == [202] + [409] * (THREADS - 1)
    assert Claim.objects.count() == 1


text = st.text(st.characters(max_codepoint=0x2FFF, categories=None), max_size=6)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
changed = st.dictionaries(st.sampled_from([*claim(), "other"]), anything, max_size=3).map(
    lambda changes: encoded(claim(**changes)) if _encodable(changes) else b"{"
)
broken = st.tuples(st.just(encoded(claim())), st.integers(0, 400), st.binary(max_size=3)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
)


def _encodable(changes) -> bool:
    try:
        encoded(changes)
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.django_db
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=changed | broken | st.binary(max_size=60), path=st.sampled_from(["", "withdrawal/", "reversal/"]))
def test_no_body_is_a_fault_of_ours(api, member, body, path):
    first = api.send(claim(member_number=member.number)).json()["links"]["self"]
    address = f"{first}{path}" if path else "/api/v1/claims/"
    answer = api.generic("POST", address, body, content_type="application/json")
    assert answer.status_code in (200, 202, 400, 409)
