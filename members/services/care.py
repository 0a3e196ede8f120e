"""What is registered about a member's care and family: diseases, stays, long-term care, shared accounts.

As everywhere: checked, written with history and reason, and told to the listeners of `members.registry`.
All raise ValidationError.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from members.models import CarePeriod, DiseaseRegistration, FamilyLink, Member
from members.periods import Span, changed_days, overlap
from members.registry import Fact, FactsChanged, facts_changed
from members.services import history
from members.services.people import locked
from policies.models import User


@transaction.atomic
def register_disease(
    *,
    member: Member,
    benefit: str,
    disease: str,
    starts_on: date,
    ends_on: date | None = None,
    actor: User | None,
    reason: str,
) -> DiseaseRegistration:
    """病种认定 from a day to a day. Refuses (`overlap`) a second one of the same disease on the same days."""
    locked(member)
    row = DiseaseRegistration(
        member=member, benefit=benefit, disease=disease.strip().upper(), starts_on=starts_on, ends_on=ends_on
    )
    others = DiseaseRegistration.objects.filter(member=member, benefit=benefit, disease=row.disease)
    _check_period(row, others)
    _write(row, None, Fact.REGISTRATION, _("disease registration %s") % row.disease, actor, reason)
    return row


@transaction.atomic
def end_registration(
    *, registration: DiseaseRegistration, ends_on: date | None, actor: User | None, reason: str
) -> DiseaseRegistration:
    """Sets or moves the last day of a disease registration."""
    others = DiseaseRegistration.objects.filter(
        member=registration.member, benefit=registration.benefit, disease=registration.disease
    )
    cause = _("disease registration %s") % registration.disease
    return _move_end(registration, others, ends_on, Fact.REGISTRATION, cause, actor, reason)


@transaction.atomic
def record_care_period(
    *,
    member: Member,
    kind: str,
    starts_on: date,
    ends_on: date | None = None,
    actor: User | None,
    reason: str,
) -> CarePeriod:
    """A hospital stay or time in specialised long-term care. Refuses (`overlap`) days of the same kind.

    A stay may begin on the day on which another ends (a transfer).
    """
    locked(member)
    row = CarePeriod(member=member, kind=kind, starts_on=starts_on, ends_on=ends_on)
    _check_period(row, _same_kind(row))
    _write(row, None, Fact.CARE_PERIOD, str(row.get_kind_display()), actor, reason)
    return row


@transaction.atomic
def end_care_period(
    *, period: CarePeriod, ends_on: date | None, actor: User | None, reason: str
) -> CarePeriod:
    """Sets or moves the discharge day, or the last day of specialised care."""
    cause = str(period.get_kind_display())
    return _move_end(period, _same_kind(period), ends_on, Fact.CARE_PERIOD, cause, actor, reason)


@transaction.atomic
def link_family(
    *,
    owner: Member,
    user: Member,
    relation: str,
    consented_on: date,
    position: int | None = None,
    actor: User | None,
    reason: str,
) -> FamilyLink:
    """家庭共济: from the day of the owner's consent, `owner`'s account may pay for `user`, the owner's `relation`.

    `position`: the place among the accounts that pay for `user` (None: the last).
    """
    locked(user)
    links = FamilyLink.objects.filter(user=user)
    if position is None:
        position = (links.aggregate(last=models.Max("position"))["last"] or 0) + 1
    link = FamilyLink(owner=owner, user=user, relation=relation, position=position, consented_on=consented_on)
    for other in links.filter(owner=owner, consented_on__isnull=False):
        if overlap((other.consented_on, other.ends_on), (consented_on, None)):
            raise ValidationError(
                _("This account is shared with this member since %(day)s: end that first."),
                code="overlap",
                params={"day": other.consented_on},
            )
    history.save(link, actor=actor, reason=reason)
    _family_changed(link, None)
    return link


@transaction.atomic
def end_family_link(*, link: FamilyLink, ends_on: date, actor: User | None, reason: str) -> FamilyLink:
    """The owner takes the consent back: the account pays for the user up to the day `ends_on`."""
    locked(link.user)
    link.refresh_from_db()
    if link.consented_on is not None and ends_on < link.consented_on:
        raise ValidationError(
            _("The consent dates from %(day)s: it cannot end before."),
            code="reversed",
            params={"day": link.consented_on},
        )
    before = (link.consented_on, link.ends_on)
    link.ends_on = ends_on
    history.save(link, actor=actor, reason=reason)
    _family_changed(link, before)
    return link


def _family_changed(link: FamilyLink, before: Span | None) -> None:
    if link.consented_on is not None and (span := changed_days(before, (link.consented_on, link.ends_on))):
        facts_changed(FactsChanged(Fact.FAMILY, *span, _("family account"), (link.user_id,)))


def _same_kind(period: CarePeriod) -> models.QuerySet:
    return CarePeriod.objects.filter(member=period.member, kind=period.kind)


def _check_period(row: models.Model, others: models.QuerySet) -> None:
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise ValidationError(_("A period cannot end before it starts: check both dates."), code="reversed")
    shares_a_day = getattr(row, "kind", None) == CarePeriod.Kind.STAY
    for other in others.exclude(pk=row.pk):
        if shares_a_day and (other.ends_on == row.starts_on or row.ends_on == other.starts_on):
            continue
        if overlap((other.starts_on, other.ends_on), (row.starts_on, row.ends_on)):
            raise ValidationError(
                _("There is one from %(from)s to %(to)s already: end that first, or choose other days."),
                code="overlap",
                params={"from": other.starts_on, "to": other.ends_on or _("open")},
            )


def _move_end(row, others, ends_on, fact, cause, actor, reason):
    locked(row.member)
    row.refresh_from_db()
    before = (row.starts_on, row.ends_on)
    row.ends_on = ends_on
    _check_period(row, others)
    _write(row, before, fact, cause, actor, reason)
    return row


def _write(row, before: Span | None, fact: Fact, cause: str, actor: User | None, reason: str) -> None:
    history.save(row, actor=actor, reason=reason)
    if span := changed_days(before, (row.starts_on, row.ends_on)):
        facts_changed(FactsChanged(fact, *span, cause, (row.member_id,)))
