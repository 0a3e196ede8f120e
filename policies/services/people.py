"""Logins: made, given roles and cities, deactivated; each with a reason that stays. Nobody is ever deleted."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from policies.models import City, User, UserEvent

Kind = UserEvent.Kind


@transaction.atomic
def create_user(
    *,
    username: str,
    password: str,
    name: str,
    actor,
    reason: str,
    at: datetime,
    email: str = "",
    staff: bool = True,
) -> User:
    """A login for the pages, without any role or city yet; not `staff`: for none of the admin's.

    Raises ValidationError.
    """
    _require(reason)
    user = User(username=username.strip(), first_name=name.strip(), email=email, is_staff=staff)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    _record(user, Kind.CREATED, "", actor, reason, at)
    return user


@transaction.atomic
def set_active(*, user: User, active: bool, actor, reason: str, at: datetime) -> User:
    """Deactivates a login, at once for its sessions too, or takes it up again.

    Raises ValidationError for one's own, and without a reason.
    """
    _require(reason)
    if user.pk == actor.pk:
        raise ValidationError(_("Nobody deactivates himself."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        _end_sessions(user, at)
        _record(user, Kind.ACTIVATED if active else Kind.DEACTIVATED, "", actor, reason, at)
    return user


@transaction.atomic
def set_roles(
    *,
    user: User,
    roles: Collection[str],
    cities: Collection[str],
    actor,
    reason: str,
    at: datetime,
) -> User:
    """Gives exactly these roles (names of groups) in exactly these cities (codes).

    Raises ValidationError for one's own, an unknown role or city, and without a reason.
    """
    _require(reason)
    if user.pk == actor.pk:
        raise ValidationError(_("Nobody gives roles to himself."))
    user = User.objects.select_for_update().get(pk=user.pk)
    if roles and not user.is_staff:
        raise ValidationError(_("An institution's login has no role: roles are the bureau's."))
    groups = _known(Group, "name", roles, _("Unknown role: %(name)s."))
    places = _known(City, "pk", cities, _("Unknown city: %(name)s."))
    for kind, held, wanted in ((Kind.ROLES, user.groups, groups), (Kind.CITIES, user.cities, places)):
        before = {str(item) for item in held.all()}
        after = {str(item) for item in wanted}
        if before != after:
            held.set(wanted)
            _record(user, kind, _moved(before, after), actor, reason, at)
    return user


@transaction.atomic
def amend_user(*, user: User, name: str, email: str, actor, reason: str, at: datetime) -> User:
    """Corrects what a login's holder is called and where he is reached. Raises ValidationError."""
    _require(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    before = (user.first_name, user.email)
    user.first_name, user.email = name.strip(), email.strip()
    user.full_clean()
    after = (user.first_name, user.email)
    told = [f"{old or '—'} → {new or '—'}" for old, new in zip(before, after, strict=True) if old != new]
    if told:
        user.save(update_fields=["first_name", "email"])
        _record(user, Kind.AMENDED, ", ".join(told)[:500], actor, reason, at)
    return user


@transaction.atomic
def set_password(*, user: User, password: str, actor, reason: str, at: datetime) -> User:
    """Gives a login another password, which ends its sessions. Raises ValidationError."""
    _require(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _end_sessions(user, at)
    _record(user, Kind.PASSWORD, "", actor, reason, at)
    return user


def _end_sessions(user: User, at: datetime) -> None:
    """Ends whatever sessions someone has: taking his login up again brings none of them back."""
    for session in Session.objects.filter(expire_date__gte=at):
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


def _known(model, field: str, names: Collection[str], message: str) -> list:
    found = {getattr(item, field): item for item in model.objects.filter(**{f"{field}__in": list(names)})}
    missing = sorted(set(names) - found.keys())
    if missing:
        raise ValidationError([message % {"name": name} for name in missing])
    return list(found.values())


def _moved(before: set[str], after: set[str]) -> str:
    """What was given (+) and taken (−)."""
    given = [f"+ {name}" for name in sorted(after - before)]
    return ", ".join([*given, *(f"− {name}" for name in sorted(before - after))])[:500]


def _require(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("A reason is needed."))


def _record(user: User, kind: str, detail: str, actor, reason: str, at: datetime) -> None:
    UserEvent.objects.create(
        user=user,
        kind=kind,
        detail=detail,
        actor=actor,
        actor_name=actor.get_username(),
        reason=reason.strip(),
        at=at,
    )
