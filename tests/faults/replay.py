"""Every settlement once more, by one thread, from empty accumulators, in the database's own order.

A settlement's key is drawn under the locks of all that it reads and moves (the shard, the accumulators, the
accounts of the family), so the order of the keys is an order in which one worker could have done the same work.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
from django.utils import timezone

from claims.content import decode
from claims.engine.result import AMOUNTS, SETTLED
from claims.models import Accumulator, Claim, Settlement
from claims.services.postings import deltas_of, spent_of
from claims.sets import Facts, Incoming, Outcome, reverse_one, settle_one
from members.models import PersonalAccount
from policies.models import PolicyVersion
from policies.selectors import terms_of
from tests.faults.people import People

_COMPARED = (*AMOUNTS, "benefit", "tier", "status", "fund_rate")
# Between the clock's reading and the reading of versions, and the other way round.
_PUBLISHED_ABOUT = timedelta(seconds=5)


@dataclass
class Replayed:
    """`mispriced`, `accumulators`, `accounts`: what differs, in words. `settlements`: how many were replayed."""

    settlements: int = 0
    mispriced: list[str] = field(default_factory=list)
    accumulators: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)


def replay(people: People, clock_error: timedelta = timedelta()) -> Replayed:
    """Compare everything. `clock_error`: how wrong the processes' clocks were at most."""
    found, facts, versions = Replayed(), _facts(people), _Versions(clock_error)
    outcomes: dict[object, Outcome] = {}
    reversed_ids = set(Settlement.objects.filter(revision=2).values_list("claim_id", flat=True))
    for row in _rows():
        found.settlements += 1
        if row.kind == Settlement.Kind.REVERSED:
            found.mispriced += _reverse(facts, row, outcomes)
            continue
        found.mispriced += versions.faults(row)
        facts.terms = lambda city, day, version=row.version_id: terms_of(version) if city else None
        facts.known_on = timezone.localdate(row.settled_at)
        outcome = settle_one(facts, _incoming(row.claim))
        found.mispriced += _differences(row, outcome)
        if row.claim_id in reversed_ids:
            outcomes[row.claim_id] = outcome
    found.accumulators = _accumulators(facts)
    found.accounts = _accounts(facts)
    return found


def _facts(people: People) -> Facts:
    facts = people.population.facts()
    facts.balances = {member.id: people.openings.get(member.id, 0) for member in facts.members.values()}
    taken_up = Claim.objects.filter(status__in=(Claim.State.MERGED, Claim.State.PENDED), benefit="emergency")
    facts.awaiting = {
        (claim.institution.code, claim.claim_number): _incoming(claim)
        for claim in taken_up.select_related("institution")
    }
    if Claim.objects.filter(status=Claim.State.PENDED, admitted_on__isnull=False).exists():
        raise NotImplementedError("a pended stay counts from a moment that no settlement's key tells")
    return facts


def _rows() -> Iterator[Settlement]:
    rows = Settlement.objects.select_related("claim__institution").order_by("pk")
    return rows.iterator(chunk_size=2000)


def _incoming(claim: Claim) -> Incoming:
    return Incoming(
        claim.pk,
        claim.claim_number,
        claim.institution.code,
        decode(claim.content),
        claim.received_on,
        claim.reviewed,
    )


def _differences(row: Settlement, outcome: Outcome) -> Iterator[str]:
    result, name = outcome.result, row.claim.claim_number
    if result.outcome != SETTLED:
        yield f"{name}: the replay gives {result.outcome} {result.code}"
        return
    given = {n: getattr(result, n) for n in _COMPARED}
    given |= {"reason": result.code or "", "place": outcome.place, "member_id": outcome.case.member.id}
    for column, value in given.items():
        if getattr(row, column) != value:
            yield f"{name}: {column} is {getattr(row, column)}, the replay gives {value}"
    moved = (
        ("deltas", deltas_of(row), result.deltas),
        ("spent", spent_of(row), dict(result.spent)),
        ("used", msgspec.json.decode(row.used), result.used),
    )
    for column, stored, value in moved:
        if stored != value:
            yield f"{name}: {column} are {stored}, the replay gives {value}"


def _reverse(facts: Facts, row: Settlement, outcomes: dict[object, Outcome]) -> Iterator[str]:
    outcome = outcomes.pop(row.claim_id, None)
    if outcome is None:
        yield f"{row.claim.claim_number}: reversed before it was settled, or twice"
        return
    reverse_one(facts, outcome)
    for name in AMOUNTS:
        if getattr(row, name) != -getattr(outcome.result, name):
            yield f"{row.claim.claim_number}: the reversal's {name} is not what was settled"


class _Versions:
    """Which version may have been in force for a settlement, by when each was published."""

    def __init__(self, clock_error: timedelta):
        self._published = list(PolicyVersion.objects.filter(published_at__isnull=False))
        self._about = _PUBLISHED_ABOUT + clock_error
        self._seen: dict[tuple, list[PolicyVersion]] = {}

    def faults(self, row: Settlement) -> Iterator[str]:
        if not any(version.pk == row.version_id for version in self._possible(row)):
            yield f"{row.claim.claim_number}: version {row.version_id} was not in force"

    def _possible(self, row: Settlement) -> Iterator[PolicyVersion]:
        early, late = row.settled_at - self._about, row.settled_at + self._about
        of_city = [
            v for v in self._published if v.city_id == row.city and v.effective_from <= row.service_date
        ]
        for moment in {early, late, *(v.published_at for v in of_city if early <= v.published_at <= late)}:
            known = [v for v in of_city if v.published_at <= moment]
            if known:
                yield max(known, key=lambda v: (v.effective_from, v.revision))


def _accumulators(facts: Facts) -> list[str]:
    stored = Counter()
    for member, key, value in Accumulator.objects.values_list("member_id", "key", "value").iterator():
        if value:
            stored[member, key] = value
    given = {(m, key): value for m, used in facts.used.items() for key, value in used.items() if value}
    return [
        f"member {m}, {key}: {stored.get((m, key), 0)}, the replay gives {given.get((m, key), 0)}"
        for m, key in sorted(stored.keys() | given.keys())
        if stored.get((m, key), 0) != given.get((m, key), 0)
    ]


def _accounts(facts: Facts) -> list[str]:
    stored = dict(PersonalAccount.objects.values_list("pk", "balance"))
    return [
        f"account {id}: {stored.get(id, 0)}, the replay gives {balance}"
        for id, balance in sorted(facts.balances.items())
        if stored.get(id, 0) != balance
    ]
