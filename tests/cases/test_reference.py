"""Stories by chance come to the same in the engine and in a second reading of the rules (reference.py)."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import msgspec
import pytest

from claims.casebook.checks import faults_of
from claims.casebook.play import play
from claims.casebook.stories import Story
from policies.library import project_terms
from policies.terms import BENEFITS, INSTITUTION_KINDS
from tests.cases.reference import AMOUNTS, CITIES, NAMED_TERTIARY, Reference, fen

STORIES, AT_ONCE = 600, 50
MONTHS = ("2022-10", "2022-12", "2023-01", "2023-02", "2023-03", "2023-04")
TURNING_DAYS = tuple(
    map(date.fromisoformat, ("2023-02-10", "2023-02-11", "2023-02-20", "2023-03-10", "2023-03-15"))
)
CATALOGUE = {
    "A1": {"class": "A"},
    "A2": {"class": "A", "ceiling": Decimal("12.5")},
    "B1": {"class": "B", "upfront": Decimal("0.1")},
    "B2": {"class": "B", "upfront": Decimal("0.333"), "ceiling": Decimal(10)},
    "B3": {"class": "B"},  # its share is not known
    "C1": {"class": "C"},
}


class Chance(Random):
    """Draws a story's people, places and entries; around the days and figures where rules turn."""

    def happens(self, share: float) -> bool:
        return self.random() < share

    def story(self) -> dict:
        city = self.choice(CITIES)
        members = {name: self.person() for name in ("ann", "bob", "cat")[: self.randint(1, 3)]}
        ties = [(owner, user) for owner in members for user in members if owner != user and self.happens(0.5)]
        places = {f"h{number}": self.place(city) for number in range(5)}
        relations = ("spouse", "parent", "child", "other")
        return {
            "name": "by chance",
            "city": city,
            "members": members,
            "family": [{"owner": o, "user": u, "relation": self.choice(relations)} for o, u in ties],
            "institutions": places,
            "catalogue": CATALOGUE,
            "claims": self.entries(city, members, places),
        }

    def person(self) -> dict:
        person = {
            "status": self.choice(("employed", "employed", "retired")),
            "employment": self.choice(("employee", "employee", "flexible")),
            "plan": self.choice(("combined", "combined", "combined", "pooled_only")),
            "born": date(self.choice((1950, 1978, 1988)), 3, self.choice((1, 2))),
            "account_balance": self.choice((0, 50, 300, 5000)),
            "contribution_base": self.choice((5000, Decimal("6543.21"))),
            "insured_from": self.choice(
                (date(1990, 1, 1), date(2022, 11, 5), date(2023, 1, 1), date(2023, 2, 10))
            ),
            "unpaid_months": self.sample(MONTHS, self.choice((0, 0, 1, 2))),
            "surplus_years": self.choice((0, 3, 9)),
            "registrations": [
                self.registration(kind) for kind in ("chronic", "special") if self.happens(0.6)
            ],
            "stays": self.periods(TURNING_DAYS[0], TURNING_DAYS[2]),
            "ltc": self.periods(date(2023, 3, 1), TURNING_DAYS[3]),
        }
        person["paid_late"] = {} if "2023-02" in person["unpaid_months"] else {"2023-02": date(2023, 8, 1)}
        if person["status"] == "employed" and self.happens(0.4):
            person["retired_on"] = self.choice((date(2023, 3, 15), date(2023, 3, 1), date(2023, 3, 31)))
        if person["employment"] == "employee" and self.happens(0.3):
            person["flexible_from"] = self.choice((date(2023, 2, 1), date(2023, 2, 15)))
        if self.happens(0.1):
            person["insured_to"] = date(2023, 4, 20)
        if self.happens(0.5):
            person["own_monthly_credit"] = Decimal("88.80")
        return person

    def registration(self, kind: str) -> dict:
        disease, ends_on = self.choice(("E11", "I10", "Z49")), self.choice((None, date(2023, 3, 20)))
        return {"disease": disease, "benefit": kind, "from": date(2023, 1, 10), "to": ends_on}

    def periods(self, first: date, last: date) -> list[dict]:
        return [{"from": first, "to": self.choice((None, last))}] if self.happens(0.3) else []

    def place(self, city: str) -> dict:
        kind = self.choice(("general", "general", *INSTITUTION_KINDS))
        ungraded = kind in ("pharmacy", "station")
        return {
            "level": 0 if ungraded else self.randint(0, 3),
            "kind": kind,
            "affiliation": self.choice(("province", "city", "other")),
            "city": self.choice((city, city, city, "110000")),
            "name": self.choice((NAMED_TERTIARY[0], "甲", "乙")),
            "designated": list(BENEFITS) if self.happens(0.85) else self.sample(BENEFITS, 3),
        }

    def entries(self, city: str, members: dict, places: dict) -> list[dict]:
        entries: list[dict] = []
        for number in range(self.randint(3, 14)):
            sent = [entry for entry in entries if "id" in entry]
            if sent and self.happens(0.12):
                entries.append({"reverse": self.choice(sent)["id"]})
            elif self.happens(0.1):
                month = self.choice((*MONTHS, "2024-01"))
                entries.append({"credit": month, "member": self.choice(list(members))})
            else:
                entries.append(self.claim(f"c{number}", city, members, places, sent))
        return entries

    def claim(self, id_: str, city: str, members: dict, places: dict, sent: list[dict]) -> dict:
        benefit = self.choice((*BENEFITS, "ordinary", "ordinary", "ordinary", "inpatient"))
        claim = {
            "id": id_,
            "member": "nobody" if self.happens(0.02) else self.choice(list(members)),
            "at": self.choice(list(places)),
            "benefit": benefit,
            "use_account": self.happens(0.5),
            "lines": [self.line(benefit) for _ in range(self.randint(1, 3))],
        }
        day = self.dates(claim)
        if self.happens(0.15):
            claim["received"] = day + timedelta(self.randint(-1, 40))
        if self.happens(0.2):
            claim["total"] = sum(line["amount"] for line in claim["lines"]) + self.choice(
                (0, 0, 0, Decimal("0.01"))
            )
        if self.happens(0.6):
            claim["disease"] = self.choice(("E11", "I10", "Z49", "E70.0"))
        if self.happens(0.5 if places[claim["at"]]["city"] != city else 0.02):
            claim["out_of_area"] = self.choice(("resident", "temporary"))
        if places[claim["at"]]["kind"] == "pharmacy" and self.happens(0.6):
            claim["prescribed_by"] = self.choice(list(places))
        if benefit == "emergency":
            claim["disposition"] = self.choice(("admitted", "died", "no_bed", "discharged"))
            claim["statement"] = self.happens(0.5)
        waiting = [x for x in sent if x.get("disposition") == "admitted"]
        if benefit == "inpatient" and waiting and self.happens(0.5):
            listed = self.choice(waiting)
            claim["lists"] = [listed["id"]]
            if self.happens(0.9):
                claim |= {"at": listed["at"], "member": listed["member"]}
        return claim

    def dates(self, claim: dict) -> date:
        """Gives the claim its service date, or its stay; now and then one that cannot be."""
        start, days = self.choice(
            ((date(2023, 1, 1), 130), (date(2023, 1, 1), 130), (date(2022, 6, 20), 190))
        )
        day = self.choice(TURNING_DAYS) if self.happens(0.3) else start + timedelta(self.randint(0, days))
        if claim["benefit"] not in ("inpatient", "day_surgery"):
            claim["date"] = day
            return day
        claim |= {"from": day - timedelta(self.randint(-1, 15)), "to": day}
        if self.happens(0.04):
            del claim["to"]
        return day

    def line(self, benefit: str) -> dict:
        quantity = Decimal(self.randint(1, 40)) / self.choice((1, 2, 4))
        price = Decimal(self.randint(1, self.choice((6_000, 6_000, 200_000)))) / 100
        price *= self.choice((1, 20, 100)) if benefit == "inpatient" else 1
        off = self.choice((0, 0, 0, 0, 0, 0, 0, 0, Decimal("0.01"), Decimal("0.02")))
        items = ("A1", "A1", "A2", "B1", "B2", "C1", "X9", "B3" if self.happens(0.3) else "A1")
        return {
            "item": self.choice(items),
            "quantity": quantity,
            "price": price,
            "amount": fen(quantity * price) + off,
        }


def shown(actual: dict, field: str):
    """A field of what the engine came to, in the units of the reference."""
    value = actual.get(field)
    if value is None or field not in (*AMOUNTS, "account_credit", "fund_rate"):
        return value
    return Decimal(value) / (10_000 if field == "fund_rate" else 100)


@pytest.fixture(scope="module")
def library():
    return project_terms()


@pytest.mark.parametrize("first", range(0, STORIES, AT_ONCE))
def test_two_readings_of_the_rules_agree(first, library):
    for seed in range(first, first + AT_ONCE):
        raw = Chance(seed).story()
        story = msgspec.convert(raw, Story)
        assert not list(faults_of(story))
        for entry, played, expected in zip(
            raw["claims"], play(story, library), Reference(raw).play(), strict=True
        ):
            actual = {field: shown(played.actual, field) for field in expected}
            assert actual == expected, f"seed {seed}, city {raw['city']}: {entry}"
