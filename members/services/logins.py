"""Logins of institutions, for those that have no system of their own: made here, else kept as any user's."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Institution, InstitutionLogin
from policies.models import User
from policies.services import people


@transaction.atomic
def create_login(
    *,
    institution: Institution,
    username: str,
    password: str,
    name: str,
    actor: User,
    reason: str,
    at: datetime,
) -> InstitutionLogin:
    """A user who sees this institution's upload pages and no staff's. Raises ValidationError.

    The institution's city is his, so that the administrators of that city look after the login.
    """
    step = {"actor": actor, "reason": reason, "at": at}
    user = people.create_user(username=username, password=password, name=name, staff=False, **step)
    people.set_roles(user=user, roles=[], cities=[institution.city_id], **step)
    return InstitutionLogin.objects.create(user=user, institution=institution)


def institution_of(user) -> Institution | None:
    """The institution whose pages a user sees; None for staff, and for nobody."""
    if not user.is_authenticated or user.is_staff:
        return None
    found = InstitutionLogin.objects.filter(user=user.pk).select_related("institution").first()
    return None if found is None else found.institution


def change_own_password(*, user: User, old: str, new: str, at: datetime) -> None:
    """Gives oneself another password. Raises ValidationError where the old one is wrong, or the new one weak."""
    if not user.check_password(old):
        raise ValidationError(_("This is not your password."), code="wrong")
    people.set_password(user=user, password=new, actor=user, reason=_("changed by its holder"), at=at)
