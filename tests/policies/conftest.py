import pytest
from django.utils.translation import override

from policies import registry
from tests.policies.build import load_register


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def register(db):
    """The project's cities, documents and bounds."""
    load_register()


@pytest.fixture
def hooks(monkeypatch):
    """Publication checks and hooks of this test alone."""
    for name in ("_checks", "_on_published"):
        monkeypatch.setattr(registry, name, [])
    return registry
