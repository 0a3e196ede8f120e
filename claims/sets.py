"""From facts and claims to settlements: the one pure path that workers, worked cases, quotes and simulation share.

They differ only in where facts come from and where results go.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from msgspec import Struct

from claims.content import Content
from claims.engine.case import Case, Institution, Line, Member, Relative
from claims.engine.result import PENDED, SETTLED, Result
from claims.engine.settle import settle
from members.records import InstitutionRecord, MemberRecord, Period, month_of
from policies.terms import INPATIENT, Terms

# The accumulator that counts a member's settled claims: the place of the next one is its value + 1.
SEQUENCE = "sequence//"


class CatalogueEntry(Struct, frozen=True, gc=False):
    """An item of a city's catalogue on a day. `upfront` and `ceiling` are ten-thousandths."""

    item_class: str
    kind: str = "drug"
    upfront: int | None = None
    ceiling: int | None = None
    negotiated: bool = False


_UNLISTED = CatalogueEntry("")


class Incoming(Struct, frozen=True):
    """A claim as it waits: `reviewed` says that a reviewer has released it.

    `place` and `revision` are not 0 where it was settled before: it then keeps its place.
    """

    id: object
    claim_number: str
    institution: str
    content: Content
    received_on: date
    reviewed: bool = False
    place: int = 0
    revision: int = 0

    @property
    def day(self) -> date:
        """The day as of which facts are looked up, also where a stay has no service date yet."""
        return self.content.settles_on or self.content.admitted_on or self.received_on


