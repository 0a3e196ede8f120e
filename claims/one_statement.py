"""All facts about one claim in one statement: what claims.facts reads for a set in some fifteen.

For a single claim most of the time goes into asking, not into the answers. One statement is also one moment.
It is prepared by the server once for each connection, since planning it takes longer than running it.
"""

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.db import connection
from msgspec import Struct
from msgspec.json import Decoder

from claims.lookups import catalogue_of, watch_of
from claims.models import Accumulator, Claim, Watch
from claims.sets import CatalogueEntry, Facts, Incoming
from members import models as members
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
from policies.models import CatalogueItem, PolicyVersion, VersionTransition
from policies.selectors import Entry, VersionIndex

_Dates = tuple[date, date | None]


class _Found(Struct):
    """The statement's answer. Each row's parts are in the order in which the records below take them."""

    person: tuple[int, str, date, date | None, date | None, int, int | None] | None
    covers: list[tuple[str, str, str, date, date | None]]
    dues: list[tuple[date, date | None, str, int]]
    firsts: tuple[date | None, date | None] | None
    registrations: list[tuple[str, str, date, date | None]]
    care: list[tuple[str, date, date | None]]
    links: list[tuple[int, str, date, date | None]]
    institutions: list[
        tuple[
            int,
            str,
            str,
            str,
            list[tuple[date, int, str, str]],
            list[_Dates],
            list[tuple[str, date, date | None]],
        ]
    ]
    versions: list[tuple[str, date, int, str]]
    catalogue: list[tuple[str, str, date, str, str, int | None, int | None, bool]]
    used: dict[str, int]
    balances: list[tuple[int, int]]
    stays: list[tuple[UUID, date, date | None]]
    watches: list[tuple[int | None, int | None, date, date | None, str]]


_decode = Decoder(_Found).decode


def _table(model) -> str:
    return model._meta.db_table


def _rows(columns: str, source: str, order: str) -> str:
    found = f"SELECT json_agg(json_build_array({columns}) ORDER BY {order}) FROM {source}"
    return f"COALESCE(({found}), '[]'::json)"


