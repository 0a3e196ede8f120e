"""Content for tests: a project version to change, and the same in the database."""

from copy import deepcopy
from datetime import UTC, date, datetime

from msgspec.structs import replace

from policies import library, rows, services

AT = datetime(2022, 6, 20, 9, 0, tzinfo=UTC)
YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING = "370600", "410200", "321100", "220100", "500000"


def content(city: str = YANTAI, day: str = "2022-07-01", **changes) -> rows.VersionRows:
    """A project version's rows, free to be changed."""
    found = deepcopy(library.read_path(library.DATA / f"{city}-{day}.yaml"))
    return replace(found, **changes)


def benefit(version: rows.VersionRows, name: str) -> rows.BenefitRow:
    return next(row for row in version.benefits if row.benefit == name)


def cell(version: rows.VersionRows, name: str, tier: str, status: str) -> rows.TermRow:
    return next(x for x in benefit(version, name).terms if (x.tier, x.status) == (tier, status))


def load_register() -> None:
    services.load_register(register=library.read_register(), actor=None, reason="test", at=AT)


def draft(version: rows.VersionRows | None = None, **more):
    """A draft as the load command makes it (which nobody has edited, so a command may publish it)."""
    asked = {"actor": None, "actor_name": "loader", "reason": "entered", "at": AT, **more}
    return services.create_draft(content=version or content(), **asked)


def publish(version, **more):
    asked = {"actor": None, "actor_name": "tester", "reason": "council decision", "at": AT, **more}
    return services.publish_version(version=version, **asked)


def published(version: rows.VersionRows | None = None, **more):
    return publish(draft(version, **more))


def day(text: str) -> date:
    return date.fromisoformat(text)
