"""Listing settlements that a later event could change: they stand until staff re-adjudicate.

A notice is written with the event, in its transaction, and only where there are such settlements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When

from claims.affected import in_force_between, open_notices, revisions_between
from claims.models import AffectedNotice, Claim, ReadjudicationRun, Settlement
from members.lookups import Among
from members.registry import FactsChanged
from policies.models import PolicyVersion
from policies.selectors import versions_index

Kind = AffectedNotice.Kind
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Received:
    """A claim of a member, with its place in the order of receipt."""

    member_id: int
    seq: int
    claim_number: str
    service_date: date


@dataclass(frozen=True, slots=True)
class Stay:
    """A claim's stay; `discharged_on` None: it goes on."""

    member_id: int
    claim_number: str
    admitted_on: date
    discharged_on: date | None


def stays_of(claims: Iterable[Claim]) -> list[Stay]:
    """The stays among claims of known members."""
    return [
        Stay(claim.member_id, claim.claim_number, claim.admitted_on, claim.discharged_on)
        for claim in claims
        if claim.admitted_on is not None and claim.member_id is not None
    ]


def reversed_claim(claim: Received, *, at: datetime) -> None:
    """A reversal: the member's settlements of the benefit year whose claims were received after it."""
    _received_after(Kind.REVERSAL, [claim], at)


def late_settlements(claims: Collection[Received], *, at: datetime) -> None:
    """Claims settled after they had been pended: each member's settlements of claims received after them.

    `at`: when these claims were settled. One query for any number of claims.
    """
    _received_after(Kind.LATE, claims, at)


def _received_after(kind: Kind, claims: Collection[Received], at: datetime) -> None:
    if not claims:
        return
    seqs = defaultdict(list)
    days = [claim.service_date for claim in claims]
    found = in_force_between(_year_start(min(days).year), _year_end(max(days).year), at)
    found = found.filter(Among(F("member_id"), sorted({claim.member_id for claim in claims})))
    for member, day, seq in found.values_list("member_id", "service_date", "claim__seq"):
        seqs[member, day.year].append(seq)
    notices = []
    for claim in claims:
        year = claim.service_date.year
        count = sum(seq > claim.seq for seq in seqs[claim.member_id, year])
        notices.append(
            AffectedNotice(
                kind=kind,
                cause=claim.claim_number,
                member_id=claim.member_id,
                since=_year_start(year),
                until=_year_end(year),
                after_seq=claim.seq,
                settlements=count,
                at=at,
            )
        )
    _store(notices)


def stays_changed(stays: Collection[Stay], *, at: datetime) -> None:
    """Stays of claims that became known or fell away: each member's settlements of the days inside.

    One query for any number of stays.
    """
    if not stays:
        return
    starts, ends = [s.admitted_on for s in stays], [s.discharged_on for s in stays]
    found = in_force_between(min(starts), None if None in ends else max(ends), at)
    found = found.filter(Among(F("member_id"), sorted({stay.member_id for stay in stays})))
    days = defaultdict(list)
    for member, day in found.values_list("member_id", "service_date"):
        days[member].append(day)
    for stay in stays:
        first = stay.admitted_on + _DAY
        last = None if stay.discharged_on is None else stay.discharged_on - _DAY
        inside = [d for d in days[stay.member_id] if first <= d and (last is None or d <= last)]
        counts = defaultdict(int)
        for day in inside:
            counts[day.year] += 1
        _store(
            _notice(Kind.STAY, stay.claim_number, first, last, year, count, at, member_id=stay.member_id)
            for year, count in counts.items()
        )


def facts_changed(change: FactsChanged, *, at: datetime) -> None:
    """A fact of members or institutions: their settlements of the days for which it changed."""
    found = revisions_between(change.since, change.until)
    by_member = _by_year(found, "member_id", change.member_ids)
    by_institution = _by_year(found, "claim__institution_id", change.institution_ids)
    _store(
        _notice(Kind.FACT, change.cause, change.since, change.until, year, count, at, **{name: id})
        for name, counts in (("member_id", by_member), ("institution_id", by_institution))
        for id, year, count in counts
    )


def version_published(version: PolicyVersion, *, at: datetime) -> None:
    """A version published for the past: its city's settlements of the days on which it applies."""
    index = versions_index().get(version.city_id, [])
    later = [day for day, _pk in index if day > version.effective_from]
    until = min(later) - _DAY if later else None
    found = revisions_between(version.effective_from, until)
    _store(
        _notice(Kind.VERSION, str(version), version.effective_from, until, year, count, at, city=city)
        for city, year, count in _by_year(found, "city", [version.city_id])
    )


# A reversing revision takes back the one before it, so this sum is the number of settlements in force.
_IN_FORCE = Sum(Case(When(kind=Settlement.Kind.SETTLED, then=Value(1)), default=Value(-1)))


def _by_year(revisions: QuerySet, by: str, keys: Collection) -> Iterable[tuple]:
    """(key, year, settlements in force) for each of `keys` and each year with any."""
    if not keys:
        return []
    grouped = revisions.filter(Among(F(by), sorted(keys))).values_list(by, "service_date__year")
    return grouped.annotate(count=_IN_FORCE).filter(count__gt=0).order_by(by, "service_date__year")


def _notice(kind, cause, since, until, year, count, at, **whose) -> AffectedNotice:
    """A notice for the part of these days that lies in `year`."""
    first, last = _year_start(year), _year_end(year)
    return AffectedNotice(
        kind=kind,
        cause=cause[:200],
        since=max(since, first),
        until=last if until is None else min(until, last),
        settlements=count,
        at=at,
        **whose,
    )


def _store(notices: Iterable[AffectedNotice]) -> None:
    AffectedNotice.objects.bulk_create([n for n in notices if n.settlements], batch_size=1000)


def resolve_member(run: ReadjudicationRun, *, from_seq: int = 0) -> int:
    """The member's open notices that a run over one member-year answers; how many.

    `from_seq`: the run began with that claim, so it answers only what concerns later ones.
    """
    mine = open_notices().filter(member_id=run.member_id, since__gte=run.since, since__year=run.year)
    if from_seq:
        mine = mine.filter(after_seq__gte=from_seq)
    return mine.filter(at__lte=run.started_at).update(resolved_by=run)


def resolve_city(run: ReadjudicationRun) -> int:
    """The open notices that a run over a city answers, of the city and of the members whom it replayed; how many."""
    replayed = revisions_between(run.since, _year_end(run.year)).filter(city=run.city)
    answered = Q(city=run.city, member_id__isnull=True, institution_id__isnull=True)
    answered |= Q(member_id__in=replayed.values("member_id"))
    found = open_notices().filter(answered, since__gte=run.since, since__year=run.year)
    return found.filter(at__lte=run.started_at).update(resolved_by=run)


def _year_start(year: int) -> date:
    return date(year, 1, 1)


def _year_end(year: int) -> date:
    return date(year, 12, 31)