@dataclass(slots=True)
class Facts:
    """All that adjudicating a set needs. `used` and `balances` move as the set is settled.

    `members` by number, `institutions` by code. `terms(city, day)` is the version in force, None without one.
    `catalogue(city, item, day)` is an item's entry, None where it is not listed. `used` and `balances` by
    member id. `awaiting`: emergency claims that wait for an inpatient claim, by (institution, claim number).
    `claim_stays`: stays of claims settled or pended, by member number, as {claim id: period}.
    `watch(institution, member id, day)` is the monitoring rule that asks for a review, "" without one.
    `known_on` is the day of adjudication; None takes each claim's day of receipt.
    """

    members: Mapping[str, MemberRecord]
    institutions: Mapping[str, InstitutionRecord]
    terms: Callable[[str, date], Terms | None]
    catalogue: Callable[[str, str, date], CatalogueEntry | None]
    used: dict[int, dict[str, int]] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    awaiting: dict[tuple[str, str], Incoming] = field(default_factory=dict)
    claim_stays: dict[str, dict[object, Period]] = field(default_factory=dict)
    watch: Callable[[str, int, date], str] = lambda institution, member, day: ""
    known_on: date | None = None
    _institution_cache: dict = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What became of one claim. `merged`: the emergency claims that it took up. `place` 0: not settled."""

    claim: Incoming
    result: Result
    case: Case
    terms: Terms | None
    merged: tuple[Incoming, ...] = ()
    place: int = 0


def settle_set(facts: Facts, claims: Iterable[Incoming]) -> list[Outcome]:
    """Adjudicate claims in the order given; each sees what those before it used."""
    return [settle_one(facts, claim) for claim in claims]


def settle_one(facts: Facts, claim: Incoming) -> Outcome:
    """Adjudicate one claim, and move the facts that later claims see."""
    record = facts.members.get(claim.content.member_number)
    listed, unknown = _listed(facts, claim)
    case, terms = build_case(facts, claim, record, listed, unknown)
    used = facts.used.setdefault(case.member.id, {}) if case.member is not None else {}
    outcome = Outcome(claim, settle(terms, case, used), case, terms)
    _remember(facts, outcome, used, listed)
    return outcome


def reverse_one(facts: Facts, outcome: Outcome) -> None:
    """Give back what a settled claim used and spent; emergency claims that it took up wait again."""
    claim, used = outcome.claim, facts.used[outcome.case.member.id]
    for key, amount in outcome.result.deltas.items():
        used[key] -= amount
    for owner, amount in outcome.result.spent:
        facts.balances[owner] += amount
    for other in outcome.merged:
        facts.awaiting[other.institution, other.claim_number] = other
    facts.claim_stays.get(claim.content.member_number, {}).pop(claim.id, None)


def _listed(facts: Facts, claim: Incoming) -> tuple[tuple[Incoming, ...], str]:
    """The emergency claims that an inpatient claim lists, and the first number that names none waiting.

    A claim of another benefit takes up none (spec 2.9).
    """
    found = []
    if claim.content.benefit != INPATIENT and claim.content.lists:
        return (), claim.content.lists[0]
    for number in claim.content.lists:
        other = facts.awaiting.get((claim.institution, number))
        if other is None or other.content.member_number != claim.content.member_number or other in found:
            return (), number
        found.append(other)
    return tuple(found), ""


def _remember(facts: Facts, outcome: Outcome, used: dict[str, int], listed: Sequence[Incoming]) -> None:
    claim, result = outcome.claim, outcome.result
    content = claim.content
    if result.outcome == SETTLED:
        for key, amount in result.deltas.items():
            used[key] = used.get(key, 0) + amount
        outcome.place = claim.place
        if not claim.place:
            outcome.place = used[SEQUENCE] = used.get(SEQUENCE, 0) + 1
        for owner, amount in result.spent:
            facts.balances[owner] -= amount
        outcome.merged = tuple(listed)
        for other in listed:
            del facts.awaiting[other.institution, other.claim_number]
    elif result.code == "awaiting_inpatient":
        facts.awaiting[claim.institution, claim.claim_number] = claim
    if content.admitted_on is not None:
        stays = facts.claim_stays.setdefault(content.member_number, {})
        if result.outcome in (SETTLED, PENDED):
            stays[claim.id] = Period(content.admitted_on, content.discharged_on)
        else:
            stays.pop(claim.id, None)


def build_case(
    facts: Facts, claim: Incoming, record: MemberRecord | None, listed: Sequence[Incoming], unknown: str
) -> tuple[Case, Terms | None]:
    """The claim with all that holds on its service date, and the version in force then."""
    content = claim.content
    on = claim.day
    cover = record.cover_on(on) if record is not None else None
    city = cover.city if cover is not None else ""
    terms = facts.terms(city, on) if cover is not None else None
    member = None
    if cover is not None:
        member = _member(facts, claim, record, cover, on, terms)
    pays = content.use_account and member is not None
    case = Case(
        benefit=content.benefit,
        service_date=content.settles_on,
        received_on=claim.received_on,
        institution=_institution(facts, claim.institution, on),
        member=member,
        lines=_lines(facts, content, city, on),
        total=content.total,
        disease=content.disease,
        admitted_on=content.admitted_on,
        discharged_on=content.discharged_on,
        out_of_area=content.out_of_area,
        prescriber=_institution(facts, content.prescribed_by, on) if content.prescribed_by else None,
        disposition=content.disposition,
        statement=content.statement,
        listed=_listed_lines(facts, listed, city, on) if listed else (),
        unknown_listed=unknown,
        use_account=content.use_account,
        balance=facts.balances.get(record.id, 0) if pays else 0,
        family=_family(facts, record, on) if pays and record.links else (),
        review="" if claim.reviewed or member is None else facts.watch(claim.institution, member.id, on),
    )
    return case, terms


def _member(facts, claim, record, cover, on, terms) -> Member:
    known_on = facts.known_on or claim.received_on
    employment = cover.employment
    waits = terms.entitlement.waiting if terms is not None else None
    stay = _stay(facts, claim, record, on)
    ltc = record.ltc_on(on) if record.ltc else None
    return Member(
        record.id,
        cover.city,
        record.status_on(on),
        employment,
        record.due_state(month_of(on), known_on),
        record.waiting_until(on, employment, terms, known_on) if waits else None,
        None if stay is None else (stay.starts_on, stay.ends_on),
        None if ltc is None else (ltc.starts_on, ltc.ends_on),
        record.registrations_on(on) if record.registrations else (),
        record.surplus_years,
    )


def _stay(facts: Facts, claim: Incoming, record: MemberRecord, on: date) -> Period | None:
    """A registered stay, or that of another claim of the member, during which the day falls."""
    found = record.stay_on(on) if record.stays else None
    others = facts.claim_stays.get(record.number) if found is None else None
    if not others:
        return found
    inside = (p for id_, p in others.items() if id_ != claim.id and p.is_during(on))
    return next(inside, None)


def _institution(facts: Facts, code: str, on: date) -> Institution:
    """The institution on a day; one without a standing then has no level and no agreement."""
    known = facts._institution_cache.get(code)
    if known is None:
        known = facts._institution_cache[code] = (_turning_days(facts.institutions[code]), {})
    days, found = known
    at = bisect_right(days, on)
    if at not in found:
        found[at] = _institution_on(facts.institutions[code], on)
    return found[at]


def _turning_days(record: InstitutionRecord) -> list[date]:
    """The days from which something about the institution is different; it is the same between them."""
    periods = [*record.agreements, *(period for _, period in record.designations)]
    days = {standing.starts_on for standing in record.standings} | {period.starts_on for period in periods}
    return sorted(days | {period.ends_on + timedelta(days=1) for period in periods if period.ends_on})


def _institution_on(record: InstitutionRecord, on: date) -> Institution:
    standing = record.standing_on(on)
    level, kind, affiliation = (0, "other", "other")
    if standing is not None:
        level, kind, affiliation = standing.level, standing.kind, standing.affiliation
    agreed = standing is not None and record.agreed_on(on)
    designated = tuple(sorted(record.designated_on(on))) if agreed else ()
    return Institution(record.code, record.name, record.city, level, kind, affiliation, agreed, designated)


def _lines(facts: Facts, content: Content, city: str, on: date) -> tuple[Line, ...]:
    return tuple([_line(facts, line, city, on) for line in content.lines])


def _listed_lines(facts: Facts, listed: Sequence[Incoming], city: str, on: date) -> tuple[Line, ...]:
    return tuple(line for other in listed for line in _lines(facts, other.content, city, on))


def _line(facts: Facts, line, city: str, on: date) -> Line:
    entry = (facts.catalogue(city, line.item, on) if city else None) or _UNLISTED
    return Line(
        line.item,
        line.quantity,
        line.unit_price,
        line.amount,
        entry.item_class,
        entry.kind,
        entry.upfront,
        entry.ceiling,
        entry.negotiated,
    )


def _family(facts: Facts, record: MemberRecord, on: date) -> tuple[Relative, ...]:
    return tuple(
        Relative(link.owner_id, link.relation, facts.balances.get(link.owner_id, 0))
        for link in record.links
        if link.period.covers(on)
    )
