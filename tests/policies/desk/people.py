"""Staff with roles, and drafts brought as far as a test needs them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group

from policies import services
from policies.access import AUDITOR, CLERK, MANAGER, OFFICER, PUBLISHER, REVIEWER
from policies.desk import Desk, desk_of
from policies.models import PolicyVersion, User
from policies.services.drafts import edit_draft
from policies.store import rows_of
from tests.policies.build import YANTAI, cell

AT = datetime(2022, 6, 21, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
TODAY = AT.date()


def someone(role: str | None, name: str, *cities: str) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.cities.set(cities or [YANTAI])
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


@dataclass
class People:
    officer: User
    reviewer: User
    publisher: User
    clerk: User
    manager: User
    auditor: User


def hire(*cities: str) -> People:
    roles = (OFFICER, REVIEWER, PUBLISHER, CLERK, MANAGER, AUDITOR)
    return People(*(someone(role, role.replace(" ", "-"), *cities) for role in roles))


def standing(version: PolicyVersion) -> Desk:
    return desk_of(PolicyVersion.objects.get(pk=version.pk), TODAY)


def submit(version, people, **more):
    return services.submit_version(
        version=version, **{"actor": people.officer, "reason": "完成", "at": AT, **more}
    )


def approve(version, people, **more):
    asked = {"actor": people.reviewer, "reason": "核对无误", "at": AT, "seen": standing(version).fingerprint}
    return services.approve_version(version=version, **{**asked, **more})


def publish(version, people, **more):
    asked = {"actor": people.publisher, "reason": "局长办公会通过", "at": AT, **more}
    return services.publish_version(version=version, **asked)


def approved(version, people) -> PolicyVersion:
    submit(version, people)
    approve(version, people)
    return version


def edit(version, people, change=None, **more):
    """The draft's content with `change(content)` applied to it; by default a rate is another one."""
    content = rows_of(PolicyVersion.objects.get(pk=version.pk))
    (change or raise_rate)(content)
    return edit_draft(
        version=version, content=content, **{"actor": people.officer, "reason": "更正", "at": LATER, **more}
    )


def raise_rate(content) -> None:
    cell(content, "ordinary", "level 1", "employed").rate += 100
