"""From the database to records: a constant number of queries for any number of members or institutions.

Workers load the members of every set of about a thousand claims here, so plain rows are read, no model
instances, and of the contributions only the months asked for.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import F, OuterRef, QuerySet, Subquery

from members.lookups import Among, Prepared
from members.models import (
    Agreement,
    CarePeriod,
    Contribution,
    Designation,
    DiseaseRegistration,
    Enrolment,
    FamilyLink,
    Institution,
    InstitutionStanding,
    Member,
)
from members.records import (
    Cover,
    Due,
    InstitutionRecord,
    Link,
    MemberRecord,
    Period,
    Registration,
    Standing,
    month_of,
    month_start,
)
from policies.terms import FLEXIBLE

_PERSON = ("id", "number", "born", "retired_on", "died_on", "surplus_years", "own_monthly_credit")


def member_records(
    numbers: Collection[str], *, months: range | None = None, with_waiting: bool = False
) -> dict[str, MemberRecord]:
    """The records of the members with these numbers, by number; who is unknown is left out.

    `months`: the ordinals whose contributions are wanted (None: none; the months in between a gap are read
    too). For waiting periods they must begin the longest waiting period before the first service month, and
    `with_waiting` fills `first_paid` and `first_flexible`, from all months.
    """
    records = _member_records(_people_by_number(list(numbers)), months, with_waiting)
    return {record.number: record for record in records}


def member_ids(numbers: Collection[str]) -> list[int]:
    """The keys of the members with these numbers; who is unknown is left out."""
    return [person[0] for person in _people_by_number(list(numbers))]


def member_records_by_id(
    ids: Collection[int], *, months: range | None = None, with_waiting: bool = False
) -> dict[int, MemberRecord]:
    """As `member_records`, by the members' keys."""
    records = _member_records(_people_by_id(list(ids)), months, with_waiting)
    return {record.id: record for record in records}


@Prepared
def _people_by_number(numbers: list[str]) -> QuerySet:
    return Member.objects.filter(Among(F("number"), numbers)).order_by().values_list(*_PERSON)


@Prepared
def _people_by_id(ids: list[int]) -> QuerySet:
    return Member.objects.filter(Among(F("pk"), ids)).order_by().values_list(*_PERSON)


def _member_records(people: list[tuple], months: range | None, with_waiting: bool) -> list[MemberRecord]:
    ids = [person[0] for person in people]
    covers, dues = _covers(ids), _dues(ids, months)
    registrations, care, links = _registrations(ids), _care(ids), _links(ids)
    firsts = _first_months(ids) if with_waiting else {}
    return [
        MemberRecord(
            id=id,
            number=number,
            born=born,
            covers=tuple(covers.get(id, ())),
            retired_on=retired_on,
            died_on=died_on,
            dues=dues.get(id, {}),
            first_paid=firsts.get(id, (None, None))[0],
            first_flexible=firsts.get(id, (None, None))[1],
            registrations=tuple(registrations.get(id, ())),
            stays=tuple(care.get((id, CarePeriod.Kind.STAY), ())),
            ltc=tuple(care.get((id, CarePeriod.Kind.LTC), ())),
            links=tuple(links.get(id, ())),
            surplus_years=surplus_years,
            own_monthly_credit=own,
        )
        for id, number, born, retired_on, died_on, surplus_years, own in people
    ]


@Prepared
def _enrolments(ids: list[int]) -> QuerySet:
    rows = Enrolment.objects.filter(Among(F("member"), ids)).order_by("member_id", "starts_on")
    return rows.values_list("member_id", "city_id", "employment", "plan", "starts_on", "ends_on")


def _covers(ids: list[int]) -> dict[int, list[Cover]]:
    found = defaultdict(list)
    for member, *cover in _enrolments(ids):
        found[member].append(Cover(*cover))
    return found


@Prepared
def _due_rows(ids: list[int], first: date, last: date) -> QuerySet:
    # In the order of their keys, so that the newest row of a month replaces those before it.
    rows = Contribution.objects.filter(Among(F("member"), ids), month__range=(first, last)).order_by("id")
    return rows.values_list("member_id", "month", "paid_on", "employment", "base")


def _dues(ids: list[int], months: range | None) -> dict[int, dict[int, Due]]:
    if not months:
        return {}
    found = defaultdict(dict)
    ordinals = {month_start(month): month for month in range(months[0], months[-1] + 1)}
    for member, month, *due in _due_rows(ids, month_start(months[0]), month_start(months[-1])):
        found[member][ordinals[month]] = Due(*due)
    return found


@Prepared
def _first_paid(ids: list[int]) -> QuerySet:
    """Two index look-ups a member."""
    month_rows = Contribution.objects.filter(member=OuterRef("member"), month=OuterRef("month"))
    newest = month_rows.order_by("-id").values("id")[:1]
    # "Not older than the newest" rather than "the newest": PostgreSQL then expects many such rows, and walks
    # the index to the first instead of reading and sorting them all.
    paid = Contribution.objects.filter(id__gte=Subquery(newest), member=OuterRef("pk"), paid_on__isnull=False)
    paid = paid.order_by("month").values("month")
    members = Member.objects.filter(Among(F("pk"), ids)).order_by()
    return members.values_list("pk", Subquery(paid[:1]), Subquery(paid.filter(employment=FLEXIBLE)[:1]))


