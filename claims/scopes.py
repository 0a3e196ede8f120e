"""To which cities the rows of this app belong (see policies.access).

A claim belongs to the city whose rules it is settled by, and to the city of the institution that sent it.
"""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q

from claims import models
from members.models import Enrolment, Institution
from policies.access import Scope, register_scope


def _member(path: str, codes: frozenset[str]) -> Exists:
    return Exists(Enrolment.objects.filter(member=OuterRef(path), city__in=codes))


def _institution(path: str, codes: frozenset[str]) -> Exists:
    return Exists(Institution.objects.filter(pk=OuterRef(path), city__in=codes))


def _claim(prefix: str = "") -> Scope:
    """Both of the claim's own columns, without a join: so each row is judged by itself, and by index where few are."""

    def scope(codes: frozenset[str]) -> Q:
        there = Institution.objects.filter(city__in=codes).values("pk")
        return Q(**{f"{prefix}city__in": codes}) | Q(**{f"{prefix}institution__in": there})

    return scope


def _settlement(codes: frozenset[str]) -> Q:
    return Q(city__in=codes) | Q(institution_id__in=Institution.objects.filter(city__in=codes).values("pk"))


def _work(codes: frozenset[str]) -> Q:
    """Runs and notices name a city, or a member, or an institution."""
    return Q(city__in=codes) | Q(_member("member_id", codes), city="")


def _notice(codes: frozenset[str]) -> Q:
    return _work(codes) | Q(_institution("institution_id", codes))


def _watch(codes: frozenset[str]) -> Q:
    return Q(institution__city__in=codes) | Q(_member("member_id", codes))


_SCOPES: dict[type, Callable] = {
    models.Claim: _claim(),
    models.ClaimKey: lambda codes: Q(institution__city__in=codes),
    models.ClaimBatch: lambda codes: Q(institution__city__in=codes),
    models.ClaimBatchRow: lambda codes: Q(batch__institution__city__in=codes),
    models.ClaimEvent: _claim("claim__"),
    models.Settlement: _settlement,
    models.Accumulator: lambda codes: Q(_member("member_id", codes)),
    models.AffectedNotice: _notice,
    models.ReadjudicationRun: _work,
    models.Watch: _watch,
    models.ShardWork: lambda codes: Q(),  # of no member, and of no city
}


def register() -> None:
    for model, scope in _SCOPES.items():
        register_scope(model, scope)
