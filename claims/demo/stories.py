"""The sample claims: what befalls the people of `people`, told in the order in which claims arrive.

Each claim says what must become of it, which the tests hold it to. Dates are fixed, but for visits of the
current year, of which those up to today are sent.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from claims.demo.items import BY_CODE
from claims.demo.people import OTHERS, PEOPLE
from claims.demo.places import CITIES, PLACES, Place
from members.validators import id_number_checksum
from policies.terms import CHRONIC, DAY_SURGERY, EMERGENCY, INPATIENT, ORDINARY, SPECIAL

CHANGCHUN, ZHENJIANG, YANTAI, KAIFENG, CHONGQING = CITIES
LETTERS = {CHANGCHUN: "CC", ZHENJIANG: "ZJ", YANTAI: "YT", KAIFENG: "KF", CHONGQING: "CQ"}
# Whoever is sent there from one city is treated in the next one of this round.
ELSEWHERE = dict(zip(CITIES, [*CITIES][1:] + [*CITIES][:1], strict=True))

SETTLED = "settled"
UNSET = "pended parameter_missing"
NO_POLICY = "pended no_policy_in_force"
NOT_COVERED = "settled institution_not_covered"
REVERSE, WITHDRAW = "reverse", "withdraw"

COLD = ("110200001 1", "250101015 1", "J01CA04 2", "R05CB06 1")
PRESSURE = ("110200001 1", "C08CA01 3", "C09AA02 3", "310701001 1")
SUGAR = ("110200002 1", "250302001 2", "A10BA02 4", "A10AE04 2")
CHECKS = ("110200002 1", "220301001 1", "250305007 1", "C10AA05 2", "A11CC05 1")
SCANS = ("110200002 1", "210300001 1", "210200001 1", "B01AC06 2")
COSTLY = ("110200002 1", "210200001 3", "310903005 2", "210300001 2", "R03AK07 2")
DRUGS = ("C08CA01 2", "C10AA05 2", "B01AC06 1")
STAY = ("110900001 9", "330604010 1", "120400006 8", "C14080100 8", "C02010700 4", "250305007 2")
HEART = ("330802003 1", "C01010100 3", "120100002 12", "110900001 18", "210200001 2", "C10AA05 6")


@dataclass(frozen=True, slots=True)
class SampleClaim:
    """`body` is what the API takes. `expected` is the status that it must get, and the code where one follows.

    `then`: what the institution does once all claims are adjudicated; `expected` is before that.
    """

    institution: str
    body: dict
    expected: str
    then: str = ""

    @property
    def number(self) -> str:
        return self.body["claim_number"]


def claims_of(city: str, today: date) -> list[SampleClaim]:
    """A city's sample claims in the order of receipt."""
    telling = _Telling(city, today)
    for tell in (
        _before_the_policy, _tiers, _limits, _retiring, _pharmacies, _elsewhere, _hospital, _diseases,
        _accounts, _entitlement, _faults, _taken_back, _everybody_else,
    ):  # fmt: skip
        tell(telling)
    return telling.claims


def line(text: str) -> dict:
    """ "A10BA02 4": four of an item, at its price."""
    code, quantity = text.split()
    item = BY_CODE[code]
    amount = (Decimal(item.price) * int(quantity)).quantize(Decimal("0.01"))
    return {
        "item_code": code,
        "name": item.name,
        "quantity": quantity,
        "unit_price": item.price,
        "amount": str(amount),
    }


