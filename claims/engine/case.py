"""What the engine is given: one claim, the member and the institution as of the service date, balances.

A case is stored with its settlement, so it is compact (JSON arrays) and complete: running the engine on it
again gives the same figures. Amounts are fen; shares, quantities and prices are ten-thousandths.
"""

from datetime import date

from msgspec import Struct


class Line(Struct, array_like=True, frozen=True, gc=False):
    """One line with what the catalogue says of its item. `item_class` is "" where the item is not listed."""

    item: str
    quantity: int
    unit_price: int
    amount: int
    item_class: str = "A"
    kind: str = "drug"
    upfront: int | None = None
    ceiling: int | None = None
    negotiated: bool = False


class Institution(Struct, array_like=True, frozen=True, gc=False):
    """An institution on the service date. `designated`: benefits, in sorted order."""

    code: str
    name: str
    city: str
    level: int
    kind: str
    affiliation: str
    agreement: bool
    designated: tuple[str, ...]


class Member(Struct, array_like=True, frozen=True, gc=False):
    """A member on the service date, as known at adjudication.

    `dues`: state of the service month's contribution (members.records). `waiting_until`: the first day of
    benefits where a waiting period covers the service date. `stay`, `ltc`: first and last day of what
    covers it. `registrations`: (benefit, disease) valid on it.
    """

    id: int
    city: str
    status: str
    employment: str = "employee"
    dues: str = "paid"
    waiting_until: date | None = None
    stay: tuple[date, date | None] | None = None
    ltc: tuple[date, date | None] | None = None
    registrations: tuple[tuple[str, str], ...] = ()
    surplus_years: int = 0


class Relative(Struct, array_like=True, frozen=True, gc=False):
    """A linked account: `relation` is what the patient is to its owner."""

    owner_id: int
    relation: str
    balance: int


class Case(Struct, array_like=True, frozen=True):
    """One claim with all facts. `member` is None where the number is unknown or not enrolled that day.

    `service_date` is the discharge date of a stay (None: a stay without one). `total`: the total that the
    claim states. `listed`: lines of the emergency claims taken up; `unknown_listed`: a listed number that names none.
    `review`: the monitoring rule that asks for a human look.
    """

    benefit: str
    service_date: date | None
    received_on: date
    institution: Institution
    member: Member | None
    lines: tuple[Line, ...]
    total: int | None = None
    disease: str = ""
    admitted_on: date | None = None
    discharged_on: date | None = None
    out_of_area: str = "none"
    prescriber: Institution | None = None
    disposition: str = ""
    statement: bool = False
    listed: tuple[Line, ...] = ()
    unknown_listed: str = ""
    use_account: bool = False
    balance: int = 0
    family: tuple[Relative, ...] = ()
    review: str = ""