_PAID = f"""
    SELECT c.month FROM {_table(members.Contribution)} c
    WHERE c.member_id = m.id AND c.paid_on IS NOT NULL AND c.id >= (
        SELECT n.id FROM {_table(members.Contribution)} n
        WHERE n.member_id = c.member_id AND n.month = c.month ORDER BY n.id DESC LIMIT 1)
"""
_OF_MEMBER = "member_id = (SELECT id FROM m)"
_INSTITUTION_PARTS = ", ".join(
    _rows(columns, f"{_table(model)} WHERE institution_id = i.id", order)
    for columns, model, order in (
        ("starts_on, level, kind, affiliation", members.InstitutionStanding, "starts_on"),
        ("starts_on, ends_on", members.Agreement, "starts_on"),
        ("benefit, starts_on, ends_on", members.Designation, "benefit, starts_on"),
    )
)
_PARTS = {
    "person": "(SELECT json_build_array(id, number, born, retired_on, died_on, surplus_years, "
    "own_monthly_credit) FROM m)",
    "covers": _rows(
        "city_id, employment, plan, starts_on, ends_on",
        f"{_table(members.Enrolment)} WHERE {_OF_MEMBER}",
        "starts_on",
    ),
    "dues": _rows(
        "month, paid_on, employment, base",
        f"{_table(members.Contribution)} WHERE {_OF_MEMBER} "
        "AND month BETWEEN %(first_month)s::date AND %(last_month)s::date",
        "id",
    ),
    "firsts": f"""CASE WHEN %(waits)s::boolean THEN (SELECT json_build_array(
        ({_PAID} ORDER BY c.month LIMIT 1),
        ({_PAID} AND c.employment = 'flexible' ORDER BY c.month LIMIT 1)) FROM m) END""",
    "registrations": _rows(
        "benefit, disease, starts_on, ends_on",
        f"{_table(members.DiseaseRegistration)} WHERE {_OF_MEMBER}",
        "starts_on, id",
    ),
    "care": _rows(
        "kind, starts_on, ends_on", f"{_table(members.CarePeriod)} WHERE {_OF_MEMBER}", "starts_on"
    ),
    "links": _rows(
        "owner_id, relation, consented_on, ends_on",
        f"{_table(members.FamilyLink)} WHERE user_id = (SELECT id FROM m) AND consented_on IS NOT NULL",
        "position, id",
    ),
    "institutions": _rows(
        f"i.id, i.code, i.name, i.city_id, {_INSTITUTION_PARTS}",
        f"{_table(members.Institution)} i WHERE i.code = ANY(%(institutions)s::text[])",
        "i.id",
    ),
    "versions": _rows(
        "v.city_id, v.effective_from, v.id, v.fingerprint",
        f"{_table(PolicyVersion)} v WHERE v.city_id = ANY(ARRAY(SELECT city_id FROM cities)) "
        f"AND v.published_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {_table(VersionTransition)} t "
        f"WHERE t.version_id = v.id AND t.kind = '{VersionTransition.Kind.WITHDRAWN}')",
        "v.effective_from, v.revision",
    ),
    "catalogue": _rows(
        "city_id, code, valid_from, item_class, kind, upfront, ceiling, negotiated",
        f"{_table(CatalogueItem)} WHERE city_id = ANY(ARRAY(SELECT city_id FROM cities)) "
        "AND code = ANY(%(items)s::text[])",
        "valid_from",
    ),
    # NOT LIKE and the like of claims.store: those by institution and day are many, and of this visit only.
    "used": f"""COALESCE((SELECT json_object_agg(key, value) FROM {_table(Accumulator)} WHERE {_OF_MEMBER}
        AND (key NOT LIKE '%%@%%' OR split_part(key, '@', 2) = %(visit)s::text)), '{{}}'::json)""",
    "balances": _rows(
        "member_id, balance",
        f"{_table(members.PersonalAccount)} WHERE %(pays)s::boolean AND member_id = ANY(ARRAY("
        f"SELECT id FROM m UNION SELECT owner_id FROM {_table(members.FamilyLink)} "
        "WHERE user_id = (SELECT id FROM m) AND consented_on IS NOT NULL))",
        "member_id",
    ),
    "stays": _rows(
        "id, admitted_on, discharged_on",
        f"{_table(Claim)} WHERE member_number = %(number)s::text AND admitted_on IS NOT NULL "
        "AND admitted_on < %(day)s::date AND (discharged_on IS NULL OR discharged_on > %(day)s::date) "
        f"AND status IN ('{Claim.State.SETTLED}', '{Claim.State.PENDED}')",
        "seq",
    ),
    "watches": _rows(
        "institution_id, member_id, starts_on, ends_on, reason",
        f"{_table(Watch)} WHERE {_OF_MEMBER} OR institution_id = ANY(ARRAY(SELECT id FROM "
        f"{_table(members.Institution)} WHERE code = ANY(%(institutions)s::text[])))",
        "id",
    ),
}
_STATEMENT = f"""
    WITH m AS MATERIALIZED (
        SELECT id, number, born, retired_on, died_on, surplus_years, own_monthly_credit
        FROM {_table(members.Member)} WHERE number = %(number)s::text
    ), cities AS MATERIALIZED (
        SELECT DISTINCT city_id FROM {_table(members.Enrolment)} WHERE {_OF_MEMBER}
    )
    SELECT json_build_object({", ".join(f"'{name}', {part}" for name, part in _PARTS.items())})::text
"""
# How many months before a claim waiting periods have been found to look back: as many are read at first.
_months_back = 0


def reads(claim: Incoming) -> bool:
    """Whether it can: on PostgreSQL, and but for the rare claims that list others."""
    return connection.vendor == "postgresql" and not claim.content.lists


def read_facts(claim: Incoming, on: date) -> Facts:
    """The facts for adjudicating the claim on the day `on`."""
    global _months_back
    while True:
        months_back = _months_back
        facts, waits = _read(claim, on, months_back)
        if waits <= months_back:
            return facts
        _months_back = max(_months_back, waits)


