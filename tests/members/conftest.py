from datetime import UTC, date, datetime

import pytest

from members import registry
from policies.library import read_path, read_register, version_files
from policies.services import load_version, publish_version
from policies.services.register import load_register

AT = datetime(2024, 3, 1, 4, tzinfo=UTC)
ON = date(2024, 3, 1)
REASON = "test"


@pytest.fixture
def publish(db):
    """publish("370600", "2023-01-01"): that version of the project's files, in force."""

    def publish(city: str, *dates: str):
        common = {"actor": None, "actor_name": "test", "reason": REASON, "at": AT}
        load_register(register=read_register(), actor=None, reason=REASON, at=AT)
        for path in version_files():
            if path.stem in {f"{city}-{day}" for day in dates}:
                content = read_path(path)
                version, _new = load_version(content=content, **common)
                publish_version(version=version, effective_from=content.effective_from, **common)

    return publish


@pytest.fixture
def heard(monkeypatch):
    """What listeners are told, in order."""
    changes = []
    monkeypatch.setattr(registry, "_listeners", [])
    registry.on_facts_changed(changes.append)
    return changes
