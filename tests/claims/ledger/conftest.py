from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

import claims.apps
from claims.content import Content, ContentLine
from claims.models import Claim
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import submit
from claims.submission import Submission
from claims.triggers import CLAIM, SETTLEMENT
from policies import files, triggers
from policies.library import DATA, read_register
from policies.models import CatalogueItem
from policies.services import load_register, load_version, publish_version
from tests.factories import CityFactory, UserFactory

AT = datetime(2024, 3, 1, 4, tzinfo=UTC)
COMPLETED = Path(__file__).parents[2] / "completed" / "policies"


class Clock:
    """A clock that moves on by a minute at each reading, so that every step has a time of its own."""

    def __init__(self):
        self.now = AT

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(autouse=True)
def _hooks_take_the_same_clock(monkeypatch, clock):
    monkeypatch.setattr(claims.apps, "timezone", SimpleNamespace(now=clock))


@pytest.fixture
def staff(db):
    return UserFactory(username="clerk")


@pytest.fixture
def publish(db, clock):
    """publish("370600-2023-01-01"): that version of the project's files, or a completed one, in force.

    `changes(text) → text` amends the file before it is read. Item A1 is of class A in its city.
    """
    load_register(register=read_register(), actor=None, reason="test", at=AT)

    def publish(stem, changes=lambda text: text):
        path = next(p for p in (DATA / f"{stem}.yaml", COMPLETED / f"{stem}.yaml") if p.exists())
        content = files.read_version(changes(path.read_text()).encode(), path.name)
        common = {"actor": None, "actor_name": "test", "reason": "test", "at": clock()}
        CatalogueItem.objects.get_or_create(
            city=CityFactory(code=content.city), code="A1", item_class="A", valid_from=date(2020, 1, 1)
        )
        version, _ = load_version(content=content, **common)
        return publish_version(version=version, effective_from=content.effective_from, **common)

    return publish


@pytest.fixture
def yantai(publish):
    """Yantai in 2023: level 1 deductible 500, 70 %, level 3 deductible 800, 50 %; limit 1 800 a year."""
    return publish("370600-2023-01-01")


@pytest.fixture
def send(db, clock):
    """send(institution, member, "2023-03-01", 60000): a claim of one class-A line, queued; returns it."""
    numbers = count(1)

    def send(institution, member, day, amount, **content):
        content.setdefault("benefit", "ordinary")
        sent = Content(
            member_number=member.number,
            service_date=None if "discharged_on" in content else date.fromisoformat(day),
            lines=(ContentLine("A1", "药品", 10_000, amount * 100, amount),),
            **content,
        )
        number = f"C{next(numbers):05d}"
        submit(institution=institution, claims=[Submission(number, sent)], at=clock())
        return Claim.objects.get(institution=institution, claim_number=number)

    return send


@pytest.fixture
def settle(clock):
    """settle(*claims): adjudicates all that is queued, and reads these claims anew."""

    def settle(*claims):
        for shard in waiting_shards():
            drain(shard, clock=clock)
        for claim in claims:
            claim.refresh_from_db()
        return claims[0] if len(claims) == 1 else claims

    return settle


@pytest.fixture
def unguarded(owner):
    """`with unguarded():` the triggers on claims and settlements let everything pass."""

    @contextmanager
    def unguarded():
        with owner(), connection.cursor() as cursor:
            if connection.vendor != "postgresql":
                with triggers.suspended(connection):
                    yield
                return
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for change in ("DISABLE", "ENABLE"):
                for table in (SETTLEMENT, CLAIM):
                    cursor.execute(f"ALTER TABLE {table} {change} TRIGGER USER")
                if change == "DISABLE":
                    yield

    return unguarded