def _first_months(ids: list[int]) -> dict[int, tuple[int | None, int | None]]:
    """The first month that stands as paid, and the first paid as flexible."""
    return {member: (_ordinal(first), _ordinal(flexible)) for member, first, flexible in _first_paid(ids)}


def _ordinal(day: date | None) -> int | None:
    return None if day is None else month_of(day)


@Prepared
def _registration_rows(ids: list[int]) -> QuerySet:
    rows = DiseaseRegistration.objects.filter(Among(F("member"), ids)).order_by(
        "member_id", "starts_on", "id"
    )
    return rows.values_list("member_id", "benefit", "disease", "starts_on", "ends_on")


def _registrations(ids: list[int]) -> dict[int, list[Registration]]:
    found = defaultdict(list)
    for member, benefit, disease, *period in _registration_rows(ids):
        found[member].append(Registration(benefit, disease, Period(*period)))
    return found


@Prepared
def _care_rows(ids: list[int]) -> QuerySet:
    rows = CarePeriod.objects.filter(Among(F("member"), ids)).order_by("member_id", "starts_on")
    return rows.values_list("member_id", "kind", "starts_on", "ends_on")


def _care(ids: list[int]) -> dict[tuple[int, str], list[Period]]:
    found = defaultdict(list)
    for member, kind, *period in _care_rows(ids):
        found[member, kind].append(Period(*period))
    return found


@Prepared
def _link_rows(ids: list[int]) -> QuerySet:
    rows = FamilyLink.objects.filter(Among(F("user"), ids), consented_on__isnull=False)
    rows = rows.order_by("user_id", "position", "id")
    return rows.values_list("user_id", "owner_id", "relation", "consented_on", "ends_on")


def _links(ids: list[int]) -> dict[int, list[Link]]:
    """Links with a consent on file, in the order in which the accounts pay."""
    found = defaultdict(list)
    for user, owner, relation, *period in _link_rows(ids):
        found[user].append(Link(owner, relation, Period(*period)))
    return found


@Prepared
def _institutions_by_id(ids: list[int]) -> QuerySet:
    rows = Institution.objects.filter(Among(F("pk"), ids)).order_by()
    return rows.values_list("id", "code", "name", "city_id")


@Prepared
def _institutions_by_code(codes: list[str]) -> QuerySet:
    rows = Institution.objects.filter(Among(F("code"), codes)).order_by()
    return rows.values_list("id", "code", "name", "city_id")


def institution_records(
    *, ids: Collection[int] | None = None, codes: Collection[str] | None = None
) -> dict[int, InstitutionRecord]:
    """The records of the institutions with these keys or codes, by key; who is unknown is left out."""
    basics = _institutions_by_id(list(ids)) if codes is None else _institutions_by_code(list(codes))
    found = [id for id, *_ in basics]
    standings, agreements, designations = _standings(found), _agreements(found), _designations(found)
    return {
        id: InstitutionRecord(
            id=id,
            code=code,
            name=name,
            city=city,
            standings=tuple(standings.get(id, ())),
            agreements=tuple(agreements.get(id, ())),
            designations=tuple(designations.get(id, ())),
        )
        for id, code, name, city in basics
    }


@Prepared
def _standing_rows(ids: list[int]) -> QuerySet:
    rows = InstitutionStanding.objects.filter(Among(F("institution"), ids))
    rows = rows.order_by("institution_id", "starts_on")
    return rows.values_list("institution_id", "starts_on", "level", "kind", "affiliation")


def _standings(ids: list[int]) -> dict[int, list[Standing]]:
    found = defaultdict(list)
    for institution, *standing in _standing_rows(ids):
        found[institution].append(Standing(*standing))
    return found


@Prepared
def _agreement_rows(ids: list[int]) -> QuerySet:
    rows = Agreement.objects.filter(Among(F("institution"), ids)).order_by("institution_id", "starts_on")
    return rows.values_list("institution_id", "starts_on", "ends_on")


def _agreements(ids: list[int]) -> dict[int, list[Period]]:
    found = defaultdict(list)
    for institution, *period in _agreement_rows(ids):
        found[institution].append(Period(*period))
    return found


@Prepared
def _designation_rows(ids: list[int]) -> QuerySet:
    rows = Designation.objects.filter(Among(F("institution"), ids))
    rows = rows.order_by("institution_id", "benefit", "starts_on")
    return rows.values_list("institution_id", "benefit", "starts_on", "ends_on")


def _designations(ids: list[int]) -> dict[int, list[tuple[str, Period]]]:
    found = defaultdict(list)
    for institution, benefit, *period in _designation_rows(ids):
        found[institution].append((benefit, Period(*period)))
    return found
