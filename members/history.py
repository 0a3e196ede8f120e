"""What belongs to the histories of members, institutions and cities, beside their own records."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from django.db.models import Q
from django.utils.translation import gettext as _

from members.models import (
    AccountEntry,
    Agreement,
    CarePeriod,
    Contribution,
    CreditRun,
    Designation,
    DiseaseRegistration,
    Enrolment,
    FamilyLink,
    Institution,
    InstitutionKey,
    InstitutionStanding,
    Member,
    RegisterImport,
)
from policies.cities import local_name
from policies.history import registry
from policies.history.entries import Change
from policies.history.sources import Events, Records, Told
from policies.models import City
from policies.wording import yuan_of


def _entry(row: AccountEntry) -> Told:
    said = [Change(_("amount"), "", yuan_of(row.amount))]
    if row.month:
        said.append(Change(_("month"), "", f"{row.month:%Y-%m}"))
    return Told(told=row.get_cause_display(), what=f"{row.on}", changes=tuple(said), reason=row.reason)


def _contribution(row: Contribution) -> Told:
    said = (
        Change(_("city"), "", local_name(row.city)),
        Change(_("employment"), "", row.get_employment_display()),
        Change(_("contribution base"), "", yuan_of(row.base)),
        Change(_("paid on"), "", str(row.paid_on or _("unpaid"))),
    )
    return Told(told=_("booked"), what=f"{row.month:%Y-%m}", changes=said)


def _run(row: CreditRun) -> Told:
    said = (
        Change(_("members credited"), "", f"{row.credited:,}"),
        Change(_("amount"), "", yuan_of(row.amount)),
    )
    return Told(told=_("credited"), what=f"{row.month:%Y-%m}", changes=said)


def _import(row: RegisterImport) -> Told:
    said = (
        Change(_("rows"), "", f"{row.rows:,}"),
        Change("SHA-256", "", row.sha256),
    )
    return Told(
        told=_("taken in"),
        what=f"{row.get_register_display()} {row.name}",
        changes=said,
        reason=row.reason,
        origin=row.get_source_display(),
    )


def _files(first: datetime, last: datetime) -> Iterable[tuple[datetime, int | None, str]]:
    """The register files that were taken in between two moments."""
    found = RegisterImport.objects.filter(at__range=(first, last))
    for at, actor, source, name in found.values_list("at", "actor_id", "source", "name"):
        by_command = source == RegisterImport.Source.COMMAND
        label = _("command, file %(name)s") if by_command else _("file %(name)s")
        yield at, actor, label % {"name": name}


def register() -> None:
    """Called when the app starts."""
    registry.register(
        Member,
        Records(Enrolment, ("member_id",)),
        Records(DiseaseRegistration, ("member_id",)),
        Records(CarePeriod, ("member_id",)),
        Records(FamilyLink, ("user_id", "owner_id")),
        Events(
            AccountEntry,
            of=lambda members: Q(account__in=members.values("pk")),
            tell=_entry,
            owner=attrgetter("account_id"),
            many=True,
        ),
        Events(
            Contribution,
            of=lambda members: Q(member__in=members),
            tell=_contribution,
            owner=attrgetter("member_id"),
            at="recorded_at",
            related=("city",),
            many=True,
        ),
    )
    registry.register(
        Institution,
        Records(InstitutionStanding, ("institution_id",)),
        Records(Agreement, ("institution_id",)),
        Records(Designation, ("institution_id",)),
        Records(InstitutionKey, ("institution_id",)),
    )
    registry.register_origin(_files)
    registry.register(
        City,
        Events(CreditRun, of=lambda cities: Q(city__in=cities), tell=_run, owner=attrgetter("city_id")),
        Events(
            RegisterImport,
            of=lambda cities: Q(city__in=cities),
            tell=_import,
            owner=attrgetter("city_id"),
        ),
    )
