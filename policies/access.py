"""Who may do what to which city: roles are groups of permissions, and everybody acts in the cities given to him.

A permission is Django's own ("policies.publish_policyversion"); what it is for is one of the names below. A
superuser may everything everywhere. Someone without cities sees nothing that belongs to a city.
"""

from collections.abc import Callable, Iterable

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from policies.models import City

VIEW_VERSIONS = "policies.view_policyversion"
MAKE_DRAFTS = "policies.add_policyversion"
EDIT_DRAFTS = "policies.change_policyversion"
SUBMIT = "policies.submit_policyversion"
REVIEW = "policies.review_policyversion"
PUBLISH = "policies.publish_policyversion"
COMMENT = "policies.add_versioncomment"
VIEW_DOCUMENTS = "policies.view_policydocument"
EDIT_DOCUMENTS = "policies.change_policydocument"
VIEW_HISTORY = "policies.view_versiontransition"
EXPORT_HISTORY = "policies.export_history"
MANAGE_USERS = "policies.change_user"
MANAGE_KEYS = "members.change_institutionkey"

OFFICER, REVIEWER, PUBLISHER = "policy officer", "policy reviewer", "publisher"
CLERK, MANAGER, AUDITOR, ADMINISTRATOR = "claims clerk", "manager", "auditor", "system administrator"
ROLE_LABELS = {
    OFFICER: _("policy officer"),
    REVIEWER: _("policy reviewer"),
    PUBLISHER: _("publisher"),
    CLERK: _("claims clerk"),
    MANAGER: _("manager"),
    AUDITOR: _("auditor"),
    ADMINISTRATOR: _("system administrator"),
}
ROLES = tuple(ROLE_LABELS)

# From the codes of someone's cities (with those of their provinces) to the rows that he may see.
Scope = Callable[[frozenset[str]], Q]
_scopes: dict[type[Model], Scope] = {}


class UnscopedModel(LookupError):
    """A model for which nobody said to which cities its rows belong."""


def role_label(name: str) -> str:
    """A role's name in the reader's language; a group of the bureau's own by its own name."""
    return str(ROLE_LABELS.get(name, name))


def cities_of(user) -> frozenset[str] | None:
    """The codes of the cities in which someone acts; None: everywhere."""
    if user.is_superuser:
        return None
    if not hasattr(user, "_cities_of"):
        user._cities_of = frozenset(user.cities.values_list("pk", flat=True))
    return user._cities_of


def may(user, permission: str, city: City | str | None = None) -> bool:
    """Whether someone may do a thing, in a city (None: where the city does not matter)."""
    if not user.is_active or not user.has_perm(permission):
        return False
    own = cities_of(user)
    code = city.pk if isinstance(city, City) else city
    return own is None or code is None or code in own


def with_provinces(codes: Iterable[str]) -> frozenset[str]:
    """The codes with those of their provinces: 370600 is under 370000."""
    codes = frozenset(codes)
    return codes | {province_of(code) for code in codes}


def province_of(code: str) -> str:
    return f"{code[:2]}0000"


# --- Which rows belong to a city ----------------------------------------------------------------


def by_city(*paths: str, shared: bool = False) -> Scope:
    """Rows whose city is found at one of `paths`. `shared`: also those of no city, or of its province."""

    def scope(codes: frozenset[str]) -> Q:
        wanted = with_provinces(codes) if shared else codes
        found = Q()
        for path in paths:
            found |= Q(**{f"{path}__in": wanted})
            if shared:
                found |= Q(**{f"{path}__isnull": True})
        return found

    return scope


def everywhere(codes: frozenset[str]) -> Q:
    """Rows that belong to no city: whoever has the permission sees all of them."""
    return Q()


def register_scope(model: type[Model], scope: Scope) -> None:
    """Called by each app when it starts, for each of its models."""
    _scopes[model] = scope


def scoped_models() -> frozenset[type[Model]]:
    """The models for which a scope is registered."""
    return frozenset(_scopes)


def in_scope(queryset: QuerySet, user) -> QuerySet:
    """The rows that belong to someone's cities. Raises UnscopedModel for a model that nobody registered."""
    codes = cities_of(user)
    scope = _scopes.get(queryset.model)
    if scope is None:
        raise UnscopedModel(queryset.model._meta.label)
    return queryset if codes is None else queryset.filter(scope(codes))


def sees(user, record: Model) -> bool:
    """Whether a record belongs to someone's cities."""
    if cities_of(user) is None:
        return True
    return in_scope(type(record)._default_manager.filter(pk=record.pk), user).exists()
