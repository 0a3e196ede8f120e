"""Parties for tests: members who are enrolled and have paid, institutions that have an agreement.

    MemberFactory()                                           an employee of Yantai, paid 2022-01 to 2024-12
    MemberFactory(city="321100", employment="flexible", paid=("2023-03", "2023-12"), base=600000)
    MemberFactory(retired_on=date(2020, 1, 1), paid=None, balance=50000)
    InstitutionFactory(level=3, kind="general", designated=["ordinary"])

Amounts are fen. What such a call does not say is the default below.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from members.models import (
    AccountEntry,
    Agreement,
    Contribution,
    Designation,
    Enrolment,
    Institution,
    InstitutionStanding,
    Member,
    PersonalAccount,
)
from members.records import month_of, month_start
from members.validators import id_number_checksum
from policies.models import City, User
from policies.terms import BENEFITS, COMBINED, EMPLOYEE

CITY_NAMES = {
    "220100": "长春市",
    "321100": "镇江市",
    "370600": "烟台市",
    "410200": "开封市",
    "500000": "重庆市",
}
LONG_AGO = date(2015, 1, 1)
BOOKED_AT = datetime(2022, 1, 1, tzinfo=UTC)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        django_get_or_create = ["username"]

    username = factory.Sequence(lambda n: f"staff{n}")


class CityFactory(DjangoModelFactory):
    class Meta:
        model = City
        django_get_or_create = ["code"]

    code = "370600"
    name = factory.LazyAttribute(lambda city: CITY_NAMES.get(city.code, city.code))


def id_number(born: date, sequence: int) -> str:
    """A citizen number with the right check character, another for each sequence number."""
    region, serial = divmod(sequence, 1000)
    first17 = f"{370600 + region % 600:06d}{born:%Y%m%d}{serial:03d}"
    return first17 + id_number_checksum(first17)


def month(text: str) -> int:
    """The ordinal of "2023-03"."""
    return month_of(date.fromisoformat(f"{text}-01"))


def pay(
    member: Member,
    months: Iterable[int],
    *,
    city: str,
    employment: str = EMPLOYEE,
    base: int = 500000,
    paid_on: date | str | None = "in time",
) -> None:
    """Books the contributions of `months` (ordinals): paid on the 5th, or on `paid_on` (None: unpaid)."""
    Contribution.objects.bulk_create(
        Contribution(
            member=member,
            city_id=city,
            month=month_start(ordinal),
            employment=employment,
            base=base,
            paid_on=month_start(ordinal).replace(day=5) if paid_on == "in time" else paid_on,
            recorded_at=BOOKED_AT,
        )
        for ordinal in months
    )


class MemberFactory(DjangoModelFactory):
    """A member with one enrolment, contributions from the first to the last month of `paid`, an account."""

    class Meta:
        model = Member

    born = date(1980, 5, 1)
    number = factory.LazyAttributeSequence(lambda member, n: id_number(member.born, n))
    id_number = factory.SelfAttribute("number")
    name = factory.Sequence(lambda n: f"参保人{n}")
    # Of the enrolment, the contributions and the account:
    city = "370600"
    employment = EMPLOYEE
    plan = COMBINED
    insured_from = LONG_AGO
    insured_to = None
    paid = ("2022-01", "2024-12")
    base = 500000
    balance = 0  # None: no account yet

    @classmethod
    def _create(cls, model_class, *args, **values):
        extra = ("city", "employment", "plan", "insured_from", "insured_to", "paid", "base", "balance")
        city, employment, plan, since, until, paid, base, balance = (values.pop(key) for key in extra)
        member = super()._create(model_class, *args, **values)
        if city is not None:
            CityFactory(code=city)
            Enrolment.objects.create(
                member=member, city_id=city, employment=employment, plan=plan, starts_on=since, ends_on=until
            )
        if paid is not None:
            months = range(month(paid[0]), month(paid[1]) + 1)
            pay(member, months, city=city, employment=employment, base=base)
        if balance is not None:
            cls._open_account(member, balance)
        return member

    @staticmethod
    def _open_account(member, balance):
        account = PersonalAccount.objects.create(member=member, balance=balance)
        if balance:
            AccountEntry.objects.create(
                account=account, cause=AccountEntry.Cause.OPENING, amount=balance, on=LONG_AGO, at=BOOKED_AT
            )


class InstitutionFactory(DjangoModelFactory):
    """An institution with one standing, an agreement without end (`agreed`), and its designations."""

    class Meta:
        model = Institution

    code = factory.Sequence(lambda n: f"H{n:011d}")
    name = factory.Sequence(lambda n: f"机构{n}")
    city = "370600"
    # Of the standing, the agreement and the designations:
    level = 1
    kind = "community"
    affiliation = "other"
    since = LONG_AGO
    agreed = True
    designated = BENEFITS

    @classmethod
    def _create(cls, model_class, *args, **values):
        extra = ("city", "level", "kind", "affiliation", "since", "agreed", "designated")
        city, level, kind, affiliation, since, agreed, designated = (values.pop(key) for key in extra)
        values["city"] = CityFactory(code=city)
        institution = super()._create(model_class, *args, **values)
        InstitutionStanding.objects.create(
            institution=institution, starts_on=since, level=level, kind=kind, affiliation=affiliation
        )
        if agreed:
            Agreement.objects.create(institution=institution, starts_on=since)
        for benefit in designated:
            Designation.objects.create(institution=institution, benefit=benefit, starts_on=since)
        return institution
