"""Replaying members' years: the claims once more, in the order of receipt, under the versions now in force.

What is known now counts: facts that became known since, and the accounts as they stand. Nothing is written.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from django.db.models import F, QuerySet

from claims import store
from claims.affected import in_force
from claims.content import decode
from claims.engine.case import Case
from claims.engine.result import AMOUNTS, SETTLED
from claims.facts import load_facts
from claims.models import Claim, Settlement
from claims.services.hold import hold_shards
from claims.services.postings import deltas_of, spent_of
from claims.sets import Facts, Incoming, Outcome, settle_one
from claims.shards import shard_of
from members.lookups import Among
from members.models import Member
from members.services.accounts import lock_accounts, read_balances
from policies.terms import Terms

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
    """Claims replayed, by member and in the order of receipt, and the balances of all accounts that they may move."""

    by_member: dict[int, list[Replayed]]
    balances: dict[int, int]


def replay_year(*, members: Sequence[Member], year: int, since: date, on: date, from_seq: int = 0) -> Replay:
    """Replay the members' settled claims of a benefit year, each from the first with a service date from `since` on.

    `from_seq`: that first is also not received before this claim. `on`: the day as of which facts are known.
    To be called in the transaction that will write: it holds the members' shards, accumulators and accounts
    until that ends.
    """
    settled = _settled([member.pk for member in members], year)
    shards = settled.values_list("claim__shard", flat=True).distinct()
    hold_shards({*shards, *(shard_of(member.number) for member in members)})
    return _replay(members, _affected(settled, since, from_seq), on, lock=True)


def simulate_year(
    *,
    members: Sequence[Member],
    year: int,
    since: date,
    on: date,
    terms: Callable[[str, date], Terms | None],
) -> Replay:
    """What replaying the same claims would come to under other versions (`terms`: of a city on a day).

    Nothing is held, locked or written: claims settled meanwhile may be counted or not.
    """
    settled = _settled([member.pk for member in members], year)
    return _replay(members, _affected(settled, since, 0), on, lock=False, terms=terms)


def _replay(
    members: Sequence[Member],
    before: Sequence[Sequence[Settlement]],
    on: date,
    *,
    lock: bool,
    terms: Callable[[str, date], Terms | None] | None = None,
) -> Replay:
    numbers = {member.pk: member.number for member in members}
    claims = {s.claim_id: _incoming(s.claim, numbers[s.member_id]) for of_member in before for s in of_member}
    if not claims:
        return Replay({}, {})
    facts = load_facts(list(claims.values()), on=on, lock=False)
    if terms is not None:
        facts.terms = terms
    facts.awaiting.update(_merged(claims, numbers))
    facts.used = _used_before(before, store.lock_accumulators if lock else store.read_accumulators)
    owners = set(facts.balances).union(*(spent_of(s) for of_member in before for s in of_member))
    balances = lock_accounts(owners) if lock else read_balances(owners)
    now = dict(balances)
    replayed = [_settle_again(facts, of_member, claims, now) for of_member in before]
    return Replay({of_member[0].before.member_id: of_member for of_member in replayed}, balances)


def _settled(member_ids: Sequence[int], year: int) -> QuerySet[Settlement]:
    of_year = in_force().filter(service_date__range=(date(year, 1, 1), date(year, 12, 31)))
    return of_year.filter(Among(F("member_id"), list(member_ids)))


def _affected(settlements: QuerySet[Settlement], since: date, from_seq: int) -> list[list[Settlement]]:
    """Of each member, in the order of receipt, the first affected and all after it; members without are left out."""
    by_member = defaultdict(list)
    for settlement in settlements.select_related("claim__institution"):
        by_member[settlement.member_id].append(settlement)
    found = []
    for _, of_member in sorted(by_member.items()):
        ordered = received_order(of_member)
        first = (i for i, s in enumerate(ordered) if s.service_date >= since and s.claim.seq >= from_seq)
        found.append(ordered[next(first, len(ordered)) :])
    return [of_member for of_member in found if of_member]


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


def _used_before(
    before: Sequence[Sequence[Settlement]], read: Callable[[list[int]], dict[int, dict[str, int]]]
) -> dict[int, dict[str, int]]:
    """The members' accumulators without what the claims to be replayed added to them."""
    used = read([of_member[0].member_id for of_member in before])
    for of_member in before:
        of_this = used.setdefault(of_member[0].member_id, {})
        for settlement in of_member:
            for key, amount in deltas_of(settlement).items():
                of_this[key] -= amount
    return used


def _incoming(claim: Claim, number: str) -> Incoming:
    """The claim as it waits, under the member's number of today.

    No rule asks for a look before money moves, since it has moved.
    """
    content = decode(claim.content)
    if content.member_number != number:
        content = msgspec.structs.replace(content, member_number=number)
    return Incoming(
        claim.pk,
        claim.claim_number,
        claim.institution.code,
        content,
        claim.received_on,
        reviewed=True,
        place=claim.place or 0,
        revision=claim.revision,
    )


def _merged(claims: dict[UUID, Incoming], numbers: dict[int, str]) -> dict[tuple[str, str], Incoming]:
    """The emergency claims that the replayed claims took up: they are to be had again."""
    listing = [id for id, claim in claims.items() if claim.content.lists]
    if not listing:
        return {}
    sent_for = Claim.objects.filter(pk__in=listing).values("member_number")
    merged = Claim.objects.filter(
        status=Claim.State.MERGED, merged_into__in=listing, member_number__in=sent_for
    )
    found = [_incoming(claim, numbers[claim.member_id]) for claim in merged.select_related("institution")]
    return {(claim.institution, claim.claim_number): claim for claim in found}


def _settle_again(
    facts: Facts, before: Sequence[Settlement], claims: dict[UUID, Incoming], now: dict[int, int]
) -> list[Replayed]:
    """Settle a member's claims in order. `now`: what the accounts hold, moved by what is settled here.

    `returned`: what each account has more, at that point, than it had the first time.
    """
    returned: dict[int, int] = defaultdict(int)
    results = []
    for settlement in before:
        claim = claims[settlement.claim_id]
        if claim.content.use_account:
            record = facts.members[claim.content.member_number]
            owners = {record.id, *(link.owner_id for link in record.links)}
            facts.balances.update(_balances_then(settlement, owners, now, returned))
        outcome = settle_one(facts, claim)
        results.append(Replayed(settlement.claim, settlement, outcome))
        moved = Counter(spent_of(settlement))
        moved.subtract(dict(outcome.result.spent))
        for owner, amount in moved.items():
            returned[owner] += amount
            now[owner] += amount
    return results


def _balances_then(
    before: Settlement, owners: Iterable[int], now: dict[int, int], returned: dict[int, int]
) -> dict[int, int]:
    """The owners' accounts as the claim finds them: as it did, moved by what earlier claims now take more or less.

    Never more than there is now with what this claim itself took: money spent since is not there to be spent
    again, and what an account no longer has is the member's cash.
    """
    case, took = _case.decode(before.case), spent_of(before)
    then = {case.member.id: case.balance} | {relative.owner_id: relative.balance for relative in case.family}
    found = {}
    for owner in owners:
        there = now[owner] + took.get(owner, 0)
        found[owner] = max(0, min(there, then[owner] + returned[owner])) if owner in then else there
    return found
