"""What the form of a worked case alone cannot say: names that lead nowhere, figures that are not exact."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from claims.casebook.stories import Entry, Item, Person, Story, StoryLine
from claims.engine.result import AMOUNTS
from policies.money import FEN_PER_YUAN, MAX_FEN, PRICE_UNIT, RATE_UNIT

_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_NUMBERS = frozenset((*AMOUNTS, "account_credit", "fund_rate"))


def faults_of(story: Story) -> Iterator[str]:
    """Everything that is wrong in a story, one sentence each."""
    if story.members and story.member != Person():
        yield _("has both member and members")
    people = story.members or {"member": story.member}
    for name, person in people.items():
        yield from (f"{name}: {fault}" for fault in _person(person))
    for tie in story.family:
        yield from (_no("family", _("member"), name) for name in (tie.owner, tie.user) if name not in people)
    for code, item in story.catalogue.items():
        yield from (f"catalogue {code}: {fault}" for fault in _item(item))
    seen: set[str] = set()
    for number, entry in enumerate(story.claims, 1):
        yield from (
            _("entry %(number)s: %(fault)s") % {"number": number, "fault": x} for x in _entry(story, entry)
        )
        if entry.id is not None and entry.id in seen:
            yield _("entry %(number)s: the id “%(id)s” stands twice") % {"number": number, "id": entry.id}
        seen.add(entry.id or "")


def _no(key: str, what: str, name: str) -> str:
    """That a key names somebody or something that the story does not have."""
    return _("%(key)s: the story has no %(what)s “%(name)s”") % {"key": key, "what": what, "name": name}


def _person(person: Person) -> Iterator[str]:
    for month in (*person.unpaid_months, *person.paid_late):
        yield from _month(month)
    yield from _number("account_balance", person.account_balance, FEN_PER_YUAN)
    yield from _number("contribution_base", person.contribution_base, FEN_PER_YUAN)
    yield from _number("own_monthly_credit", person.own_monthly_credit, FEN_PER_YUAN)


def _item(item: Item) -> Iterator[str]:
    yield from _number("upfront", item.upfront, RATE_UNIT)
    yield from _number("ceiling", item.ceiling, PRICE_UNIT)
    if item.upfront is not None and item.upfront > 1:
        yield _("upfront is a share: at most 1")


def _entry(story: Story, entry: Entry) -> Iterator[str]:
    if entry.credit is not None:
        yield from _month(entry.credit)
        if entry.member is not None and entry.member not in story.members:
            yield _no("member", _("member"), entry.member)
    elif entry.reverse is None:
        yield from _claim(story, entry)
    for name, value in entry.expect.items():
        if name in _NUMBERS and value is not None and not _is_number(value):
            yield _("expect: %(name)s is not a number: %(value)s") % {"name": name, "value": value}


def _claim(story: Story, entry: Entry) -> Iterator[str]:
    if entry.benefit is None:
        yield _("names no benefit")
    if entry.at is None:
        yield _("names no institution (at)")
    for key in ("at", "prescribed_by"):
        name = getattr(entry, key)
        if name is not None and name not in story.institutions:
            yield _no(key, _("institution"), name)
    if entry.on is None and entry.starts_on is None and entry.ends_on is None and entry.received is None:
        yield _("has no date")
    if (entry.eligible is None and entry.self_funded is None) == (not entry.lines):
        yield _("needs either eligible (and self_funded) or lines")
    for key in ("eligible", "self_funded", "total"):
        yield from _number(key, getattr(entry, key), FEN_PER_YUAN)
    for number, line in enumerate(entry.lines, 1):
        yield from (_("line %(number)s: %(fault)s") % {"number": number, "fault": x} for x in _line(line))


def _line(line: StoryLine) -> Iterator[str]:
    yield from _number("quantity", line.quantity, PRICE_UNIT)
    yield from _number("price", line.price, PRICE_UNIT)
    yield from _number("amount", line.amount, FEN_PER_YUAN)


def _month(text: str) -> Iterator[str]:
    if not _MONTH.fullmatch(text):
        yield _("“%(text)s” is not a month such as 2023-04") % {"text": text}


def _number(name: str, value: Decimal | int | None, unit: int) -> Iterator[str]:
    """A figure is not negative, within bounds, and a whole number of its smallest unit."""
    if value is None:
        return
    scaled = Decimal(value) * unit
    if not 0 <= scaled <= MAX_FEN * unit:
        yield _("%(name)s is out of range: %(value)s") % {"name": name, "value": value}
    elif scaled != scaled.to_integral_value():
        yield _("%(name)s has more decimals than can be: %(value)s") % {"name": name, "value": value}


def _is_number(value) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
