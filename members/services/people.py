"""Members and their cover: registering, enrolling, ending cover, retirement, death.

Each service checks, writes with history and reason, and tells the listeners of `members.registry` for which
service dates adjudication could now come out otherwise. All raise ValidationError.
"""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Enrolment, Member, PersonalAccount
from members.periods import changed_days, overlap
from members.registry import Fact, FactsChanged, facts_changed
from members.services import history
from policies.models import City, User
from policies.terms import COMBINED, EMPLOYEE

_DAY = timedelta(days=1)


@transaction.atomic
def register_member(*, member: Member, actor: User | None, reason: str) -> Member:
    """Stores a new member (an unsaved instance) and opens the personal account, empty."""
    history.save(member, actor=actor, reason=reason)
    PersonalAccount.objects.create(member=member)
    return member


@transaction.atomic
def amend_member(*, member: Member, actor: User | None, reason: str) -> Member:
    """Saves the changed fields of `member`: name, numbers, birth, years above the minimum, own credit.

    The days of retirement and death have services of their own, and are left as stored.
    """
    stored = locked(member)
    member.retired_on, member.died_on = stored.retired_on, stored.died_on
    history.save(member, actor=actor, reason=reason)
    if (stored.born, stored.surplus_years) != (member.born, member.surplus_years):
        cause = _("birth date or contribution years corrected")
        facts_changed(FactsChanged(Fact.PERSON, stored.born, None, cause, (member.pk,)))
    return member


@transaction.atomic
def enrol(
    *,
    member: Member,
    city: City,
    starts_on: date,
    ends_on: date | None = None,
    employment: str = EMPLOYEE,
    plan: str = COMBINED,
    actor: User | None,
    reason: str,
) -> Enrolment:
    """Begins cover. Refuses (`overlap`) days on which the member is enrolled already, anywhere."""
    locked(member)
    enrolment = Enrolment(
        member=member, city=city, employment=employment, plan=plan, starts_on=starts_on, ends_on=ends_on
    )
    _check_cover(enrolment)
    history.save(enrolment, actor=actor, reason=reason)
    _enrolment_changed(enrolment, None, (starts_on, ends_on))
    return enrolment


@transaction.atomic
def end_cover(*, enrolment: Enrolment, ends_on: date | None, actor: User | None, reason: str) -> Enrolment:
    """Sets or moves the last day of an enrolment; None opens it again, where nothing follows."""
    locked(enrolment.member)
    enrolment.refresh_from_db()
    before = (enrolment.starts_on, enrolment.ends_on)
    enrolment.ends_on = ends_on
    _check_cover(enrolment)
    history.save(enrolment, actor=actor, reason=reason)
    _enrolment_changed(enrolment, before, (enrolment.starts_on, ends_on))
    return enrolment


@transaction.atomic
def change_employment(
    *, enrolment: Enrolment, from_day: date, employment: str, plan: str, actor: User | None, reason: str
) -> Enrolment:
    """Ends an enrolment the day before `from_day` and begins the next, in the same city; returns that."""
    last = enrolment.ends_on
    end_cover(enrolment=enrolment, ends_on=from_day - _DAY, actor=actor, reason=reason)
    return enrol(
        member=enrolment.member,
        city=enrolment.city,
        starts_on=from_day,
        ends_on=last,
        employment=employment,
        plan=plan,
        actor=actor,
        reason=reason,
    )


@transaction.atomic
def record_retirement(*, member: Member, retired_on: date | None, actor: User | None, reason: str) -> Member:
    """Sets, moves or (None) takes back the day from which retired benefits start."""
    stored = locked(member)
    if retired_on is not None and retired_on <= stored.born:
        raise ValidationError(
            _("Retired benefits cannot start before birth: check both dates."), code="before_birth"
        )
    return _set_day(stored, "retired_on", retired_on, Fact.RETIREMENT, _("retirement"), actor, reason)


@transaction.atomic
def record_death(
    *, member: Member, died_on: date | None, on: date, actor: User | None, reason: str
) -> Member:
    """Sets, corrects or (None) takes back the day of death: cover ends with it. `on`: the day of entry."""
    stored = locked(member)
    if died_on is not None and not stored.born <= died_on <= on:
        raise ValidationError(
            _("The day of death lies between birth and today: check the date."), code="day_of_death"
        )
    return _set_day(stored, "died_on", died_on, Fact.DEATH, _("death"), actor, reason)


def locked(member: Member) -> Member:
    """The member as stored, locked, so that two clerks cannot enter cover for the same days at once."""
    return Member.objects.select_for_update().get(pk=member.pk)


def _set_day(member, field, day, fact, cause, actor, reason) -> Member:
    before = getattr(member, field)
    setattr(member, field, day)
    history.save(member, actor=actor, reason=reason)
    # Both are days from which something holds without end.
    spans = [None if first is None else (first, None) for first in (before, day)]
    if span := changed_days(*spans):
        facts_changed(FactsChanged(fact, *span, cause, (member.pk,)))
    return member


def _check_cover(enrolment: Enrolment) -> None:
    member = enrolment.member
    if enrolment.ends_on is not None and enrolment.ends_on < enrolment.starts_on:
        raise ValidationError(_("Cover cannot end before it starts: check both dates."), code="reversed")
    if enrolment.starts_on < member.born:
        raise ValidationError(_("Cover cannot start before birth: check both dates."), code="before_birth")
    others = Enrolment.objects.filter(member=member).exclude(pk=enrolment.pk).select_related("city")
    for other in others:
        if overlap((other.starts_on, other.ends_on), (enrolment.starts_on, enrolment.ends_on)):
            raise ValidationError(
                _(
                    "The member is enrolled in %(city)s from %(from)s to %(to)s: end that enrolment the day "
                    "before, or choose days outside it."
                ),
                code="overlap",
                params={"city": other.city, "from": other.starts_on, "to": other.ends_on or _("open")},
            )


def _enrolment_changed(enrolment: Enrolment, before, after) -> None:
    if span := changed_days(before, after):
        cause = _("enrolment in %(city)s") % {"city": enrolment.city_id}
        facts_changed(FactsChanged(Fact.ENROLMENT, *span, cause, (enrolment.member_id,)))
