"""Every call that the description lists, with data made from it, right and wrong, as two institutions.

All of schemathesis' checks: no fault of ours, no status, header or body that is not described, nothing wrong
accepted, nothing without a key. And whatever one institution asks, nothing of the other's is in the answer.
"""

import json
from io import StringIO

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from claims.models import Claim
from config.wsgi import application
from tests.api.bodies import claim
from tests.api.system import Api, adjudicate, key_of
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

# A body that fits its description may still be at fault: sums, dates, numbers that stand for nobody. Where none is
# made up, nothing says of what type it is (415).
CONFIG = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "304", "400", "401", "404", "409", "413", "415"]
        }
    }
}
NAMES = ("本院病人甲", "邻院病人乙")


@pytest.fixture(scope="module")
def description():
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    schema = json.loads(out.getvalue())
    found = schemathesis.openapi.from_dict(schema, config=SchemathesisConfig.from_dict(CONFIG))
    found.app = application
    return found


class Party:
    """An institution's system, its claims in several states, and what in them nobody else may see."""

    def __init__(self, prefix: str, code: str, name: str):
        institution = InstitutionFactory(level=1, code=code)
        self.secret = key_of(institution)[1]
        self.member = MemberFactory(name=name, balance=10_000)
        api = Api(self.secret)
        bodies = [claim(member_number=self.member.number, claim_number=f"{prefix}-{n}") for n in range(4)]
        bodies[2]["total"] = "1.00"
        ids = [api.send(body).json()["id"] for body in bodies[:3]]
        adjudicate()
        ids.append(api.send(bodies[3]).json()["id"])
        self.ids = ids
        self.marks = (prefix, code, name, self.member.number, *ids)

    def headers(self) -> dict:
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def parties(yantai, settings):
    settings.API_REQUESTS_PER_MINUTE_AND_KEY = settings.API_REQUESTS_PER_MINUTE_AND_ADDRESS = 0
    ours = Party("OURS-7Q", "H37060099901", NAMES[0])
    theirs = Party("THEIRS-8X", "H37060099902", NAMES[1])
    # As Django's own test client does around each request, or the end of one would close the test's connection.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield ours, theirs
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def explore(description, parties, examples: int) -> int:
    """How many calls were made. Raises one group of what is wrong with all of them."""
    calls, wrong = 0, []
    operations = [found.ok() for found in description.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 6
    for operation in operations:
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
                continue
            try:
                calls += _explore(operation, mode, parties, examples)
            except* Exception as found:
                wrong += found.exceptions
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} calls", wrong)
    return calls


def _takes_anything(operation) -> bool:
    groups = (operation.path_parameters, operation.query, operation.headers, operation.body)
    return any(bool(list(group)) for group in groups)


def _explore(operation, mode, parties, examples: int) -> int:
    ids = st.sampled_from([*parties[0].ids, *parties[1].ids])
    calls = []

    @seed(20261128)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        known=ids,
        makes_up=st.integers(0, 3),
        asks=st.sampled_from([(0, 1), (1, 0)]),
    )
    def call(case, known, makes_up, asks):
        caller, other = parties[asks[0]], parties[asks[1]]
        if mode is GenerationMode.POSITIVE and makes_up and "claim_id" in (case.path_parameters or {}):
            case.path_parameters["claim_id"] = known
        # A file with a malformed claim is taken for the sake of the others, as its description says.
        kept = [negative_data_rejection] if case.path.endswith("claim-batches/") else []
        answer = case.call_and_validate(headers=caller.headers(), excluded_checks=kept)
        calls.append(answer.status_code)
        sent = str((case.path_parameters, case.query, case.body))
        seen = [mark for mark in other.marks if mark in answer.text and mark not in sent]
        assert not seen, f"{case.method} {case.path}: {seen}"
        if known in other.ids and known in str(case.path_parameters):
            assert answer.status_code in (404, 400), (case.method, case.path, answer.status_code)

    call()
    return len(calls)


def test_nothing_undescribed_and_nothing_of_others(description, parties):
    cache.clear()
    assert explore(description, parties, examples=8) > 60
    assert Claim.objects.filter(pk__in=parties[1].ids).exists()


def test_the_same_with_many_more(description, parties):
    cache.clear()
    assert explore(description, parties, examples=150) > 1000
