"""Yantai's policy desk for tests: its versions, a draft for 2025, and one person of each role."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.contrib.auth.models import Group

from policies import access
from policies import desk as standing
from policies.models import City, PolicyVersion, User
from policies.services import approve_version, draft_from, submit_version
from tests.policies import build

AT = datetime(2024, 11, 1, 2, tzinfo=UTC)
YANTAI, CHANGCHUN, CHONGQING, ZHENJIANG = "370600", "220100", "500000", "321100"
PASSWORD = "a long pass phrase"


@dataclass
class Office:
    """Yantai's desk: its versions, a draft for 2025, and one person of each role."""

    versions: dict[str, PolicyVersion]
    draft: PolicyVersion
    officer: User
    colleague: User
    reviewer: User
    publisher: User
    manager: User
    stranger: User

    @property
    def in_force(self) -> PolicyVersion:
        return self.versions["2024-01-01"]

    def submit(self) -> None:
        submit_version(version=self.draft, actor=self.officer, reason="请审核", at=AT)

    def approve(self) -> None:
        seen = standing.desk_of(self.draft, date(2024, 11, 1)).fingerprint
        approve_version(version=self.draft, actor=self.reviewer, reason="同意", at=AT, seen=seen)


def person(name: str, role: str, *cities: str) -> User:
    made = User.objects.create_user(name, password=PASSWORD, is_staff=True, first_name=name)
    made.groups.add(Group.objects.get(name=role))
    made.cities.set(cities)
    return made


def versions() -> dict[str, PolicyVersion]:
    """Yantai's published versions, with those of other cities and the drafts that nobody can publish yet."""
    build.load_register()
    days = ("2022-07-01", "2023-01-01", "2024-01-01")
    found = {day: build.published(build.content(YANTAI, day)) for day in days}
    build.published(build.content(ZHENJIANG, "2023-01-01"))
    build.draft(build.content(CHANGCHUN, "2023-01-01"))
    build.draft(build.content(CHONGQING, "2023-01-01"))
    return found


def build_office() -> Office:
    found = versions()
    officer = person("officer", access.OFFICER, YANTAI, CHANGCHUN, CHONGQING)
    draft = draft_from(
        version=found["2024-01-01"],
        actor=officer,
        reason="按新文件调整",
        at=AT,
        effective_from=date(2025, 1, 1),
    )
    return Office(
        found,
        draft,
        officer,
        person("colleague", access.OFFICER, YANTAI),
        person("reviewer", access.REVIEWER, YANTAI),
        person("publisher", access.PUBLISHER, YANTAI),
        person("manager", access.MANAGER, *City.objects.values_list("pk", flat=True)),
        person("stranger", access.OFFICER, ZHENJIANG),
    )
