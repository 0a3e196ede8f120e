"""What a version that reaches into the past would change: its settlements counted, a sample of them replayed.

Registered with `policies.registry`; nothing is written.
"""

from array import array
from collections.abc import Iterator
from datetime import date, datetime

from django.utils import timezone

from claims.affected import in_force_between
from claims.services.replay import Replayed, simulate_year
from members.models import Member
from policies.models import PolicyVersion
from policies.money import round_div
from policies.registry import Impact, Stake
from policies.selectors import version_index
from policies.terms import Terms

# So many changed claims are listed, those for which the funds' payment changes most.
MOST_LISTED = 20
# So many members are replayed at most; of more, these are spread evenly over all of them.
MOST_MEMBERS = 200


def measure_impact(version: PolicyVersion, terms: Terms, until: date | None, at: datetime) -> Impact:
    """What the funds would pay more, were the version in force from its date until `until` (None: no end).

    A member's later claims of the same year count too, since they see other accumulators.
    """
    since = terms.effective_from
    touched = in_force_between(since, until, at).filter(city=version.city_id)
    member_ids = array("q", touched.order_by("member_id").values_list("member_id", flat=True).distinct())
    sample = member_ids[:: -(-len(member_ids) // MOST_MEMBERS)] if member_ids else member_ids
    changed = [replayed for replayed in _replayed(sample, version, terms, until, at) if replayed.differs]
    difference = sum(replayed.fund_difference for replayed in changed)
    return Impact(
        since=since,
        until=until,
        settlements=touched.count(),
        members=len(member_ids),
        replayed_members=len(sample),
        changed=len(changed),
        fund_difference=difference,
        estimate=round_div(difference * len(member_ids), len(sample)) if sample else 0,
        largest=tuple(map(_stake, sorted(changed, key=_weight)[:MOST_LISTED])),
    )


def _weight(replayed: Replayed) -> tuple:
    """The largest difference first; of equal ones the earliest claim."""
    return -abs(replayed.fund_difference), replayed.claim.seq


def _stake(replayed: Replayed) -> Stake:
    claim, before = replayed.claim, replayed.before
    paid = before.pooled_fund + before.critical_illness
    return Stake(claim.pk, claim.claim_number, before.service_date, paid, paid + replayed.fund_difference)


def _replayed(
    sample: array, version: PolicyVersion, terms: Terms, until: date | None, at: datetime
) -> Iterator[Replayed]:
    """The sample's claims under the version, year by year; a constant number of queries for each year."""
    if not sample:
        return
    members = list(Member.objects.filter(pk__in=list(sample)))
    index = version_index()

    def terms_on(city: str, day: date) -> Terms | None:
        own = city == version.city_id and terms.effective_from <= day and (until is None or day <= until)
        return terms if own else index.terms(city, day)

    today = timezone.localdate(at)
    for year in range(terms.effective_from.year, min(until or today, today).year + 1):
        first = max(terms.effective_from, date(year, 1, 1))
        replay = simulate_year(members=members, year=year, since=first, on=today, terms=terms_on)
        for of_member in replay.by_member.values():
            yield from of_member
