"""The form of worked cases (spec 4)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from claims.engine.routing import DISPOSITIONS
from policies import terms

Level = Annotated[int, Meta(ge=0, le=3)]
Text = Annotated[str, Meta(min_length=1)]
Status = Literal[terms.STATUSES]
Employment = Literal[terms.EMPLOYMENTS]
Plan = Literal[terms.PLANS]
Benefit = Literal[terms.BENEFITS]
Kind = Literal[terms.INSTITUTION_KINDS]
Affiliation = Literal[terms.AFFILIATIONS]
Relation = Literal[terms.RELATIONS]
ItemClass = Literal[terms.ITEM_CLASSES]
ItemKind = Literal[terms.ITEM_KINDS]
Disposition = Literal[DISPOSITIONS]


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Span(_Strict, frozen=True, kw_only=True, rename={"starts_on": "from", "ends_on": "to"}):
    starts_on: date
    ends_on: date | None = None


class Registered(_Strict, frozen=True, kw_only=True, rename={"starts_on": "from", "ends_on": "to"}):
    disease: Text
    benefit: Literal["chronic", "special"]
    starts_on: date = date(1990, 1, 1)
    ends_on: date | None = None


class Person(_Strict, frozen=True, kw_only=True):
    """A member of a story. Months are "2022-09"; from `insured_from` on they are paid unless said."""

    status: Status = terms.EMPLOYED
    employment: Employment = terms.EMPLOYEE
    plan: Plan = terms.COMBINED
    born: date = date(1980, 5, 1)
    retired_on: date | None = None
    insured_from: date = date(1990, 1, 1)
    insured_to: date | None = None
    died_on: date | None = None
    flexible_from: date | None = None
    unpaid_months: tuple[str, ...] = ()
    paid_late: dict[str, date] = {}
    account_balance: Decimal = Decimal(0)
    contribution_base: Decimal = Decimal(5000)
    own_monthly_credit: Decimal | None = None
    surplus_years: int = 0
    registrations: tuple[Registered, ...] = ()
    ltc: tuple[Span, ...] = ()
    stays: tuple[Span, ...] = ()

    def __post_init__(self):
        if self.status == terms.RETIRED and self.retired_on is not None:
            raise ValueError("retired_on goes with status employed only")


class Place(_Strict, frozen=True, kw_only=True):
    level: Level = 0
    kind: Kind = "other"
    affiliation: Affiliation = "other"
    city: int | str | None = None
    name: str | None = None
    designated: tuple[Benefit, ...] = terms.BENEFITS
    agreement: bool = True


class Item(_Strict, frozen=True, kw_only=True, rename={"item_class": "class"}):
    item_class: ItemClass
    kind: ItemKind = "drug"
    upfront: Decimal | int | None = None
    ceiling: Decimal | int | None = None
    negotiated: bool = False


class FamilyTie(_Strict, frozen=True, kw_only=True):
    owner: Text
    user: Text
    relation: Relation


class StoryLine(_Strict, frozen=True, kw_only=True):
    item: Text
    quantity: Decimal | int = 1
    price: Decimal | int
    amount: Decimal | int | None = None


class Entry(_Strict, frozen=True, kw_only=True, rename={"on": "date", "starts_on": "from", "ends_on": "to"}):
    """One thing that happens: a claim, the reversal of one, or a month's account credit."""

    at: str | None = None
    on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    received: date | None = None
    benefit: Benefit | None = None
    eligible: Decimal | int | None = None
    self_funded: Decimal | int | None = None
    lines: tuple[StoryLine, ...] = ()
    total: Decimal | int | None = None
    disease: str = ""
    out_of_area: Literal["none", "resident", "temporary"] = "none"
    use_account: bool = False
    prescribed_by: str | None = None
    disposition: Disposition | None = None
    statement: bool = False
    lists: tuple[str, ...] = ()
    id: str | None = None
    member: str | None = None
    reverse: str | None = None
    credit: str | None = None
    expect: dict[str, Any] = {}


class Story(_Strict, frozen=True, kw_only=True):
    name: Text
    city: int | str
    member: Person = Person()
    members: dict[str, Person] = {}
    family: tuple[FamilyTie, ...] = ()
    institutions: dict[str, Place] = {}
    catalogue: dict[str, Item] = {}
    claims: tuple[Entry, ...]
