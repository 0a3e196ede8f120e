"""Money that comes with a member from elsewhere, leaves with one, or is paid out (Kaifeng 第十八条).

Amounts are fen. All raise ValidationError.
"""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import AccountEntry, Enrolment, Member
from members.services import accounts
from members.services.accounts import Cause
from policies.models import User

EMIGRATION, DEATH, NO_TRANSFER = "emigration", "death", "transfer_not_possible"
GROUNDS = {
    EMIGRATION: gettext_lazy("emigration"),
    DEATH: gettext_lazy("death"),
    NO_TRANSFER: gettext_lazy("transfer is not possible"),
}


def transfer_in(
    *, member: Member, amount: int, origin: str, on: date, at: datetime, actor: User | None, reason: str
) -> AccountEntry:
    """Books the balance that a member brings from a city outside this system (`origin`)."""
    accounts.require_reason(reason)
    if amount <= 0:
        raise ValidationError(_("Enter an amount above 0."), code="amount")
    return accounts.post(
        member=member,
        cause=Cause.TRANSFER,
        amount=amount,
        on=on,
        at=at,
        actor=actor,
        reason=reason,
        details={"from": origin},
    )


@transaction.atomic
def transfer_out(
    *, member: Member, destination: str, on: date, at: datetime, actor: User | None, reason: str
) -> AccountEntry:
    """Moves the whole balance with a member whose insurance leaves for a city outside this system.

    Between cities of this system the account simply stays the member's. Raises ValidationError
    `still_enrolled` while cover goes on, `empty` where there is nothing to move.
    """
    accounts.require_reason(reason)
    _check_cover_ended(member, on)
    return _pay_out(Cause.TRANSFER, member, {"to": destination}, on, at, actor, reason)


@transaction.atomic
def withdraw(
    *, member: Member, ground: str, on: date, at: datetime, actor: User | None, reason: str
) -> AccountEntry:
    """Pays the whole balance to the member or the heirs, on one of GROUNDS (Kaifeng 第十八条).

    Raises ValidationError `ground`, `not_dead` (death is the ground and not on record), `still_enrolled`,
    `empty`.
    """
    accounts.require_reason(reason)
    if ground not in GROUNDS:
        raise ValidationError(
            _("Choose a ground: emigration, death, or no transfer possible."), code="ground"
        )
    if ground == DEATH:
        if member.died_on is None or member.died_on > on:
            raise ValidationError(_("Record the member's death first."), code="not_dead")
    else:
        _check_cover_ended(member, on)
    return _pay_out(Cause.WITHDRAWAL, member, {"ground": ground}, on, at, actor, reason)


def _check_cover_ended(member: Member, on: date) -> None:
    going_on = Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    if Enrolment.objects.filter(going_on, member=member).exists():
        raise ValidationError(
            _("The member is still enrolled: end the cover by %(day)s first."),
            code="still_enrolled",
            params={"day": on},
        )


def _pay_out(cause, member, details, on, at, actor, reason) -> AccountEntry:
    balance = accounts.lock_accounts([member.pk])[member.pk]
    if balance == 0:
        raise ValidationError(_("The account is empty: there is nothing to pay out."), code="empty")
    return accounts.post(
        member=member, cause=cause, amount=-balance, on=on, at=at, actor=actor, reason=reason, details=details
    )
