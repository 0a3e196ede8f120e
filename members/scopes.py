"""To which cities the rows of this app belong (see policies.access)."""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q

from members import models
from policies.access import Scope, by_city, register_scope


def _enrolled(member: str) -> Scope:
    """Rows of members who are or were enrolled in one of the cities; `member`: where a row names its member."""

    def scope(codes: frozenset[str]) -> Q:
        return Q(Exists(models.Enrolment.objects.filter(member=OuterRef(member), city__in=codes)))

    return scope


def _either(*scopes: Scope) -> Scope:
    def scope(codes: frozenset[str]) -> Q:
        found = Q()
        for one in scopes:
            found |= one(codes)
        return found

    return scope


_SCOPES: dict[type, Callable] = {
    models.Member: _enrolled("pk"),
    models.Enrolment: by_city("city"),
    models.Contribution: by_city("city"),
    models.DiseaseRegistration: _enrolled("member"),
    models.CarePeriod: _enrolled("member"),
    models.FamilyLink: _either(_enrolled("owner"), _enrolled("user")),
    models.PersonalAccount: _enrolled("pk"),
    models.AccountEntry: _enrolled("account"),
    models.CreditRun: by_city("city"),
    models.RegisterImport: by_city("city"),
    models.Institution: by_city("city"),
    models.InstitutionStanding: by_city("institution__city"),
    models.Agreement: by_city("institution__city"),
    models.Designation: by_city("institution__city"),
    models.InstitutionKey: by_city("institution__city"),
    models.InstitutionLogin: by_city("institution__city"),
}


def register() -> None:
    for model, scope in _SCOPES.items():
        register_scope(model, scope)