def _read(claim: Incoming, on: date, months_back: int) -> tuple[Facts, int]:
    """The facts, and how many months back the version's waiting periods look."""
    content, month = claim.content, month_of(claim.day)
    codes = sorted({claim.institution, content.prescribed_by} - {""})
    found = _ask(
        number=content.member_number,
        day=claim.day,
        first_month=month_start(month - months_back),
        last_month=month_start(month),
        waits=months_back > 0,
        institutions=codes,
        items=sorted({line.item for line in content.lines}),
        visit=f"{claim.institution}/{claim.day.isoformat()}",
        pays=content.use_account,
    )
    member = _member(found)
    versions = _versions(found)
    cover = member.cover_on(claim.day) if member is not None else None
    terms = versions.terms(cover.city, claim.day) if cover is not None else None
    waiting = terms.entitlement.waiting if terms is not None else {}
    facts = Facts(
        members={member.number: member} if member is not None else {},
        institutions=_institutions(found, codes),
        terms=versions.terms,
        catalogue=_catalogue(found),
        used={member.id: found.used} if member is not None else {},
        balances=dict(found.balances),
        claim_stays={content.member_number: {id: Period(*dates) for id, *dates in found.stays}},
        watch=watch_of(found.watches, {row[0]: row[1] for row in found.institutions}),
        known_on=on,
    )
    return facts, max((months.value for months in waiting.values()), default=0)


def _ask(**params) -> _Found:
    with connection.planned_cursor() as cursor:
        cursor.execute(_STATEMENT, params)
        (answer,) = cursor.fetchone()
    return _decode(answer)


def _member(found: _Found) -> MemberRecord | None:
    if found.person is None:
        return None
    id, number, born, retired_on, died_on, surplus_years, own_monthly_credit = found.person
    first_paid, first_flexible = found.firsts or (None, None)
    return MemberRecord(
        id=id,
        number=number,
        born=born,
        covers=tuple([Cover(*row) for row in found.covers]),
        retired_on=retired_on,
        died_on=died_on,
        dues={month_of(month): Due(*due) for month, *due in found.dues},
        first_paid=first_paid and month_of(first_paid),
        first_flexible=first_flexible and month_of(first_flexible),
        registrations=tuple([Registration(b, d, Period(*dates)) for b, d, *dates in found.registrations]),
        stays=_care(found, members.CarePeriod.Kind.STAY),
        ltc=_care(found, members.CarePeriod.Kind.LTC),
        links=tuple([Link(owner, relation, Period(*dates)) for owner, relation, *dates in found.links]),
        surplus_years=surplus_years,
        own_monthly_credit=own_monthly_credit,
    )


def _care(found: _Found, wanted: str) -> tuple[Period, ...]:
    return tuple([Period(*dates) for kind, *dates in found.care if kind == wanted])


def _versions(found: _Found) -> VersionIndex:
    """Of each date the highest revision, as policies.selectors.version_index has it for all cities."""
    chosen = defaultdict(dict)
    for city, day, id, fingerprint in found.versions:
        chosen[city][day] = Entry(day, id, fingerprint)
    return VersionIndex({city: list(days.values()) for city, days in chosen.items()})


def _institutions(found: _Found, codes: list[str]) -> dict[str, InstitutionRecord]:
    records = {
        code: InstitutionRecord(
            id,
            code,
            name,
            city,
            tuple([Standing(*row) for row in standings]),
            tuple([Period(*row) for row in agreements]),
            tuple([(benefit, Period(*dates)) for benefit, *dates in designations]),
        )
        for id, code, name, city, standings, agreements, designations in found.institutions
    }
    return {code: records.get(code) or InstitutionRecord(0, code, "", "", (), (), ()) for code in codes}


def _catalogue(found: _Found):
    return catalogue_of(
        (city, code, start, CatalogueEntry(*entry)) for city, code, start, *entry in found.catalogue
    )
