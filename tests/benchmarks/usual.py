"""The usual way, to compare with: a Celery task for each claim, which reads and saves object by object.

It gives the same settlements: the same engine on the same facts, only read and written as is customary in
Django applications: `get`, related managers, `select_for_update`, `save()`. The connection is kept open and
compiled terms are kept in memory, as in the worker.
"""

from datetime import date
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from claims.content import decode
from claims.engine.result import AMOUNTS
from claims.engine.settle import ENGINE_VERSION
from claims.models import Accumulator, Claim, Settlement
from claims.sets import SEQUENCE, CatalogueEntry, Facts, Incoming, Outcome, settle_one
from claims.store.rows import encode
from members.models import Institution, Member
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
)
from policies.models import CatalogueItem
from policies.selectors import terms_of, version_id_on


@shared_task
def adjudicate(claim_id: str) -> None:
    """Adjudicate one claim."""
    now = timezone.now()
    with transaction.atomic():
        claim = (
            Claim.objects.select_related("institution").select_for_update(of=("self",)).get(pk=UUID(claim_id))
        )
        if claim.status != Claim.State.QUEUED:
            return
        member = Member.objects.select_for_update().get(number=claim.member_number)
        accumulators = {
            row.key: row for row in Accumulator.objects.select_for_update().filter(member_id=member.pk)
        }
        facts = Facts(
            members={member.number: _member_record(member)},
            institutions={claim.institution.code: _institution_record(claim.institution)},
            terms=_terms,
            catalogue=_catalogue_entry,
            used={member.pk: {key: row.value for key, row in accumulators.items()}},
            known_on=now.date(),
        )
        outcome = settle_one(facts, _incoming(claim))
        _save_settlement(claim, outcome, now)
        _save_accumulators(member, outcome, accumulators)
        claim.status, claim.code = outcome.result.outcome, outcome.result.code or ""
        claim.city, claim.member_id = outcome.case.member.city, member.pk
        claim.place, claim.revision = outcome.place, 1
        claim.save()


def _incoming(claim: Claim) -> Incoming:
    return Incoming(
        claim.pk, claim.claim_number, claim.institution.code, decode(claim.content), claim.received_on
    )


def _terms(city: str, day: date):
    id = version_id_on(city, day)
    return None if id is None else terms_of(id)


def _catalogue_entry(city: str, item: str, day: date) -> CatalogueEntry | None:
    rows = CatalogueItem.objects.filter(city_id=city, code=item, valid_from__lte=day)
    row = rows.order_by("-valid_from").first()
    if row is None:
        return None
    return CatalogueEntry(row.item_class, row.kind, row.upfront, row.ceiling, row.negotiated)


def _member_record(member: Member) -> MemberRecord:
    enrolments = member.enrolments.order_by("starts_on")
    contributions = member.contributions.order_by("id")
    return MemberRecord(
        id=member.pk,
        number=member.number,
        born=member.born,
        covers=tuple(
            Cover(row.city_id, row.employment, row.plan, row.starts_on, row.ends_on) for row in enrolments
        ),
        retired_on=member.retired_on,
        died_on=member.died_on,
        dues={month_of(row.month): Due(row.paid_on, row.employment, row.base) for row in contributions},
        first_paid=month_of(contributions[0].month),
        registrations=tuple(
            Registration(row.benefit, row.disease, Period(row.starts_on, row.ends_on))
            for row in member.registrations.all()
        ),
        stays=tuple(Period(row.starts_on, row.ends_on) for row in member.care_periods.filter(kind="stay")),
        ltc=tuple(Period(row.starts_on, row.ends_on) for row in member.care_periods.filter(kind="ltc")),
        links=tuple(
            Link(row.owner_id, row.relation, Period(row.consented_on, row.ends_on))
            for row in member.shared_with.filter(consented_on__isnull=False)
        ),
        surplus_years=member.surplus_years,
    )


def _institution_record(institution: Institution) -> InstitutionRecord:
    return InstitutionRecord(
        id=institution.pk,
        code=institution.code,
        name=institution.name,
        city=institution.city_id,
        standings=tuple(
            Standing(row.starts_on, row.level, row.kind, row.affiliation)
            for row in institution.standings.order_by("starts_on")
        ),
        agreements=tuple(Period(row.starts_on, row.ends_on) for row in institution.agreements.all()),
        designations=tuple(
            (row.benefit, Period(row.starts_on, row.ends_on)) for row in institution.designations.all()
        ),
    )


def _save_settlement(claim: Claim, outcome: Outcome, now) -> None:
    result, case, terms = outcome.result, outcome.case, outcome.terms
    settlement = Settlement(
        claim=claim,
        revision=1,
        kind=Settlement.Kind.SETTLED,
        reason=result.code or "",
        place=outcome.place,
        member_id=case.member.id,
        institution_id=claim.institution_id,
        city=case.member.city,
        service_date=case.service_date,
        version_id=terms.version_id,
        fingerprint=terms.fingerprint,
        engine_version=ENGINE_VERSION,
        benefit=result.benefit,
        tier=result.tier,
        status=result.status,
        fund_rate=result.fund_rate,
        case=encode(case),
        used=encode(result.used),
        deltas=encode(result.deltas),
        spent=encode(result.spent),
        steps=encode(result.steps),
        settled_at=now,
    )
    for name, amount in zip(AMOUNTS, result.amounts(), strict=True):
        setattr(settlement, name, amount)
    settlement.save()


def _save_accumulators(member: Member, outcome: Outcome, accumulators: dict[str, Accumulator]) -> None:
    for key, amount in {**outcome.result.deltas, SEQUENCE: 1}.items():
        row = accumulators.get(key) or Accumulator(member_id=member.pk, key=key, value=0)
        row.value += amount
        row.save()
