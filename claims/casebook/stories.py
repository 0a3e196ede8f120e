"""The form of worked cases: read strictly from YAML 1.2, with every fault named."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from claims.engine.routing import DISPOSITIONS
from policies import terms, yaml12

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


class CaseFileError(ValueError):
    """A file of worked cases that cannot be read: one line a fault."""


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


def read_stories(text: str | bytes, source: str) -> list[Story]:
    """The stories of one file. Raises CaseFileError, which names every story at fault and what is wrong."""
    try:
        found = yaml12.load(text)
    except yaml12.YamlError as error:
        raise CaseFileError(f"{source}: {error}") from error
    if not isinstance(found, list):
        raise CaseFileError(f"{source}: a file of worked cases is a list of cases")
    stories, faults = [], []
    for number, raw in enumerate(found, 1):
        name = raw.get("name", number) if isinstance(raw, dict) else number
        try:
            story = msgspec.convert(raw, Story)
            faults += [f"{source}: case {name!r}: {fault}" for fault in _faults(story)]
            stories.append(story)
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(f"{source}: case {name!r}: {error}")
    if faults:
        raise CaseFileError("\n".join(faults))
    return stories


def _faults(story: Story) -> Iterator[str]:
    """What the form alone cannot say: names that lead nowhere, entries that are half one thing."""
    if story.members and story.member != Person():
        yield "has both member and members"
    for number, entry in enumerate(story.claims, 1):
        if fault := _entry_fault(story, entry):
            yield f"entry {number}: {fault}"


def _entry_fault(story: Story, entry: Entry) -> str | None:
    if entry.reverse is not None or entry.credit is not None:
        return None
    if entry.benefit is None:
        return "names no benefit"
    for key in ("at", "prescribed_by"):
        name = getattr(entry, key)
        if name is not None and name not in story.institutions:
            return f"{key}: no institution {name!r}"
    if entry.at is None:
        return "names no institution (at)"
    if entry.on is None and entry.starts_on is None and entry.ends_on is None and entry.received is None:
        return "has no date"
    if (entry.eligible is None and entry.self_funded is None) == (not entry.lines):
        return "needs either eligible (and self_funded) or lines"
    return None


def find_files(paths: list[str]) -> list[Path]:
    """The YAML files of paths and folders, in order. Raises CaseFileError for a path that is not there."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml"))
        elif path.is_file():
            found.append(path)
        else:
            raise CaseFileError(f"{path}: no such file or folder")
    return found


def read_paths(paths: list[str]) -> list[tuple[Path, list[Story]]]:
    """The stories of files and folders. Raises CaseFileError with the faults of all files at once."""
    stories, faults = [], []
    for path in find_files(paths):
        try:
            stories.append((path, read_stories(path.read_bytes(), str(path))))
        except (CaseFileError, OSError) as error:
            faults.append(str(error))
    if faults:
        raise CaseFileError("\n".join(faults))
    return stories
