"""Reading from the database all that a set of claims needs: a constant number of queries for any set."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from django.db.models import F, Q, QuerySet

from claims import one_statement, store
from claims.content import decode
from claims.lookups import catalogue_of, watch_of
from claims.models import Claim, Watch
from claims.sets import CatalogueEntry, Facts, Incoming
from members.loading import institution_records, member_ids, member_records
from members.lookups import Among, Prepared
from members.models import PersonalAccount
from members.records import InstitutionRecord, MemberRecord, Period, month_of
from members.services.accounts import lock_accounts
from policies.models import CatalogueItem
from policies.selectors import VersionIndex, version_index

# Claims are of the last months, with few exceptions. Those are read apart, so that for their sake not every
# member's contributions are read from so long ago.
RECENT_MONTHS = 6
_AWAITING = (
    "id",
    "claim_number",
    "institution__code",
    "content",
    "received_on",
    "reviewed",
    "place",
    "revision",
)


def load_facts(claims: Sequence[Incoming], *, on: date, lock: bool) -> Facts:
    """The facts for adjudicating `claims` on the day `on`.

    With `lock` (inside the transaction that will write) accumulators and accounts are locked until it ends;
    without, they are only read, for whoever writes nothing.
    """
    if len(claims) == 1 and one_statement.reads(claims[0]):
        return _of_one(claims[0], on, lock)
    versions = version_index()
    members = _members(claims, on, versions)
    ids = [record.id for record in members.values()]
    institutions = _institutions(claims)
    awaiting = _awaiting(claims)
    accumulators = store.lock_accumulators if lock else store.read_accumulators
    return Facts(
        members=members,
        institutions=institutions,
        terms=cache(versions.terms),
        catalogue=_catalogue([*claims, *awaiting.values()], members),
        used=accumulators(ids, visits={f"{claim.institution}/{claim.day.isoformat()}" for claim in claims}),
        balances=_balances(claims, members, lock),
        awaiting=awaiting,
        claim_stays=_claim_stays(claims),
        watch=_watch(institutions, ids),
        known_on=on,
    )


def _of_one(claim: Incoming, on: date, lock: bool) -> Facts:
    """A claim alone, as they come while little is going on: what is asked counts then, not what is answered."""
    if not lock:
        return one_statement.read_facts(claim, on)
    # The lock first, as for a set: whoever reverses or decides a claim of the member meanwhile is seen whole.
    visits = {f"{claim.institution}/{claim.day.isoformat()}"}
    used = store.lock_accumulators(member_ids([claim.content.member_number]), visits=visits)
    facts = one_statement.read_facts(claim, on)
    facts.used = used
    facts.balances = _balances([claim], facts.members, lock)
    return facts


def _members(claims: Sequence[Incoming], on: date, versions: VersionIndex) -> dict[str, MemberRecord]:
    """The records of the claims' members, with the contributions that entitlement may look at."""
    months = defaultdict(list)
    for claim in claims:
        months[claim.content.member_number].append(month_of(claim.day))
    recent = month_of(on) - RECENT_MONTHS
    late = {number for number, of_member in months.items() if min(of_member) < recent}
    records = {}
    for numbers in (late, months.keys() - late):
        if numbers:
            asked = [month for number in numbers for month in months[number]]
            records |= _records_between(numbers, min(asked), max(asked), versions)
    return records


def _records_between(
    numbers: Collection[str], first: int, last: int, versions: VersionIndex
) -> dict[str, MemberRecord]:
    waiting = versions.longest_waiting(first, last)
    months = range(first - waiting, last + 1)
    return member_records(numbers, months=months, with_waiting=waiting > 0)


def _institutions(claims: Iterable[Incoming]) -> dict[str, InstitutionRecord]:
    """The institutions and prescribers by code; one that is not registered has no agreement and no standing."""
    codes = {claim.institution for claim in claims}
    codes |= {claim.content.prescribed_by for claim in claims if claim.content.prescribed_by}
    records = {record.code: record for record in institution_records(codes=sorted(codes)).values()}
    for code in codes - records.keys():
        records[code] = InstitutionRecord(0, code, "", "", (), (), ())
    return records


