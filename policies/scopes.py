"""To which cities the rows of this app belong (see policies.access)."""

from django.db.models import Exists, OuterRef, Q

from policies import models
from policies.access import Scope, by_city, register_scope, with_provinces
from policies.desk import ROW_MODELS

_OF_VERSION = (models.AcceptanceCase, models.VersionComment, models.VersionEdit, models.VersionTransition)


def _cities(codes: frozenset[str]) -> Q:
    """One's own cities, and their provinces, whose documents bind them."""
    return Q(pk__in=with_provinces(codes))


def _colleagues(user: str) -> Scope:
    """Logins with one of the cities, and those without any yet; `user`: where a row names its login."""
    held = models.User.cities.through.objects.filter(user=OuterRef(user))

    def scope(codes: frozenset[str]) -> Q:
        return Q(Exists(held.filter(city__in=codes))) | ~Q(Exists(held))

    return scope


def register() -> None:
    register_scope(models.City, _cities)
    register_scope(models.PolicyDocument, by_city("city", shared=True))
    register_scope(models.DocumentFile, by_city("document__city", shared=True))
    register_scope(models.FrameworkBound, by_city("city", shared=True))
    register_scope(models.PolicyVersion, by_city("city"))
    register_scope(models.CatalogueItem, by_city("city"))
    for model in (*ROW_MODELS, *_OF_VERSION):
        register_scope(model, by_city("version__city"))
    register_scope(models.User, _colleagues("pk"))
    register_scope(models.UserEvent, _colleagues("user"))
