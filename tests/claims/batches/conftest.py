from datetime import UTC, datetime
from io import BytesIO

import pytest

from claims.services.batches import receive
from tests.api.bodies import claim, encoded
from tests.factories import InstitutionFactory

AT = datetime(2023, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def clinic(db):
    return InstitutionFactory()


@pytest.fixture
def send(clinic):
    """Sends a file as the clinic does; a list is sent as JSON."""

    def send(content, format="json", *, institution=clinic, key="", **how):
        data = encoded(content) if isinstance(content, list) else content
        how = {"at": AT} | how
        return receive(institution=institution, file=BytesIO(data), format=format, idempotency_key=key, **how)

    return send


def numbered(*numbers, **changes):
    return [claim(claim_number=number, **changes) for number in numbers]
