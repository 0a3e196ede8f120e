"""A second, plain reading of the rules and of the five cities' figures, to hold the engine against.

Written from the specification and the documents alone: exact decimals of yuan, figures typed in anew, each
rule as it reads, nothing shared with the engine, the policy files or the members' records. Two readings that
agree on any story are hardly wrong in the same way.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING = "370600", "410200", "321100", "220100", "500000"
CITIES = (YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING)
FROM = {
    YANTAI: date(2022, 7, 1),
    KAIFENG: date(2022, 7, 1),
    ZHENJIANG: date(2023, 1, 1),
    CHANGCHUN: date(2023, 1, 1),
    CHONGQING: date(2023, 1, 1),
}
NAMED_TERTIARY = ("镇江市第一人民医院", "江苏大学附属医院")
NOTHING = Decimal(0)

# By city and tier: deductible and rate of employed, deductible and rate of retired members.
ORDINARY = {
    YANTAI: {"1": "500 .70 500 .75", "2": "800 .60 800 .65", "3": "800 .50 800 .55"},
    KAIFENG: {"1": "0 .60 0 .70", "2": "40 .55 40 .65", "3": "50 .50 50 .60"},
    ZHENJIANG: {
        "A": "800 .60 500 .65",
        "B": "800 .75 500 .80",
        "P": "800 .90 500 .90",
        "C": "800 .80 500 .80",
    },
    CHANGCHUN: {
        "1": "100 .60 100 .62",
        "2": "200 .55 200 .57",
        "3 city": "300 .50 300 .52",
        "3 province": "300 .50 300 .52",
    },
    CHONGQING: {"1": "200 .70 100 .80", "2": "200 .60 100 .70", "3": "200 .50 100 .60"},
}
CHRONIC = {"1": "100 .70 100 .70", "2": "200 .70 200 .70", "3 city": "300 .70 300 .70"}  # Changchun
INPATIENT = {  # Zhenjiang
    "A": "1200 .85 600 .90",
    "B": "800 .85 400 .90",
    "P": "400 .85 200 .90",
    "C": "400 .85 200 .90",
}
NOT_DURING_A_STAY = {
    YANTAI: ("ordinary",),
    KAIFENG: ("ordinary",),
    CHANGCHUN: ("ordinary", "chronic", "special"),
}
AMOUNTS = (
    "total",
    "self_funded",
    "over_price",
    "upfront_self_pay",
    "eligible",
    "deductible",
    "over_limit",
    "pooled_fund",
    "critical_illness",
    "institution_share",
    "personal",
    "account",
    "family_account",
    "cash",
)


def fen(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def months(day: date) -> int:
    return day.year * 12 + day.month


def months_of(text: str) -> int:
    return months(date.fromisoformat(f"{text}-01"))


def tier_of(city: str, place: dict) -> str | None:
    level, kind = place["level"], place["kind"]
    if kind == "pharmacy":
        return None
    if city == ZHENJIANG:
        if kind in ("community", "station", "township"):
            return "P"
        if place["name"] in NAMED_TERTIARY or (level == 3 and place["city"] != city):
            return "A"
        return "B" if level >= 2 else "C"
    if city == KAIFENG:
        if kind in ("community", "township"):
            return "1"
        return None if level == 0 or kind == "station" else str(level)
    if city == CHANGCHUN and level == 3:
        return {"city": "3 city", "province": "3 province"}.get(place["affiliation"])
    return str(max(level, 1))


@dataclass
class Known:
    """A claim that was played: what it came to, and what it moved."""

    entry: dict
    state: str = ""
    outcome: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    paid: list = field(default_factory=list)  # (member, yuan)


class Reference:
    """Plays a story given as plain values; every entry comes to a dict of the fields of spec 5."""

    def __init__(self, story: dict):
        self.story, self.city = story, story["city"]
        self.used: dict[tuple, Decimal] = {}
        self.balance = {name: Decimal(person["account_balance"]) for name, person in story["members"].items()}
        self.known: dict[str, Known] = {}
        self.credited: set[tuple] = set()

    def play(self) -> list[dict]:
        return [self.entry(entry) for entry in self.story["claims"]]

    def entry(self, entry: dict) -> dict:
        if "reverse" in entry:
            return self.reverse(self.known.get(entry["reverse"]))
        if "credit" in entry:
            return self.credit(entry["member"], entry["credit"])
        claim = Known(entry)
        claim.outcome = self.adjudicate(claim)
        claim.state = claim.outcome["outcome"]
        self.known[entry["id"]] = claim
        if claim.state == "settled":
            self.move(claim, 1)
            for listed in entry.get("lists", ()):
                self.known[listed].state = "merged"
        return claim.outcome

    def reverse(self, claim: Known | None) -> dict:
        if claim is None or claim.state != "settled":
            return {"outcome": "refused"}
        self.move(claim, -1)
        claim.state = "reversed"
        for listed in claim.entry.get("lists", ()):
            self.known[listed].state = "pended"
        return claim.outcome | {"outcome": "reversed"} | {name: -claim.outcome[name] for name in AMOUNTS}

    def move(self, claim: Known, sign: int) -> None:
        for key, amount in claim.used.items():
            self.used[key] = self.used.get(key, NOTHING) + sign * amount
        for name, amount in claim.paid:
            self.balance[name] -= sign * amount

    # --- which benefit, and whether it is paid --------------------------------------------------------

    def day(self, entry: dict) -> date | None:
        return entry.get("to") if entry["benefit"] in ("inpatient", "day_surgery") else entry["date"]

    def adjudicate(self, claim: Known) -> dict:
        entry = claim.entry
        day, person = self.day(entry), self.story["members"].get(entry["member"])
        place = self.story["institutions"][entry["at"]]
        received = entry.get("received") or day or entry["from"]
        if refused := self.refusal(entry, day, person, place, received):
            return {"outcome": "rejected", "reason": refused}
        if day < FROM[self.city]:
            return {"outcome": "pended", "reason": "no_policy_in_force"}
        if not all(self.waits_for(number, entry) for number in entry.get("lists", ())):
            return {"outcome": "rejected", "reason": "unknown_listed_claim"}
        if (entry["benefit"], entry.get("disposition"), self.city) == ("emergency", "admitted", CHANGCHUN):
            return {"outcome": "pended", "reason": "awaiting_inpatient"}
        prescriber = entry.get("prescribed_by")
        paying = (
            self.story["institutions"][prescriber] if place["kind"] == "pharmacy" and prescriber else place
        )
        benefit = self.benefit(entry, day, person, place, paying)
        if self.city == CHANGCHUN and benefit == "special" and entry.get("disease") in ("E70.0", "Z49"):
            return {"outcome": "pended", "reason": "special_rule"}
        reason = self.reason(entry, day, person, place, paying, benefit)
        split = self.split(entry)
        if split is None:
            return {"outcome": "pended", "reason": "parameter_missing"}
        status = "retired" if self.retired(person, day) else "employed"
        if reason is None and not self.set(benefit, entry):
            return {"outcome": "pended", "reason": "parameter_missing"}
        paid = (
            split | {"fund_rate": None}
            if reason
            else self.waterfall(claim, benefit, tier_of(self.city, paying), status, split)
        )
        return {"outcome": "settled", "reason": reason, "benefit": benefit, "status": status} | self.payers(
            claim, paid, status, with_fund=reason is None
        )

    def refusal(self, entry: dict, day: date | None, person: dict | None, place: dict, received: date) -> str:
        asked = day or entry["from"]
        if person is None or asked < person["insured_from"] or asked > (person.get("insured_to") or asked):
            return "unknown_member"
        if day is not None and day > received:
            return "future_service_date"
        for line in entry["lines"]:
            if abs(line["amount"] - line["quantity"] * line["price"]) > Decimal("0.01"):
                return "amount_mismatch"
        if "total" in entry and entry["total"] != sum(line["amount"] for line in entry["lines"]):
            return "amount_mismatch"
        if day is None or ("from" in entry and entry["from"] > day):
            return "invalid_stay"
        return "area_mismatch" if "out_of_area" in entry and place["city"] == self.city else ""

    def waits_for(self, number: str, entry: dict) -> bool:
        """Whether the inpatient claim `entry` may take up the emergency claim `number`."""
        claim = self.known.get(number)
        return (
            claim is not None
            and (claim.state, claim.outcome["reason"]) == ("pended", "awaiting_inpatient")
            and (claim.entry["at"], claim.entry["member"]) == (entry["at"], entry["member"])
        )

    def benefit(self, entry: dict, day: date, person: dict, place: dict, paying: dict) -> str:
        named = entry["benefit"]
        registered = [
            x["benefit"]
            for x in person["registrations"]
            if x["disease"] == entry.get("disease") and x["from"] <= day <= (x.get("to") or day)
        ]
        if named == "emergency":
            as_inpatient = entry["statement"] and entry["disposition"] in ("died", "no_bed")
            return "inpatient" if self.city == CHANGCHUN and as_inpatient else "ordinary"
        if named in ("chronic", "special"):
            return named if named in registered else next(iter(registered), "ordinary")
        if named == "ordinary" and self.city == CHANGCHUN:
            for preferred in ("special", "chronic"):
                if preferred in registered and self.offered(preferred, place, paying):
                    return preferred
        return named

    def offered(self, benefit: str, place: dict, paying: dict) -> bool:
        tier = tier_of(self.city, paying)
        if tier is None or benefit not in place["designated"] or benefit not in paying["designated"]:
            return False
        if place["kind"] == "pharmacy" and (benefit != "ordinary" or self.city not in (ZHENJIANG, CHONGQING)):
            return False
        if self.city != CHANGCHUN:
            return True
        if benefit == "special":
            return paying["kind"] == "specialist" or (paying["level"] >= 2 and paying["kind"] == "general")
        if benefit == "day_surgery":
            return paying["level"] == 3
        return benefit != "chronic" or tier != "3 province"

    def set(self, benefit: str, entry: dict) -> bool:
        """Whether the documents give all figures that the claim needs."""
        elsewhere = "out_of_area" in entry and self.city in (ZHENJIANG, CHONGQING)
        known = {CHANGCHUN: ("ordinary", "chronic"), ZHENJIANG: ("ordinary", "inpatient")}
        return benefit in known.get(self.city, ("ordinary",)) and not elsewhere

    def retired(self, person: dict, day: date) -> bool:
        return person["status"] == "retired" or ("retired_on" in person and person["retired_on"] <= day)

    def reason(
        self, entry: dict, day: date, person: dict, place: dict, paying: dict, benefit: str
    ) -> str | None:
        if place["kind"] == "pharmacy" and "prescribed_by" not in entry:
            return "no_prescription"
        if not self.offered(benefit, place, paying):
            return "institution_not_covered"
        if not self.retired(person, day):
            late = [months_of(m) for m in person["paid_late"]] if self.city == KAIFENG else []
            if months(day) in [*late, *map(months_of, person["unpaid_months"])]:
                return "not_entitled_arrears"
            if self.city == ZHENJIANG and months(day) < self.first_month_of_benefits(person, day):
                return "waiting_period"
        if benefit in NOT_DURING_A_STAY.get(self.city, ()) and self.in_hospital(entry, day, person):
            return "in_hospital"
        cared_for = any(x["from"] <= day <= (x.get("to") or day) for x in person["ltc"])
        if self.city == YANTAI and benefit == "ordinary" and cared_for:
            return "ltc_specialised_care"
        if place["city"] != self.city and "out_of_area" not in entry:
            return "out_of_area"
        refuses = self.city in (KAIFENG, CHANGCHUN) and entry.get("out_of_area") == "temporary"
        return "out_of_area" if refuses else None

    def first_month_of_benefits(self, person: dict, day: date) -> int:
        unpaid = [months_of(m) for m in person["unpaid_months"]]
        after = lambda month: next(m for m in range(month, month + 99) if m not in unpaid)  # noqa: E731
        first = after(months(person["insured_from"]))
        if person["employment"] != "flexible" and not person.get("flexible_from", date.max) <= day:
            return first + 1
        since = max(first, after(months(person.get("flexible_from", person["insured_from"]))))
        gaps = [month for month in unpaid if first < month < months(day)]
        return max([since, *(after(month) for month in gaps)]) + 2

    def in_hospital(self, entry: dict, day: date, person: dict) -> bool:
        stays = [
            claim.entry
            for claim in self.known.values()
            if claim.state in ("settled", "pended")
            and claim.entry["member"] == entry["member"]
            and "from" in claim.entry
        ]
        return any(x["from"] < day < (x.get("to") or date.max) for x in [*person["stays"], *stays])

    # --- amounts --------------------------------------------------------------------------------------

    def split(self, entry: dict) -> dict | None:
        """The lines by 2.3, those of listed claims with them; None where an upfront share is not known."""
        lines = [*entry["lines"], *(x for n in entry.get("lists", ()) for x in self.known[n].entry["lines"])]
        amounts = dict.fromkeys(AMOUNTS, NOTHING)
        amounts["total"] = sum(line["amount"] for line in lines)
        for line in lines:
            item = self.story["catalogue"].get(line["item"], {"class": "C"})
            if item["class"] == "C":
                amounts["self_funded"] += line["amount"]
                continue
            over = NOTHING
            if "ceiling" in item:
                over = min(
                    line["amount"], fen(max(NOTHING, line["price"] - item["ceiling"]) * line["quantity"])
                )
            if item["class"] == "B" and "upfront" not in item:
                return None
            amounts["over_price"] += over
            share = item["upfront"] if item["class"] == "B" else NOTHING
            amounts["upfront_self_pay"] += fen((line["amount"] - over) * share)
        amounts["eligible"] = amounts["total"] - sum(
            amounts[name] for name in ("self_funded", "over_price", "upfront_self_pay")
        )
        return amounts

    def waterfall(self, claim: Known, benefit: str, tier: str, status: str, amounts: dict) -> dict:
        entry, day = claim.entry, self.day(claim.entry)
        who, retired = entry["member"], status == "retired"
        table = {"chronic": CHRONIC, "inpatient": INPATIENT}.get(benefit) or ORDINARY[self.city]
        threshold, rate = [Decimal(x) for x in table[tier].split()][2 if retired else 0 :][:2]
        if self.city == YANTAI and entry.get("out_of_area") == "temporary":
            first = fen(amounts["eligible"] / 10)
            amounts["eligible"] -= first
            amounts["upfront_self_pay"] += first
        eligible = within = amounts["eligible"]
        if self.city == ZHENJIANG:
            key, limit = (
                (who, "expense", benefit, day.year),
                Decimal(10_000 if benefit == "ordinary" else 500_000),
            )
            within = min(eligible, max(NOTHING, limit - self.used.get(key, NOTHING)))
            claim.used[key] = eligible
        borne = self.deductible(claim, benefit, threshold, within)
        gross = fund = fen((within - borne) * rate)
        limits = self.limits(who, benefit, retired, day)
        for key, limit in limits.items():
            fund = min(fund, max(NOTHING, limit - self.used.get(key, NOTHING)))
        claim.used |= dict.fromkeys(limits, fund)
        over = eligible - within + gross - fund
        return amounts | {"deductible": borne, "fund_rate": rate, "over_limit": over, "pooled_fund": fund}

    def deductible(self, claim: Known, benefit: str, threshold: Decimal, within: Decimal) -> Decimal:
        who, day = claim.entry["member"], self.day(claim.entry)
        if benefit == "inpatient":
            key = (who, "admissions", day.year)
            before = self.used.get(key, 0)
            claim.used[key] = 1
            return min(within, fen(threshold * (Decimal(1), Decimal("0.5"), NOTHING)[int(min(before, 2))]))
        at = (claim.entry["at"], day) if self.city == KAIFENG else day.year
        key = (who, "deductible", at)  # Changchun's ordinary and chronic care share it
        claim.used[key] = min(within, max(NOTHING, threshold - self.used.get(key, NOTHING)))
        return claim.used[key]

    def limits(self, who: str, benefit: str, retired: bool, day: date) -> dict:
        year, month = (who, "fund", benefit, day.year), (who, "fund", benefit, day.year, day.month)
        if self.city == YANTAI:
            return {year: Decimal(900 if day.year == 2022 else 1800)}
        if self.city == KAIFENG:
            of_year = Decimal(1500 if retired else 1000)
            return {
                month: Decimal(200 if retired else 150),
                year: of_year / 2 if day.year == 2022 else of_year,
            }
        if self.city == CHANGCHUN:
            return {year: Decimal(2000 if benefit == "ordinary" else 6500)}
        return {year: Decimal(4000 if retired else 3000)} if self.city == CHONGQING else {}

    def payers(self, claim: Known, amounts: dict, status: str, with_fund: bool) -> dict:
        entry = claim.entry
        left = [
            amounts["eligible"] - amounts["pooled_fund"],
            amounts["upfront_self_pay"] + amounts["over_price"],
            amounts["self_funded"],
        ]
        if entry["use_account"]:
            amounts["account"] = self.pay(claim, entry["member"], left)
            for tie in self.story["family"]:
                if tie["user"] == entry["member"] and tie["relation"] != "other":
                    amounts["family_account"] += self.pay(claim, tie["owner"], left)
        if with_fund and self.city == ZHENJIANG:
            amounts["critical_illness"] = self.critical(claim, left[0], status)
        amounts["personal"] = amounts["total"] - amounts["pooled_fund"] - amounts["critical_illness"]
        amounts["cash"] = amounts["personal"] - amounts["account"] - amounts["family_account"]
        return amounts

    def pay(self, claim: Known, owner: str, left: list[Decimal]) -> Decimal:
        """All items of the stories are goods, so that an account may pay each part, in turn."""
        balance, paid = self.balance[owner], NOTHING
        for index, part in enumerate(left):
            given = min(part, balance - paid)
            left[index] -= given
            paid += given
        claim.paid.append((owner, paid))
        return paid

    def critical(self, claim: Known, base: Decimal, status: str) -> Decimal:
        person, key = (
            self.story["members"][claim.entry["member"]],
            (claim.entry["member"], "critical", self.day(claim.entry).year),
        )
        before = self.used.get(key, NOTHING)
        claim.used[key] = base
        bonus = Decimal(min(5, person["surplus_years"])) / 100 if status == "retired" else NOTHING
        slice_of = lambda low, high: max(NOTHING, min(before + base, high) - max(before, low))  # noqa: E731
        lower, upper = slice_of(Decimal(6_000), Decimal(60_000)), slice_of(Decimal(60_000), Decimal(10**9))
        return fen(lower * (Decimal("0.6") + bonus) + upper * (Decimal("0.7") + bonus))

    # --- the month's account credit -------------------------------------------------------------------

    def credit(self, name: str, month: str) -> dict:
        person, first = self.story["members"][name], date.fromisoformat(f"{month}-01")
        amount, reason = self.credit_of(person, first)
        if reason is None and (name, month) in self.credited:
            amount, reason = NOTHING, "already_credited"
        elif reason is None:
            self.credited.add((name, month))
            self.balance[name] += amount
        return {"account_credit": amount, "reason": reason}

    def credit_of(self, person: dict, first: date) -> tuple[Decimal, str | None]:
        if first < FROM[self.city]:
            return NOTHING, "no_policy_in_force"
        enrolled = person["insured_from"] <= first <= (person.get("insured_to") or first)
        if not enrolled or person["plan"] == "pooled_only":
            return NOTHING, None
        retired = self.retired_for_credit(person, first)
        flexible = person["employment"] == "flexible" or person.get("flexible_from", date.max) <= first
        if self.city == YANTAI and flexible and not retired:
            return NOTHING, None
        if not retired and months(first) in map(months_of, person["unpaid_months"]):
            return NOTHING, "not_entitled_arrears"
        amount = self.figure(person, first, retired, flexible)
        return (NOTHING, "parameter_missing") if amount is None else (fen(amount), None)

    def retired_for_credit(self, person: dict, first: date) -> bool:
        if person["status"] == "retired":
            return True
        on = person.get("retired_on")
        if on is None:
            return False
        if self.city in (YANTAI, KAIFENG):
            return months(on) <= months(first)
        return on < first if self.city == CHANGCHUN else on <= first

    def figure(self, person: dict, first: date, retired: bool, flexible: bool) -> Decimal | None:
        """What a month gives; None where no figure is set."""
        born, base = person["born"], Decimal(person["contribution_base"])
        age = first.year - born.year - ((born.month, born.day) > (first.month, first.day))
        if self.city == YANTAI and retired:
            return age * Decimal("1.5") if first.year < 2024 else None
        if self.city == YANTAI and first.year == 2022:
            return None
        if self.city == YANTAI and first.year == 2023:
            return base * Decimal("0.0215" if age < 35 else "0.0235" if age < 45 else "0.027")
        if retired:
            own = person.get("own_monthly_credit")
            return {
                KAIFENG: Decimal(60),
                CHANGCHUN: Decimal(109 if first.year == 2023 else 78),
                ZHENJIANG: own if first.year == 2023 else None,
            }.get(self.city)
        return None if self.city == CHONGQING and flexible else base * Decimal("0.02")