class _Telling:
    """Numbers a city's claims by their place in the telling, so that a claim has its number for ever."""

    def __init__(self, city: str, today: date):
        self.city = city
        self.today = today
        self.claims: list[SampleClaim] = []
        self._told = 0

    def by_city(self, usual: str, **exceptions: str) -> str:
        """`usual`, or what a city's letters say instead: by_city(SETTLED, YT=UNSET)."""
        return exceptions.get(LETTERS[self.city], usual)

    def visit(
        self, who: str, at: str | Place, day: str, items: Sequence[str], expected=SETTLED, **more
    ) -> str:
        """One visit; returns its claim number. `more`: fields of the claim, and `then`."""
        return self._tell(who, at, date.fromisoformat(day), expected, items, more | {"service_date": day})

    def stay(self, who: str, at: str, days: tuple, items: Sequence[str], expected=SETTLED, **more) -> str:
        admitted, discharged = days
        dates = {"admitted_on": admitted, "discharged_on": discharged}
        return self._tell(who, at, date.fromisoformat(discharged), expected, items, more | dates)

    def _tell(self, who, at, day: date, expected: str, items, more: dict) -> str:
        self._told += 1
        number = f"{LETTERS[self.city]}-{day.year}-{self._told:04d}"
        then = more.pop("then", "")
        member = PEOPLE[self.city][who].number if who in PEOPLE[self.city] else who
        body = {
            "claim_number": number,
            "member_number": member,
            "benefit": ORDINARY,
            "lines": [line(item) for item in items],
        }
        place = PLACES[self.city][at] if isinstance(at, str) else at
        if day <= self.today or expected.startswith("rejected"):
            self.claims.append(SampleClaim(place.code, body | more, expected, then))
        return number

    @property
    def ungraded(self) -> str:
        """A station or a clinic without a level: one city has no tier for these."""
        return self.by_city(SETTLED, KF=NOT_COVERED)

    @property
    def elsewhere(self) -> Place:
        return PLACES[ELSEWHERE[self.city]]["top"]


def _before_the_policy(t: _Telling) -> None:
    """Before a city's first version there is nothing to settle by; two cities have one for half of 2022."""
    t.visit("young", "centre", "2022-06-20", COLD, NO_POLICY)
    in_2022 = t.by_city(NO_POLICY, YT=SETTLED, KF=SETTLED)
    t.visit("spender", "top", "2022-11-08", COSTLY, in_2022)
    t.visit("spender", "centre", "2022-12-30", CHECKS, in_2022)


def _tiers(t: _Telling) -> None:
    """One member at every tier: a deductible that a higher tier tops up, or one a day and institution."""
    t.visit("worker", "centre", "2023-02-06", CHECKS)
    t.visit("worker", "county", "2023-02-20", SCANS)
    t.visit("worker", "top", "2023-03-03", SCANS)
    t.visit("worker", "top", "2023-03-03", COLD)
    t.visit("worker", "university", "2023-03-09", CHECKS)
    t.visit("worker", "centre", "2023-03-15", PRESSURE)
    t.visit("worker", "station", "2023-04-02", COLD, t.ungraded)
    t.visit("worker", "township", "2023-04-18", COLD)
    t.visit("worker", "district", "2023-12-20", CHECKS)
    t.visit("worker", "district", "2024-01-10", CHECKS)  # level 3 by then
    t.visit("worker", "private", "2023-05-05", COLD, NOT_COVERED)


def _limits(t: _Telling) -> None:
    """Costly visits until nothing is left of the year's limit, and a new year."""
    for day in ("2023-01-11", "2023-02-15", "2023-03-22", "2023-05-17", "2023-08-09"):
        t.visit("spender", "top", day, COSTLY)
    t.visit("spender", "first", "2023-12-28", CHECKS)
    t.visit("spender", "top", "2024-01-04", COSTLY)
    t.visit("spender", "county", "2024-02-15", COSTLY, "pended review")


def _retiring(t: _Telling) -> None:
    t.visit("retiring", "township", "2023-05-20", CHECKS)
    t.visit("retiring", "township", "2023-06-10", CHECKS)
    t.visit("retiring", "county", "2023-07-20", SCANS)


def _pharmacies(t: _Telling) -> None:
    """External prescriptions where the city pays them, and none."""
    t.visit("pensioner", "centre", "2023-03-06", CHECKS)
    covered = t.by_city(NOT_COVERED, ZJ=SETTLED, CQ=SETTLED)
    t.visit(
        "pensioner", "pharmacy", "2023-03-07", DRUGS, covered, prescribed_by=PLACES[t.city]["centre"].code
    )
    t.visit("pensioner", "pharmacy", "2023-03-21", DRUGS, "settled no_prescription", use_account=True)


