"""What institutions send, drawn by chance from a seed: claims, the same again, another one under a number taken,
reversals and withdrawals."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from members.records import MemberRecord
from policies.money import yuan
from tests.benchmarks.population import CITIES, DAYS, FIRST_DAY, ITEMS_PER_CITY
from tests.faults.people import People

SEND, REVERSE, WITHDRAW = "send", "reverse", "withdraw"
# Cities whose versions say what a stay costs.
_WITH_STAYS = CITIES[:2]


@dataclass(frozen=True)
class Step:
    """One request. `expect`: the states ("rejected:code" with a code) in which its claim may end; () any."""

    kind: str
    institution: str
    number: str
    body: dict = field(default_factory=dict)
    expect: tuple[str, ...] = ()


@dataclass
class Traffic:
    """Visits of members, each a list of steps to be taken in order. `hot`: members who go again and again."""

    people: People
    chance: random.Random
    name: str
    hot: list[MemberRecord] = field(default_factory=list)
    hot_share: float = 0.3
    first_day: date = FIRST_DAY
    days: int = DAYS

    def __post_init__(self):
        self._members = list(self.people.population.members.values())
        self._numbers = count(1)

    def visit(self) -> list[Step]:
        chance, member = self.chance, self._member()
        stays = member.covers[0].city in _WITH_STAYS
        kind = chance.choices(("plain", "bad", "stay", "merge"), (82, 6, 6 * stays, 6 * stays))[0]
        if kind == "bad":
            return [self._bad(member)]
        if kind == "stay":
            steps = [self._stay(member)]
        elif kind == "merge" and member.covers[0].city == CITIES[0]:
            steps = self._merge(member)
        else:
            steps = [self.plain(member)]
        return steps + self._afterwards(steps[-1])

    def plain(self, member: MemberRecord, **changes) -> Step:
        """An ordinary visit, now and then so dear that it meets limits."""
        body = self._body(member, service_date=self._day().isoformat(), **changes)
        return self._send(member, body)

    def _member(self) -> MemberRecord:
        if self.hot and self.chance.random() < self.hot_share:
            return self.chance.choice(self.hot)
        return self.chance.choice(self._members)

    def _day(self) -> date:
        return self.first_day + timedelta(days=self.chance.randrange(self.days))

    def _send(self, member: MemberRecord, body: dict, *expect: str) -> Step:
        code = self.people.institution(member, self.chance)
        return Step(SEND, code, body["claim_number"], body, expect or ("settled", "reversed", "withdrawn"))

    def _body(self, member: MemberRecord, **changes) -> dict:
        chance = self.chance
        dear = chance.random() < 0.15
        lines = [self._line(dear) for _ in range(chance.randint(1, 3))]
        body = {
            "claim_number": f"{self.name}-{next(self._numbers):07d}",
            "member_number": member.number,
            "benefit": "ordinary",
            "use_account": chance.random() < 0.6,
            "lines": [told for told, _ in lines],
        }
        if chance.random() < 0.3:
            body["total"] = yuan(sum(fen for _, fen in lines))
        return body | changes

    def _line(self, dear: bool) -> tuple[dict, int]:
        quantity, fen = self.chance.randint(1, 5), self.chance.randrange(200, 200_000 if dear else 9_000)
        told = {
            "item_code": f"ITEM{self.chance.randrange(ITEMS_PER_CITY):05d}",
            "name": "item",
            "quantity": str(quantity),
            "unit_price": yuan(fen),
            "amount": yuan(quantity * fen),
        }
        return told, quantity * fen

    def _bad(self, member: MemberRecord) -> Step:
        day = self._day().isoformat()
        kind = self.chance.choice(("amount_mismatch", "future_service_date", "unknown_member"))
        if kind == "amount_mismatch":
            body = self._body(member, service_date=day, total="0.01")
        elif kind == "future_service_date":
            body = self._body(member, service_date="2099-01-01")
        else:
            body = self._body(member, service_date=day, member_number="NOBODY")
        return self._send(member, body, f"rejected:{kind}")

    def _stay(self, member: MemberRecord, **changes) -> Step:
        start = self._day()
        end = start + timedelta(days=self.chance.randint(1, 9))
        dates = {"admitted_on": start.isoformat(), "discharged_on": end.isoformat()}
        return self._send(member, self._body(member, benefit="inpatient", **dates, **changes))

    def _merge(self, member: MemberRecord) -> list[Step]:
        """Emergency care that ended in admission, and the stay that takes it up."""
        care = {"benefit": "emergency", "emergency": {"disposition": "admitted"}}
        body = self._body(member, service_date=self._day().isoformat(), **care)
        first = self._send(member, body, "merged", "pended:awaiting_inpatient", "withdrawn")
        stay = self._stay(member, lists=[first.number])
        # Where the first did not arrive, the second names a claim that is not there.
        expect = ("settled", "reversed", "withdrawn", "rejected:unknown_listed_claim")
        return [first, Step(SEND, first.institution, stay.number, stay.body, expect)]

    def _afterwards(self, sent: Step) -> list[Step]:
        """What may follow: the same once more, another claim under the number, a reversal, a withdrawal."""
        steps, chance = [], self.chance
        if chance.random() < 0.1:
            steps.append(sent)
        if chance.random() < 0.05:
            other = sent.body | {"use_account": not sent.body["use_account"]}
            steps.append(Step(SEND, sent.institution, sent.number, other, sent.expect))
        after = chance.random()
        if after < 0.08:
            steps.append(Step(REVERSE, sent.institution, sent.number))
        elif after < 0.12:
            steps.append(Step(WITHDRAW, sent.institution, sent.number))
        return steps
