"""The sample population: in each city twenty people with a story and twenty who only see a doctor.

Every person is invented. ID numbers carry the code of a whole city, which no real one does, and the right
check character; names say that they are samples.
"""

import random
from dataclasses import dataclass
from datetime import date

from claims.demo.places import CITIES
from members.validators import id_number_checksum
from policies.terms import CHRONIC, COMBINED, EMPLOYEE, FLEXIBLE, POOLED_ONLY, SPECIAL

COVERED_SINCE = date(2018, 1, 1)
# The months on record begin here; whoever was covered before has paid them all.
FIRST_MONTH = (2022, 1)
OTHERS = 20
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何"


@dataclass(frozen=True, slots=True)
class Person:
    """A member: `role` is the name in the stories. Amounts are fen, months (year, month).

    `unpaid` months stay unpaid; `late` ones were paid on the day given. `diseases`: (benefit, code).
    """

    city: str
    role: str
    number: str
    name: str
    born: date
    employment: str = EMPLOYEE
    plan: str = COMBINED
    since: date = COVERED_SINCE
    until: date | None = None
    retired_on: date | None = None
    died_on: date | None = None
    base: int = 600000
    balance: int = 0
    own_credit: int | None = None
    surplus_years: int = 0
    unpaid: tuple[tuple[int, int], ...] = ()
    late: tuple[tuple[tuple[int, int], date], ...] = ()
    diseases: tuple[tuple[str, str], ...] = ()
    stays: tuple[tuple[date, date], ...] = ()
    ltc: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A family link: the account of `owner` may pay for `user`, the owner's `relation`."""

    owner: str
    user: str
    relation: str
    since: date = date(2022, 7, 1)


FAMILY = (
    Shared("child", "parent", "parent"),
    Shared("worker", "spouse", "spouse"),
    Shared("child", "spouse", "other"),  # consented to, but of no relation that any city allows
)

# Whose claims a reviewer wants to see, from one day to another, and why.
WATCHED = ("spender", date(2024, 2, 1), date(2024, 2, 29), "单次门诊费用连续异常偏高")

D = date
_ROLES: dict[str, dict] = {
    "worker": {"born": D(1985, 4, 12), "base": 820000, "balance": 186000},
    "spouse": {"born": D(1986, 9, 30), "base": 540000, "balance": 2500},
    "spender": {"born": D(1979, 11, 3), "base": 1150000, "balance": 96000},
    "young": {"born": D(1996, 2, 20), "base": 560000, "balance": 31000},
    "pensioner": {
        "born": D(1951, 1, 31),
        "retired_on": D(2011, 2, 1),
        "balance": 240000,
        "own_credit": 15000,
        "surplus_years": 4,
    },
    "retiring": {"born": D(1963, 6, 10), "retired_on": D(2023, 6, 10), "balance": 75000, "surplus_years": 9},
    "flexible": {"born": D(1990, 8, 8), "employment": FLEXIBLE, "base": 420000},
    "newcomer": {"born": D(1994, 5, 17), "employment": FLEXIBLE, "since": D(2023, 3, 1), "base": 420000},
    "arrears": {"born": D(1982, 12, 1), "unpaid": ((2023, 4), (2023, 5)), "balance": 8000},
    "late": {"born": D(1983, 3, 9), "late": (((2023, 4), D(2023, 6, 20)),)},
    "chronic": {
        "born": D(1955, 7, 22),
        "retired_on": D(2015, 8, 1),
        "balance": 52000,
        "own_credit": 11200,
        "diseases": ((CHRONIC, "I10"), (CHRONIC, "E11")),
    },
    "special": {
        "born": D(1968, 10, 5),
        "base": 700000,
        "diseases": ((SPECIAL, "Z49"), (SPECIAL, "C50"), (CHRONIC, "I10")),
    },
    "inpatient": {"born": D(1974, 6, 28), "stays": ((D(2023, 5, 1), D(2023, 5, 10)),), "balance": 64000},
    "ltc": {
        "born": D(1940, 3, 15),
        "retired_on": D(1995, 4, 1),
        "ltc": ((D(2023, 7, 1), D(2023, 7, 31)),),
        "own_credit": 18000,
        "balance": 33000,
    },
    "parent": {"born": D(1953, 9, 9), "retired_on": D(2008, 10, 1), "own_credit": 9800, "balance": 4000},
    "child": {"born": D(1980, 1, 25), "base": 980000, "balance": 152000},
    "departed": {"born": D(1988, 8, 18), "until": D(2023, 12, 31)},
    "deceased": {"born": D(1938, 2, 2), "retired_on": D(1993, 3, 1), "died_on": D(2023, 9, 15)},
    "pooled": {"born": D(1991, 11, 11), "employment": FLEXIBLE, "plan": POOLED_ONLY, "base": 420000},
    "traveller": {"born": D(1977, 7, 7), "base": 880000, "balance": 120000},
}


def _number(city: str, born: date, serial: int) -> str:
    first17 = f"{city}{born:%Y%m%d}{serial:03d}"
    return first17 + id_number_checksum(first17)


def _people(city: str) -> dict[str, Person]:
    chance = random.Random(f"people of {city}")
    found = {}
    for serial, (role, facts) in enumerate({**_ROLES, **_others(chance)}.items(), 1):
        name = f"{chance.choice(_SURNAMES)}样例{serial:02d}"
        found[role] = Person(city, role, _number(city, facts["born"], serial), name, **facts)
    return found


def _others(chance: random.Random) -> dict[str, dict]:
    found = {}
    for index in range(1, OTHERS + 1):
        born = D(chance.randint(1945, 1999), chance.randint(1, 12), chance.randint(1, 28))
        facts = {"born": born, "base": chance.randrange(400000, 1500000, 10000)}
        facts["balance"] = chance.randrange(0, 200000, 500)
        if born.year < 1962:
            facts["retired_on"] = D(born.year + 60, born.month, 1)
            facts["own_credit"] = chance.randrange(8000, 20000, 100)
        found[f"other{index}"] = facts
    return found


PEOPLE: dict[str, dict[str, Person]] = {city: _people(city) for city in CITIES}
