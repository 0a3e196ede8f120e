"""Designated institutions: registering, standing (level, kind, affiliation), agreement, designations.

As everywhere: checked, written with history and reason, and told to the listeners of `members.registry`.
All raise ValidationError.
"""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from members.models import Agreement, Designation, Institution, InstitutionStanding
from members.periods import Span, changed_days, overlap
from members.registry import Fact, FactsChanged, facts_changed
from members.services import history
from policies.models import User

_DAY = timedelta(days=1)
BEGINNING = date.min  # name and city have no dates: a change of them reaches all service dates


@transaction.atomic
def register_institution(*, institution: Institution, actor: User | None, reason: str) -> Institution:
    """Stores a new institution (an unsaved instance); its standing and agreement are further steps."""
    history.save(institution, actor=actor, reason=reason)
    return institution


@transaction.atomic
def amend_institution(*, institution: Institution, actor: User | None, reason: str) -> Institution:
    """Saves a changed name, code or city, which tiers may be matched by."""
    stored = _locked(institution)
    history.save(institution, actor=actor, reason=reason)
    changed = (stored.name, stored.code, stored.city_id) != (
        institution.name,
        institution.code,
        institution.city_id,
    )
    if changed:
        _tell(institution, Fact.INSTITUTION, (BEGINNING, None), _("institution's name, code or city"))
    return institution


@transaction.atomic
def set_standing(
    *,
    institution: Institution,
    starts_on: date,
    level: int,
    kind: str,
    affiliation: str,
    actor: User | None,
    reason: str,
) -> InstitutionStanding:
    """What the institution is from `starts_on` on; a standing of the same day is corrected."""
    _locked(institution)
    row = InstitutionStanding.objects.filter(institution=institution, starts_on=starts_on).first()
    row = row or InstitutionStanding(institution=institution, starts_on=starts_on)
    before = (row.level, row.kind, row.affiliation) if row.pk else None
    row.level, row.kind, row.affiliation = level, kind, affiliation
    if before == (level, kind, affiliation):
        return row
    history.save(row, actor=actor, reason=reason)
    _tell(institution, Fact.STANDING, _standing_span(row), _("institution's level, kind or affiliation"))
    return row


@transaction.atomic
def record_agreement(
    *,
    institution: Institution,
    starts_on: date,
    ends_on: date | None = None,
    actor: User | None,
    reason: str,
) -> Agreement:
    """定点协议 from a day to a day. Refuses (`overlap`) days that another agreement covers."""
    row = Agreement(institution=institution, starts_on=starts_on, ends_on=ends_on)
    return _add(row, Agreement.objects.filter(institution=institution), Fact.AGREEMENT, actor, reason)


@transaction.atomic
def designate(
    *,
    institution: Institution,
    benefit: str,
    starts_on: date,
    ends_on: date | None = None,
    actor: User | None,
    reason: str,
) -> Designation:
    """定点 for a benefit from a day to a day. Refuses (`overlap`) days that it is designated for already."""
    row = Designation(institution=institution, benefit=benefit, starts_on=starts_on, ends_on=ends_on)
    others = Designation.objects.filter(institution=institution, benefit=benefit)
    return _add(row, others, Fact.DESIGNATION, actor, reason)


@transaction.atomic
def end_agreement(
    *, agreement: Agreement, ends_on: date | None, actor: User | None, reason: str
) -> Agreement:
    """Sets or moves the last day of an agreement."""
    others = Agreement.objects.filter(institution=agreement.institution)
    return _move_end(agreement, others, ends_on, Fact.AGREEMENT, actor, reason)


@transaction.atomic
def end_designation(
    *, designation: Designation, ends_on: date | None, actor: User | None, reason: str
) -> Designation:
    """Sets or moves the last day of a designation."""
    others = Designation.objects.filter(institution=designation.institution, benefit=designation.benefit)
    return _move_end(designation, others, ends_on, Fact.DESIGNATION, actor, reason)


def _locked(institution: Institution) -> Institution:
    return Institution.objects.select_for_update().get(pk=institution.pk)


def _standing_span(row: InstitutionStanding) -> Span:
    later = InstitutionStanding.objects.filter(institution=row.institution, starts_on__gt=row.starts_on)
    following = later.order_by("starts_on").values_list("starts_on", flat=True).first()
    return row.starts_on, following and following - _DAY


def _add(row, others: models.QuerySet, fact: Fact, actor: User | None, reason: str):
    _locked(row.institution)
    return _check_and_write(row, others, None, fact, actor, reason)


def _move_end(row, others: models.QuerySet, ends_on, fact: Fact, actor: User | None, reason: str):
    _locked(row.institution)
    row.refresh_from_db()
    before = (row.starts_on, row.ends_on)
    row.ends_on = ends_on
    return _check_and_write(row, others, before, fact, actor, reason)


def _check_and_write(row, others, before: Span | None, fact: Fact, actor: User | None, reason: str):
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise ValidationError(_("A period cannot end before it starts: check both dates."), code="reversed")
    for other in others.exclude(pk=row.pk):
        if overlap((other.starts_on, other.ends_on), (row.starts_on, row.ends_on)):
            raise ValidationError(
                _("There is one from %(from)s to %(to)s already: end that first, or choose other days."),
                code="overlap",
                params={"from": other.starts_on, "to": other.ends_on or _("open")},
            )
    history.save(row, actor=actor, reason=reason)
    if span := changed_days(before, (row.starts_on, row.ends_on)):
        _tell(row.institution, fact, span, str(row))
    return row


def _tell(institution: Institution, fact: Fact, span: Span, cause: str) -> None:
    facts_changed(FactsChanged(fact, *span, cause, institution_ids=(institution.pk,)))
