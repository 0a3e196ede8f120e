"""Play a story: its claims, reversals and credits in order, each through the path that workers take."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from claims.casebook import cast
from claims.casebook.stories import Entry, Story
from claims.content import Content, ContentLine
from claims.engine.result import AMOUNTS, PENDED, SETTLED
from claims.sets import CatalogueEntry, Facts, Incoming, Outcome, reverse_one, settle_one
from members.credit import ALREADY_CREDITED, Credit, monthly_credit
from members.records import month_of
from policies import money
from policies.terms import Terms

# The two items behind `eligible` and `self_funded`: a class A line and one outside the catalogue.
_ELIGIBLE, _SELF_FUNDED = "eligible", "self_funded"
_BUILT_IN = {_ELIGIBLE: CatalogueEntry("A"), _SELF_FUNDED: CatalogueEntry("C")}


@dataclass(slots=True)
class Played:
    """What one entry came to: `actual` by spec 5's field names, amounts in fen, rates in ten-thousandths."""

    entry: Entry
    actual: dict[str, object]
    outcome: Outcome | None = None
    final: str = ""
    steps: Sequence[tuple] = field(default_factory=tuple)


def play(story: Story, library: Mapping[str, Sequence[Terms]]) -> list[Played]:
    """Every entry of the story with what it came to. `library`: versions by city, in order of their dates."""
    return _Stage(story, library).play()


class _Stage:
    def __init__(self, story: Story, library: Mapping[str, Sequence[Terms]]):
        self.story = story
        self.library = library
        self.city = str(story.city)
        catalogue = _BUILT_IN | {code: cast.catalogue_entry(item) for code, item in story.catalogue.items()}
        self.members = cast.member_records(story)
        self.facts = Facts(
            members=self.members,
            institutions={
                code: cast.institution_record(number, code, place, self.city)
                for number, (code, place) in enumerate(story.institutions.items(), 1)
            },
            terms=self.terms,
            catalogue=lambda city, item, day: catalogue.get(item),
            balances=cast.balances(story),
        )
        self.by_id: dict[str, Played] = {}
        self.credited: set[tuple[str, int]] = set()

    def terms(self, city: str, day: date) -> Terms | None:
        versions = self.library.get(city, ())
        at = bisect_right([v.effective_from for v in versions], day)
        return versions[at - 1] if at else None

    def play(self) -> list[Played]:
        played = []
        for number, entry in enumerate(self.story.claims, 1):
            played.append(self.entry(entry, number))
        return played

    def entry(self, entry: Entry, number: int) -> Played:
        if entry.reverse is not None:
            return self.reversal(entry)
        if entry.credit is not None:
            return self.credit(entry)
        return self.claim(entry, entry.id or f"#{number}")

    def claim(self, entry: Entry, claim_id: str) -> Played:
        content = _content(entry, self.story, self.member_of(entry))
        received = entry.received or content.settles_on or entry.on or entry.ends_on or entry.starts_on
        outcome = settle_one(self.facts, Incoming(claim_id, claim_id, entry.at, content, received))
        played = Played(entry, _actual(outcome), outcome, outcome.result.outcome, outcome.result.steps)
        self.by_id[claim_id] = played
        for other in outcome.merged:
            self.by_id[other.claim_number].final = "merged"
        return played

    def reversal(self, entry: Entry) -> Played:
        target = self.by_id.get(entry.reverse)
        if target is None or target.final != SETTLED:
            return Played(entry, {"outcome": "refused"})
        reverse_one(self.facts, target.outcome)
        target.final = "reversed"
        for other in target.outcome.merged:
            self.by_id[other.claim_number].final = PENDED
        actual = target.actual | {name: -target.actual[name] for name in AMOUNTS}
        actual |= {"outcome": "reversed", "revision": 2}
        return Played(entry, actual, target.outcome, "reversed", target.steps)

    def credit(self, entry: Entry) -> Played:
        name = self.member_of(entry)
        first = date.fromisoformat(f"{entry.credit}-01")
        month = month_of(first)
        record = self.members[name]
        credit = monthly_credit(self.terms(self.city, first), record, month, known_on=entry.received or first)
        if (name, month) in self.credited:
            credit = Credit(reason=ALREADY_CREDITED)
        elif credit.reason is None:
            self.credited.add((name, month))
            self.facts.balances[record.id] += credit.amount
        return Played(entry, {"account_credit": credit.amount, "reason": credit.reason})

    def member_of(self, entry: Entry) -> str:
        """A name that the story does not give is a member whom nobody knows."""
        return entry.member or next(iter(self.members))


def _content(entry: Entry, story: Story, member: str) -> Content:
    total = None if entry.total is None else money.fen(entry.total)
    return Content(
        member_number=member,
        benefit=entry.benefit,
        service_date=entry.on,
        lines=tuple(_lines(entry)),
        admitted_on=entry.starts_on,
        discharged_on=entry.ends_on,
        disease=entry.disease,
        out_of_area=entry.out_of_area,
        prescribed_by=entry.prescribed_by or "",
        use_account=entry.use_account,
        disposition=entry.disposition or "",
        statement=entry.statement,
        lists=entry.lists,
        total=total,
    )


def _lines(entry: Entry):
    for item, amount in ((_ELIGIBLE, entry.eligible), (_SELF_FUNDED, entry.self_funded)):
        if amount is not None:
            fen = money.fen(amount)
            yield ContentLine(item, "", money.PRICE_UNIT, fen * (money.PRICE_UNIT // 100), fen)
    for line in entry.lines:
        quantity = money.exact(line.quantity, money.PRICE_UNIT)
        price = money.exact(line.price, money.PRICE_UNIT)
        amount = money.round_div(quantity * price, money.PRICE_UNIT**2 // 100)
        if line.amount is not None:
            amount = money.fen(line.amount)
        yield ContentLine(line.item, "", quantity, price, amount)


def _actual(outcome: Outcome) -> dict[str, object]:
    result, terms = outcome.result, outcome.terms
    actual: dict[str, object] = {"outcome": result.outcome, "reason": result.code, "code": result.code}
    if terms is not None:
        actual["policy"] = {
            "city": terms.city,
            "effective_from": terms.effective_from.isoformat(),
            "revision": terms.revision,
            "document": terms.document,
        }
    if result.outcome == SETTLED:
        actual |= dict(zip(AMOUNTS, result.amounts(), strict=True))
        actual |= {"benefit": result.benefit, "tier": result.tier or None, "status": result.status}
        actual |= {"fund_rate": result.fund_rate, "revision": 1}
    return actual
