"""Whom the harness's claims are for: the benchmarks' population with money on accounts and families that share it."""

import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claims.services.intake import shard_of
from members.models import AccountEntry, FamilyLink, Institution, Member
from members.records import Link, MemberRecord, Period
from members.services.accounts import lock_accounts, post_entries
from members.services.keys import create_key
from policies import files
from policies.services import load_version, publish_version
from tests.benchmarks.database import NOW
from tests.benchmarks.population import CITIES, LONG_AGO, Population, populate

# Changchun with figures for stays, so that emergency care is taken up by them.
COMPLETED = Path(__file__).parents[1] / "completed" / "policies" / "changchun.yaml"
_OPENED = date(2022, 12, 1)


@dataclass
class People:
    """`openings`: what each account held at first, in fen, by member id. `keys`: API keys by institution code."""

    population: Population
    openings: dict[int, int]
    keys: dict[str, str]

    def of_city(self, city: str) -> list[MemberRecord]:
        return [m for m in self.population.members.values() if m.covers[0].city == city]

    def of_shard(self, shard: int) -> list[MemberRecord]:
        return [m for m in self.population.members.values() if shard_of(m.number) == shard]

    def institution(self, member: MemberRecord, chance: random.Random) -> str:
        """One of the member's city."""
        city = CITIES.index(member.covers[0].city)
        codes = list(self.population.institutions)
        return chance.choice(codes[city :: len(CITIES)])


def invent(members: int, seed: str) -> People:
    chance = random.Random(seed)
    population = populate(members=members, claims=0)
    everybody = list(population.members.values())
    openings = {m.id: chance.randrange(1_000, 80_000) for m in everybody if chance.random() < 0.7}
    for number, member in enumerate(everybody[: -len(CITIES)]):
        if number % 7 == 0:  # the next one of the same city
            owner = everybody[number + len(CITIES)]
            member.links = (Link(owner.id, "spouse", Period(LONG_AGO)),)
    return People(population, openings, {})


def write(people: People) -> None:
    """What the benchmarks' own writer leaves out, into its database."""
    content = files.read_version(COMPLETED.read_bytes(), COMPLETED.name)
    common = {"actor": None, "reason": "faults", "at": NOW}
    version, _ = load_version(content=content, **common)
    publish_version(version=version, effective_from=content.effective_from, **common)
    entries = [
        AccountEntry(account_id=id, cause=AccountEntry.Cause.OPENING, amount=fen, on=_OPENED, at=NOW)
        for id, fen in people.openings.items()
    ]
    _in_transaction(lambda: post_entries(entries, lock_accounts(people.openings)))
    FamilyLink.objects.bulk_create(
        FamilyLink(
            owner_id=link.owner_id,
            user_id=member.id,
            relation=link.relation,
            consented_on=link.period.starts_on,
        )
        for member in people.population.members.values()
        for link in member.links
    )
    for institution in Institution.objects.all():
        _, people.keys[institution.code] = create_key(institution=institution, **common)
    assert Member.objects.count() == len(people.population.members)


def _in_transaction(write) -> None:
    from django.db import transaction

    with transaction.atomic():
        write()
