"""Replaying a member's year: the claims once more, in the order of receipt, under the versions now in force.

What is known now counts: facts that became known since, and the accounts as they stand. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from claims import store
from claims.affected import in_force
from claims.content import Content, decode
from claims.engine.case import Case
from claims.engine.result import AMOUNTS, SETTLED
from claims.facts import load_facts
from claims.models import Claim, Settlement
from claims.services.hold import hold_shards
from claims.services.postings import deltas_of, spent_of
from claims.sets import Facts, Incoming, Outcome, settle_one
from claims.shards import shard_of
from members.models import Member
from members.services.accounts import lock_accounts

_case = msgspec.json.Decoder(Case)
# What an outcome is: where none of these differs, a claim keeps the settlement that it has.
_COMPARED = (*AMOUNTS, "benefit", "tier", "status", "fund_rate")


@dataclass(frozen=True, slots=True)
class Replayed:
    """A claim with the settlement in force, and what it comes to now."""

    claim: Claim
    before: Settlement
    outcome: Outcome

    @property
    def settles(self) -> bool:
        return self.outcome.result.outcome == SETTLED

    @property
    def differs(self) -> bool:
        """Whether amounts, what they rest on, or what they move have become others."""
        result, before = self.outcome.result, self.before
        return (
            not self.settles
            or any(getattr(result, name) != getattr(before, name) for name in _COMPARED)
            or (result.code or "") != before.reason
            or self.outcome.case.member.city != before.city
            or result.deltas != deltas_of(before)
            or dict(result.spent) != spent_of(before)
        )

    @property
    def fund_difference(self) -> int:
        """What the pooled and the critical-illness fund pay more than before, in fen."""
        result = self.outcome.result
        now = result.pooled_fund + result.critical_illness if self.settles else 0
        return now - self.before.pooled_fund - self.before.critical_illness


@dataclass(frozen=True, slots=True)
class Replay:
    """The claims replayed, in the order of receipt, and the balances of all accounts that they may move."""

    claims: list[Replayed]
    balances: dict[int, int]

    @property
    def changed(self) -> list[Replayed]:
        return [replayed for replayed in self.claims if replayed.differs]


def replay_year(*, member: Member, year: int, since: date, on: date) -> Replay:
    """Replay the member's settled claims of a benefit year, from the first with a service date from `since` on.

    `on`: the day as of which facts are known. To be called in the transaction that will write: it holds the
    member's shards, accumulators and accounts until that ends.
    """
    settled = _settled(member.pk, year)
    hold_shards({shard_of(member.number), *settled.values_list("claim__shard", flat=True)})
    settlements = received_order(settled.select_related("claim__institution"))
    first = next((i for i, s in enumerate(settlements) if s.service_date >= since), len(settlements))
    replayed = settlements[first:]
    if not replayed:
        return Replay([], {})
    claims = [_incoming(s.claim, member) for s in replayed]
    facts = load_facts(claims, on=on, lock=False)
    facts.awaiting.update(_merged(replayed, member))
    owners = set(facts.balances).union(*(spent_of(s) for s in replayed))
    facts.used = {member.pk: _used_before(member.pk, replayed)}
    balances = lock_accounts(owners)
    return Replay(_settle_again(facts, replayed, claims, balances), balances)


def _settled(member_id: int, year: int):
    return in_force().filter(member_id=member_id, service_date__range=(date(year, 1, 1), date(year, 12, 31)))


def received_order(settlements: Iterable[Settlement]) -> list[Settlement]:
    """The order of receipt: by place, with claims that had waited pended put back before those received later."""
    ordered = sorted(settlements, key=lambda s: s.place)
    late = sorted((s for s in ordered if s.claim.pended_at is not None), key=lambda s: s.claim.seq)
    ordered = [s for s in ordered if s.claim.pended_at is None]
    for settlement in late:
        seq = settlement.claim.seq
        index = next((i for i, other in enumerate(ordered) if other.claim.seq > seq), len(ordered))
        ordered.insert(index, settlement)
    return ordered


def _used_before(member_id: int, replayed: Sequence[Settlement]) -> dict[str, int]:
    """The accumulators, locked, without what the claims to be replayed added to them."""
    used = store.lock_accumulators([member_id]).get(member_id, {})
    for settlement in replayed:
        for key, amount in deltas_of(settlement).items():
            used[key] -= amount
    return used


def _incoming(claim: Claim, member: Member) -> Incoming:
    """The claim as it waits; no rule asks for a look before money moves, since it has moved."""
    return Incoming(
        claim.pk,
        claim.claim_number,
        claim.institution.code,
        _content(claim, member),
        claim.received_on,
        reviewed=True,
        place=claim.place or 0,
        revision=claim.revision,
    )


def _content(claim: Claim, member: Member) -> Content:
    """What was sent, under the member's number of today."""
    content = decode(claim.content)
    if content.member_number == member.number:
        return content
    return msgspec.structs.replace(content, member_number=member.number)


def _merged(replayed: Sequence[Settlement], member: Member) -> dict[tuple[str, str], Incoming]:
    """The emergency claims that the replayed claims took up: they are to be had again."""
    ids = [settlement.claim_id for settlement in replayed]
    numbers = {settlement.claim.member_number for settlement in replayed}
    claims = Claim.objects.filter(member_number__in=numbers, status=Claim.State.MERGED, merged_into__in=ids)
    found = [_incoming(claim, member) for claim in claims.select_related("institution")]
    return {(claim.institution, claim.claim_number): claim for claim in found}


def _settle_again(
    facts: Facts, replayed: Sequence[Settlement], claims: Sequence[Incoming], balances: dict[int, int]
) -> list[Replayed]:
    """Settle in order. `returned`: what each account has more, at that point, than it had the first time."""
    returned: dict[int, int] = defaultdict(int)
    results = []
    for before, claim in zip(replayed, claims, strict=True):
        facts.balances.update(_balances_then(before, balances, returned))
        outcome = settle_one(facts, claim)
        results.append(Replayed(before.claim, before, outcome))
        for owner, amount in spent_of(before).items():
            returned[owner] += amount
        for owner, amount in outcome.result.spent:
            returned[owner] -= amount
    return results


def _balances_then(before: Settlement, balances: dict[int, int], returned: dict[int, int]) -> dict[int, int]:
    """The accounts as the claim finds them: as it did, moved by what earlier claims now take more or less.

    Never more than there is today with what this claim itself took: money spent since is not there to be
    spent again, and what an account no longer has is the member's cash.
    """
    case, took = _case.decode(before.case), spent_of(before)
    then = {case.member.id: case.balance} | {relative.owner_id: relative.balance for relative in case.family}
    found = {}
    for owner, balance in balances.items():
        there = balance + returned[owner] + took.get(owner, 0)
        found[owner] = there
        if owner in then:
            found[owner] = max(0, min(there, then[owner] + returned[owner]))
    return found