def _catalogue(
    claims: Iterable[Incoming], members: Mapping[str, MemberRecord]
) -> Callable[[str, str, date], CatalogueEntry | None]:
    """The catalogue rows of the items that the claims name, in the cities whose catalogue applies to them."""
    wanted = defaultdict(set)
    for claim in claims:
        record = members.get(claim.content.member_number)
        cover = record.cover_on(claim.day) if record is not None else None
        if cover is not None:
            wanted[cover.city].update([line.item for line in claim.content.lines])
    if not wanted:
        return catalogue_of(())
    of_city = [Q(Among(F("code"), sorted(codes)), city=city) for city, codes in wanted.items()]
    rows = CatalogueItem.objects.filter(_any(of_city)).order_by("valid_from")
    columns = ("city_id", "code", "valid_from", "item_class", "kind", "upfront", "ceiling", "negotiated")
    return catalogue_of(
        (city, code, start, CatalogueEntry(*entry))
        for city, code, start, *entry in rows.values_list(*columns)
    )


def _any(conditions: Sequence[Q]) -> Q:
    result = conditions[0]
    for condition in conditions[1:]:
        result |= condition
    return result


def _balances(claims: Sequence[Incoming], members: Mapping[str, MemberRecord], lock: bool) -> dict[int, int]:
    """Balances of the members who use their account, and of the family members whose accounts they may use."""
    numbers = {claim.content.member_number for claim in claims if claim.content.use_account}
    users = [members[number] for number in numbers if number in members]
    ids = {record.id for record in users} | {link.owner_id for record in users for link in record.links}
    if not ids:
        return {}
    if lock:
        return lock_accounts(ids)
    rows = PersonalAccount.objects.filter(Among(F("pk"), sorted(ids)))
    return dict(rows.values_list("pk", "balance"))


def _awaiting(claims: Iterable[Incoming]) -> dict[tuple[str, str], Incoming]:
    """Emergency claims that wait and that a claim of the set lists, by institution and number."""
    listed = {number for claim in claims for number in claim.content.lists}
    if not listed:
        return {}
    by = {claim.institution for claim in claims if claim.content.lists}
    numbers = {claim.content.member_number for claim in claims if claim.content.lists}
    rows = Claim.objects.filter(
        Among(F("member_number"), sorted(numbers)),
        Among(F("claim_number"), sorted(listed)),
        Among(F("institution__code"), sorted(by)),
        status=Claim.State.PENDED,
        code="awaiting_inpatient",
    )
    found = {}
    for id, number, institution, content, received_on, reviewed, place, revision in rows.values_list(
        *_AWAITING
    ):
        found[institution, number] = Incoming(
            id, number, institution, decode(content), received_on, reviewed, place or 0, revision
        )
    return found


@Prepared
def _stays_between(numbers: list[str], first: date, last: date) -> QuerySet:
    rows = Claim.objects.filter(
        Q(discharged_on__isnull=True) | Q(discharged_on__gt=first),
        Among(F("member_number"), numbers),
        admitted_on__isnull=False,
        admitted_on__lt=last,
        status__in=(Claim.State.SETTLED, Claim.State.PENDED),
    )
    return rows.values_list("member_number", "id", "admitted_on", "discharged_on")


def _claim_stays(claims: Sequence[Incoming]) -> dict[str, dict[object, Period]]:
    """Stays of the members' other claims, settled or pended, that overlap the days of this set."""
    numbers = sorted({claim.content.member_number for claim in claims})
    days = [claim.day for claim in claims]
    found = defaultdict(dict)
    for number, id, admitted, discharged in _stays_between(numbers, min(days), max(days)):
        found[number][id] = Period(admitted, discharged)
    return found


@Prepared
def _watches(institutions: list[int], members: list[int]) -> QuerySet:
    touched = Q(Among(F("institution"), institutions)) | Q(Among(F("member"), members))
    rows = Watch.objects.filter(touched).order_by("id")
    return rows.values_list("institution_id", "member_id", "starts_on", "ends_on", "reason")


def _watch(
    institutions: Mapping[str, InstitutionRecord], member_ids: Collection[int]
) -> Callable[[str, int, date], str]:
    """The first rule that covers a claim's institution, member and day. One that names both needs both."""
    codes = {record.id: record.code for record in institutions.values()}
    return watch_of(_watches(sorted(codes), sorted(member_ids)), codes)