def _elsewhere(t: _Telling) -> None:
    """Care in another city: a temporary stay, a filed residence, neither, and one that was not elsewhere."""
    temporary = t.by_city(UNSET, YT=SETTLED, KF="settled out_of_area", CC="settled out_of_area")
    resident = t.by_city(UNSET, YT=SETTLED, KF=SETTLED, CC=SETTLED)
    t.visit("traveller", t.elsewhere, "2023-06-03", SCANS, temporary, out_of_area="temporary")
    t.visit("traveller", t.elsewhere, "2023-07-14", SCANS, resident, out_of_area="resident")
    t.visit("traveller", t.elsewhere, "2023-08-25", COLD, "settled out_of_area", use_account=True)
    t.visit("traveller", "top", "2023-09-01", COLD, "rejected area_mismatch", out_of_area="temporary")


def _hospital(t: _Telling) -> None:
    """Stays and what is not paid beside them; emergency care that ends in admission; day surgery."""
    inside = t.by_city(SETTLED, YT="settled in_hospital", KF="settled in_hospital", CC="settled in_hospital")
    t.visit("inpatient", "centre", "2023-05-01", COLD)
    t.visit("inpatient", "centre", "2023-05-05", COLD, inside)
    t.visit("inpatient", "centre", "2023-05-12", PRESSURE)
    cared_for = t.by_city(SETTLED, YT="settled ltc_specialised_care")
    t.visit("ltc", "centre", "2023-07-15", COLD, cared_for)
    t.visit("ltc", "centre", "2023-08-01", COLD)

    inpatient = t.by_city(UNSET, ZJ=SETTLED)
    waits = t.by_city(SETTLED, CC="pended awaiting_inpatient")
    admitted = {"disposition": "admitted", "statement": False}
    number = t.visit(
        "flexible",
        "top",
        "2023-09-03",
        SCANS,
        waits,
        benefit=EMERGENCY,
        emergency=admitted,
        disease_code="I21",
    )
    lists = [number] if waits != SETTLED else []
    days = ("2023-09-03", "2023-09-12")
    t.stay("flexible", "top", days, STAY, inpatient, benefit=INPATIENT, lists=lists, disease_code="I21")
    for days in (("2023-02-01", "2023-02-20"), ("2023-10-08", "2023-10-26"), ("2023-11-20", "2023-12-06")):
        t.stay("pensioner", "university", days, HEART, inpatient, benefit=INPATIENT, disease_code="I25")
    died = {"disposition": "died", "statement": True}
    emergency = t.by_city(SETTLED, CC=UNSET)
    t.visit("deceased", "top", "2023-09-15", SCANS, emergency, benefit=EMERGENCY, emergency=died)
    t.visit("deceased", "top", "2023-10-02", COLD, "rejected unknown_member")
    days = ("2023-10-09", "2023-10-10")
    t.stay("young", "top", days, STAY, UNSET, benefit=DAY_SURGERY, disease_code="K80")


def _diseases(t: _Telling) -> None:
    """Registered diseases: routed, named, not registered, governed by other documents."""
    chronic = t.by_city(UNSET, CC=SETTLED)
    t.visit("chronic", "centre", "2023-04-01", PRESSURE, disease_code="I10")
    t.visit("chronic", "county", "2023-04-12", SUGAR, chronic, benefit=CHRONIC, disease_code="E11")
    t.visit("chronic", "university", "2023-04-20", PRESSURE, disease_code="I10")
    negotiated = ("A10BJ06 1", "A10BA02 2")
    t.visit("chronic", "top", "2023-05-08", negotiated, UNSET, benefit=CHRONIC, disease_code="E11")
    t.visit("young", "centre", "2023-05-22", PRESSURE, benefit=CHRONIC, disease_code="I10")
    dialysis = t.by_city(UNSET, CC="pended special_rule")
    t.visit("special", "top", "2023-05-10", CHECKS, dialysis, benefit=SPECIAL, disease_code="Z49")
    t.visit("special", "first", "2023-05-11", CHECKS, NOT_COVERED, benefit=SPECIAL, disease_code="C50")


