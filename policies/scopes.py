"""To which cities the rows of this app belong (see policies.access)."""

from django.db.models import Q

from policies import models
from policies.access import by_city, everywhere, register_scope, with_provinces
from policies.desk import ROW_MODELS

_OF_VERSION = (models.AcceptanceCase, models.VersionComment, models.VersionEdit, models.VersionTransition)


def _cities(codes: frozenset[str]) -> Q:
    """One's own cities, and their provinces, whose documents bind them."""
    return Q(pk__in=with_provinces(codes))


def register() -> None:
    register_scope(models.City, _cities)
    register_scope(models.PolicyDocument, by_city("city", shared=True))
    register_scope(models.DocumentFile, by_city("document__city", shared=True))
    register_scope(models.FrameworkBound, by_city("city", shared=True))
    register_scope(models.PolicyVersion, by_city("city"))
    register_scope(models.CatalogueItem, by_city("city"))
    for model in (*ROW_MODELS, *_OF_VERSION):
        register_scope(model, by_city("version__city"))
    # Users, what was done to them, and groups: whoever may manage them manages all.
    for model in (models.User, models.UserEvent):
        register_scope(model, everywhere)
