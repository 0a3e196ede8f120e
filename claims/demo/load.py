"""Puts the sample data into the database, by the imports and services that staff use.

A city is loaded whole or not at all, and once: what people change afterwards stays. Every start adds what
has come due since: contributions and monthly credits.
"""

from datetime import date, datetime, timedelta

from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from claims.demo import files
from claims.demo.people import FAMILY, PEOPLE, WATCHED
from claims.demo.places import CITIES, PLACES
from claims.models import Watch
from members.importing.contributions import import_contributions, read_contributions
from members.importing.institutions import import_institutions, read_institutions
from members.importing.members import import_members, read_members
from members.models import CarePeriod, Contribution, CreditRun, Institution, Member
from members.records import month_of
from members.services import care, history
from members.services.credits import credit_due_months, credit_month
from members.services.institutions import set_standing
from members.services.logins import create_login
from members.services.spending import Use, spend
from policies import access
from policies.catalogue_csv import COLUMNS, parse_item
from policies.csv_import import ReadCsv, read_csv
from policies.models import City, User
from policies.services import people
from policies.services.catalogue import import_items

REASON = "样例数据 sample data"
# Known to everybody who reads this: the demo answers this machine only, and is refused in production.
PASSWORD = "outpatient-demo"
ADMIN = "admin"
CLINIC = "station"  # whose login each city has
# Login: role, what it may do.
STAFF = {
    "officer": (access.OFFICER, "enters what documents say, sends versions to review"),
    "reviewer": (access.REVIEWER, "compares, comments, approves or returns versions"),
    "publisher": (access.PUBLISHER, "puts approved versions into force"),
    "clerk": (access.CLERK, "finds claims, decides pended ones, enters paper ones"),
    "manager": (access.MANAGER, "reads figures and histories"),
    "auditor": (access.AUDITOR, "reads everything, changes nothing"),
}


def check_database() -> None:
    """Raises CommandError where the database holds institutions, and none of the sample's."""
    sample = next(iter(PLACES[next(iter(CITIES))].values())).code
    if Institution.objects.exists() and not Institution.objects.filter(code=sample).exists():
        raise CommandError(
            "This database holds other data: give the demo one of its own (VAR_DIR or DATABASE_URL)."
        )


@transaction.atomic
def staff(*, at: datetime) -> User:
    """The demo's logins; returns the administrator, in whose name the sample is loaded."""
    admin = User.objects.filter(username=ADMIN).first()
    if admin is None:
        admin = User.objects.create_superuser(ADMIN, password=PASSWORD)
        who = {"actor": admin, "reason": REASON, "at": at}
        for name, (role, _may) in STAFF.items():
            user = people.create_user(username=name, password=PASSWORD, name=f"样例 {name}", **who)
            people.set_roles(user=user, roles=[role], cities=list(CITIES), **who)
    return admin


def city(code: str, *, actor: User, on: date, at: datetime) -> bool:
    """Loads a city's sample, or what has come due since; whether it is new."""
    new = not Member.objects.filter(number=PEOPLE[code]["worker"].number).exists()
    with transaction.atomic():
        if new:
            _registers(code, actor, on, at)
            _risen(code, actor)
            _care(code, actor)
            _family(code, actor, at)
            _watch(code, actor)
            _clinic_login(code, actor, at)
        else:
            _later_contributions(code, actor, on, at)
    if not CreditRun.objects.filter(city=code).exists():
        credit_month(city=code, month=month_of(files.BALANCE_ON), on=on, at=at, actor=actor)
    credit_due_months(city=code, on=on, at=at, actor=actor)
    return new


def _registers(code: str, actor: User, on: date, at: datetime) -> None:
    read = _whole(read_csv(files.catalogue(), COLUMNS, parse_item))
    items = [item for _line, item in read.good]
    import_items(city=City.objects.get(pk=code), items=items, actor=actor, reason=REASON, at=at)
    read = _whole(read_institutions(files.institutions(code)))
    import_institutions(read=read, at=at, actor=actor, reason=REASON)
    read = _whole(read_members(files.members(code)))
    import_members(read=read, on=on, at=at, actor=actor, reason=REASON)
    this_month = month_of(on)
    # As booked some days ago: a run of credits goes back to all months of which something came in lately.
    earlier = at - timedelta(days=2)
    _contributions(files.contributions(code, on, until=this_month - 1), actor, earlier)
    _contributions(files.contributions(code, on, since=this_month), actor, at)


def _later_contributions(code: str, actor: User, on: date, at: datetime) -> None:
    numbers = [person.number for person in PEOPLE[code].values()]
    booked = Contribution.objects.filter(member__number__in=numbers)
    last = booked.aggregate(month=Max("month"))["month"]
    if month_of(last) < month_of(on):
        _contributions(files.contributions(code, on, since=month_of(last)), actor, at)


def _contributions(raw: bytes, actor: User, at: datetime) -> None:
    read = _whole(read_contributions(raw, on=timezone.localdate(at)))
    import_contributions(read=read, at=at, actor=actor)


def _whole(read: ReadCsv) -> ReadCsv:
    if read.faults:
        raise RuntimeError(f"the sample has faults: {read.faults[:5]}")
    return read


def _risen(code: str, actor: User) -> None:
    """Institutions that have another level from a later day on."""
    for place in PLACES[code].values():
        if place.risen:
            since, level = place.risen
            set_standing(
                institution=Institution.objects.get(code=place.code),
                starts_on=since,
                level=level,
                kind=place.kind,
                affiliation=place.affiliation,
                actor=actor,
                reason=REASON,
            )


def _care(code: str, actor: User) -> None:
    """Registered diseases, stays, long-term care."""
    who = {"actor": actor, "reason": REASON}
    for person in PEOPLE[code].values():
        member = _member(code, person.role)
        for benefit, disease in person.diseases:
            day = date(2022, 1, 1)
            care.register_disease(member=member, benefit=benefit, disease=disease, starts_on=day, **who)
        kinds = ((CarePeriod.Kind.STAY, person.stays), (CarePeriod.Kind.LTC, person.ltc))
        for kind, periods in kinds:
            for first, last in periods:
                care.record_care_period(member=member, kind=kind, starts_on=first, ends_on=last, **who)


def _family(code: str, actor: User, at: datetime) -> None:
    """Links between accounts, and a premium that one of them pays for a parent."""
    for link in FAMILY:
        care.link_family(
            owner=_member(code, link.owner),
            user=_member(code, link.user),
            relation=link.relation,
            consented_on=link.since,
            actor=actor,
            reason=REASON,
        )
    use = Use("premium_resident", relation="parent", beneficiary=PEOPLE[code]["parent"].name)
    spend(member=_member(code, "child"), use=use, amount=40000, on=date(2025, 1, 10), at=at, actor=actor)


def _watch(code: str, actor: User) -> None:
    role, first, last, why = WATCHED
    watch = Watch(member=_member(code, role), starts_on=first, ends_on=last, reason=why)
    history.save(watch, actor=actor, reason=REASON)


def clinic_login(code: str) -> str:
    """The login name of a city's clinic."""
    return f"clinic-{code}"


def _clinic_login(code: str, actor: User, at: datetime) -> None:
    """In each city one who has no system of his own, and sends files."""
    create_login(
        institution=Institution.objects.get(code=PLACES[code][CLINIC].code),
        username=clinic_login(code),
        password=PASSWORD,
        name="样例 clinic",
        actor=actor,
        reason=REASON,
        at=at,
    )


def _member(code: str, role: str) -> Member:
    return Member.objects.get(number=PEOPLE[code][role].number)