def _accounts(t: _Telling) -> None:
    """Personal accounts, family accounts, and where neither may pay."""
    t.visit("worker", "centre", "2023-06-06", CHECKS, use_account=True)
    t.visit("spouse", "county", "2023-06-07", SCANS, use_account=True)
    t.visit("parent", "county", "2023-06-08", SCANS, use_account=True)
    t.visit("child", "pharmacy", "2023-06-09", ("D07230100 1",), "settled no_prescription", use_account=True)
    t.visit("child", "closed", "2023-11-30", COLD, t.ungraded, use_account=True)
    t.visit("child", "closed", "2024-02-02", COLD, NOT_COVERED, use_account=True)
    t.visit("pooled", "centre", "2023-06-12", CHECKS, use_account=True)


def _entitlement(t: _Telling) -> None:
    """Arrears, late payment, a waiting period, cover that has ended."""
    t.visit("arrears", "centre", "2023-04-11", COLD, "settled not_entitled_arrears")
    t.visit("arrears", "centre", "2023-05-16", COLD, "settled not_entitled_arrears", use_account=True)
    t.visit("arrears", "centre", "2023-06-08", COLD)
    t.visit("late", "centre", "2023-04-11", COLD, t.by_city(SETTLED, KF="settled not_entitled_arrears"))
    t.visit("late", "centre", "2023-05-11", COLD)
    t.visit("newcomer", "centre", "2023-03-15", COLD, t.by_city(SETTLED, ZJ="settled waiting_period"))
    t.visit("newcomer", "centre", "2023-05-08", COLD)
    t.visit("departed", "centre", "2023-12-29", COLD)
    t.visit("departed", "centre", "2024-01-15", COLD, "rejected unknown_member")


def _faults(t: _Telling) -> None:
    """Claims that can never be settled as they were sent."""
    nobody = f"{t.city}19800101999"
    nobody += id_number_checksum(nobody)
    t.visit(nobody, "first", "2023-03-01", COLD, "rejected unknown_member")
    t.visit("young", "first", "2099-12-31", COLD, "rejected future_service_date")
    wrong = [line(COLD[0]) | {"amount": "120.00"}]
    t.visit("young", "first", "2023-03-02", (), "rejected amount_mismatch", lines=wrong)
    t.visit("young", "first", "2023-03-03", COLD, "rejected amount_mismatch", total="88.88")
    days = ("2023-03-09", "2023-03-04")
    t.stay("young", "top", days, STAY, "rejected invalid_stay", benefit=INPATIENT)
    days = ("2023-03-10", "2023-03-14")
    unknown = "rejected unknown_listed_claim"
    t.stay("young", "top", days, STAY, unknown, benefit=INPATIENT, lists=["NO-SUCH-CLAIM"])


def _taken_back(t: _Telling) -> None:
    """A settled claim, the right one under a new number, and the first reversed; a pended one withdrawn."""
    t.visit("late", "county", "2023-08-14", SCANS, use_account=True, then=REVERSE)
    t.visit("late", "county", "2023-08-14", SCANS[:-1], use_account=True)
    days = ("2023-11-06", "2023-11-07")
    t.stay("special", "top", days, STAY, UNSET, benefit=DAY_SURGERY, disease_code="H25", then=WITHDRAW)


def _everybody_else(t: _Telling) -> None:
    """A visit of each of the others, in 2023 or 2024 and in the current year by turns."""
    chance = random.Random(f"visits in {t.city}")
    for index in range(1, OTHERS + 1):
        year = t.today.year if index % 2 else chance.randint(2023, 2024)
        day = date(year, chance.randint(1, 12), chance.randint(1, 28))
        at = chance.choice(("top", "county", "district", "first", "centre", "township", "station"))
        items = chance.choice((COLD, PRESSURE, SUGAR, CHECKS, SCANS))
        expected = t.ungraded if at == "station" else SETTLED
        t.visit(f"other{index}", at, day.isoformat(), items, expected, use_account=chance.random() < 0.4)
