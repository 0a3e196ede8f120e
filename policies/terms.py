"""A policy version as the engine reads it: frozen, complete, without any database.

Amounts are fen, rates ten-thousandths. A figure is `Figure` where the text sets it, `Unset` where the
text leaves it to another document or rule. What a benefit does not offer is absent from its cells.
Every `cite` is an index into `Terms.cites`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

EMPLOYED, RETIRED = "employed", "retired"
STATUSES = (EMPLOYED, RETIRED)
EMPLOYEE, FLEXIBLE = "employee", "flexible"
EMPLOYMENTS = (EMPLOYEE, FLEXIBLE)
COMBINED, POOLED_ONLY = "combined", "pooled_only"
PLANS = (COMBINED, POOLED_ONLY)

ORDINARY, CHRONIC, SPECIAL, EMERGENCY = "ordinary", "chronic", "special", "emergency"
DAY_SURGERY, INPATIENT, NEGOTIATED = "day_surgery", "inpatient", "negotiated_drug"
BENEFITS = (ORDINARY, CHRONIC, SPECIAL, EMERGENCY, DAY_SURGERY, INPATIENT, NEGOTIATED)

INSTITUTION_KINDS = (
    "general",
    "specialist",
    "community",
    "station",
    "township",
    "clinic",
    "pharmacy",
    "other",
)
PHARMACY = "pharmacy"
AFFILIATIONS = ("province", "city", "other")
ITEM_KINDS = ("drug", "device", "consumable", "service")
GOODS = frozenset(("drug", "device", "consumable"))
ITEM_CLASSES = ("A", "B", "C")

RELATIONS = ("spouse", "parent", "child", "other")
SELF = "self"

ANNUAL, DAILY_INSTITUTION, ADMISSION, NO_DEDUCTIBLE = "annual", "daily_institution", "admission", "none"
DEDUCTIBLE_MODES = (ANNUAL, DAILY_INSTITUTION, ADMISSION, NO_DEDUCTIBLE)

FUND_PAYMENT, ELIGIBLE_EXPENSE = "fund_payment", "eligible_expense"
LIMIT_BASES = (FUND_PAYMENT, ELIGIBLE_EXPENSE)
YEAR, MONTH = "year", "month"
PERIODS = (YEAR, MONTH)
EACH_DISEASE = "*"

IN_HOSPITAL, LTC = "in_hospital", "ltc_specialised_care"
SITUATIONS = (IN_HOSPITAL, LTC)

RESIDENT, TEMPORARY = "resident", "temporary"
OUT_OF_AREA = (RESIDENT, TEMPORARY)

POLICY_RANGE, PERSONAL_BURDEN = "policy_range", "personal_burden"
PREMIUMS = (
    "premium_resident",  # 城乡居民基本医疗保险
    "premium_large_amount",  # 职工大额医疗费用补助 / 大额医疗互助
    "premium_critical_illness",  # 职工大病保险
    "premium_long_term_care",  # 长期护理保险
    "premium_commercial",  # 政府指导的普惠型商业医疗保险
)
NEVER = ("public_health", "fitness", "wellness", "health_checkup")
PURPOSES = (POLICY_RANGE, PERSONAL_BURDEN, *PREMIUMS, *NEVER)
AT_INSTITUTION, AT_PHARMACY, ANYWHERE = "institution", "pharmacy", "any"
PLACES = (AT_INSTITUTION, AT_PHARMACY, ANYWHERE)

BASE_RATE, FIXED, AGE_FACTOR, OWN_AMOUNT, NO_CREDIT = "base_rate", "fixed", "age_factor", "own_amount", "none"
CREDIT_METHODS = (BASE_RATE, FIXED, AGE_FACTOR, OWN_AMOUNT, NO_CREDIT)
SAME_MONTH, NEXT_MONTH = "same_month", "next_month"
STATUS_CHANGES = (SAME_MONTH, NEXT_MONTH)

TEXT, ASSUMED, ILLUSTRATIVE = "text", "assumed", "illustrative"
CITE_KINDS = (TEXT, ASSUMED, ILLUSTRATIVE)


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a figure or rule stands: document number, clause, kind of citation, interpretation note (I-n)."""

    document: str
    clause: str
    kind: str = TEXT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that the text sets: fen, ten-thousandths, months or another whole unit, by its place."""

    value: int
    cite: int


@dataclass(frozen=True, slots=True)
class Unset:
    """A figure that the text leaves to another document or rule, which `waits_for` names."""

    waits_for: str
    cite: int


Parameter = Figure | Unset


@dataclass(frozen=True, slots=True)
class Condition:
    """One description of institutions; every part that is given must fit. `named` matches code or name."""

    level_min: int | None = None
    level_max: int | None = None
    kinds: frozenset[str] = frozenset()
    affiliation: str | None = None
    in_city: bool | None = None
    named: frozenset[str] = frozenset()

    def fits(self, level: int, kind: str, affiliation: str, in_city: bool, code: str, name: str) -> bool:
        return (
            (self.level_min is None or level >= self.level_min)
            and (self.level_max is None or level <= self.level_max)
            and (not self.kinds or kind in self.kinds)
            and (self.affiliation is None or affiliation == self.affiliation)
            and (self.in_city is None or in_city == self.in_city)
            and (not self.named or code in self.named or name in self.named)
        )


@dataclass(frozen=True, slots=True)
class Tier:
    """机构档次: fits an institution when any of its conditions does."""

    code: str
    name: str
    name_en: str
    conditions: tuple[Condition, ...]
    cite: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What a benefit gives at one tier to one status: deductible (None where its mode is none) and rate."""

    deductible: Parameter | None
    rate: Parameter


@dataclass(frozen=True, slots=True)
class SpecialRule:
    """A disease that another document governs (Changchun 三(五)): codes beginning with `disease`."""

    disease: str
    waits_for: str
    cite: int


@dataclass(frozen=True, slots=True)
class Benefit:
    """待遇类别 under one version. `unset` is given where the whole benefit is left to another document.

    `conditions`: the institutions that may give it (empty: any with a tier).
    `preferred`, `external_prescription`, `yields_to_negotiated`, `as_inpatient`: the cite of the rule, or
    None where the version does not have it.
    `not_paid_while`: (situation, cite), in the order of reasons.
    """

    benefit: str
    cite: int
    unset: Unset | None = None
    deductible_mode: str = NO_DEDUCTIBLE
    deductible_pool: str = ""
    deductible_cite: int = 0
    conditions: tuple[Condition, ...] = ()
    preferred: int | None = None
    external_prescription: int | None = None
    yields_to_negotiated: int | None = None
    as_inpatient: int | None = None
    not_paid_while: tuple[tuple[str, int], ...] = ()
    special_rules: tuple[SpecialRule, ...] = ()
    cells: Mapping[tuple[str, str], Cell] = None  # (tier code, status)


@dataclass(frozen=True, slots=True)
class Limit:
    """最高支付限额. `disease`: "" none, "*" one limit for each disease, else codes beginning with it."""

    pool: str
    period: str
    basis: str
    benefits: frozenset[str]
    statuses: frozenset[str]
    disease: str
    amount: Parameter


@dataclass(frozen=True, slots=True)
class Band:
    """A slice of the year's critical-illness base, in fen: from `above` (exclusive) to `upto` (None: no end)."""

    above: int
    upto: int | None
    rate: int
    cite: int


@dataclass(frozen=True, slots=True)
class CriticalIllness:
    """大病保险: bands over the year's base; the bonus raises rates above 0 for members of `bonus_status`."""

    benefits: frozenset[str]
    bands: tuple[Band, ...]
    bonus_status: str | None
    bonus_per_year: int
    bonus_max: int
    bonus_cite: int
    cite: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Waiting months by employment kind, and whether paying arrears later restores the month's benefits."""

    waiting: Mapping[str, Figure]
    back_payment_restores: bool
    cite: int


@dataclass(frozen=True, slots=True)
class OutOfArea:
    """异地: `upfront` is the share (ten-thousandths) that the member bears first; None where not covered."""

    upfront: Parameter | None
    cite: int


@dataclass(frozen=True, slots=True)
class CreditRule:
    """One row of the monthly account credit. `value`: rate, fen or fen per year of age, by method.

    Fits by status, employment and plan (None: any) and full years of age in [age_from, age_to).
    """

    status: str
    employment: str | None
    plan: str | None
    age_from: int
    age_to: int | None
    method: str
    value: Parameter | None
    cite: int


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One row of the account-use rules: whose burden (relation), for what, where, of which items.

    `status`: only from the account of an owner of that status (None: any).
    """

    relation: str
    purpose: str
    place: str
    item_kinds: frozenset[str]  # empty: any
    allowed: bool
    cite: int
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Provision:
    """A provision without a figure of its own, which reports and pages show with its clause, by topic."""

    topic: str
    text: str
    cite: int


@dataclass(frozen=True, slots=True)
class AccountPermit:
    """What an account may pay of one claim: None not at all, else (any item?, cite)."""

    policy_range: tuple[bool, int] | None
    burden: tuple[bool, int] | None


@dataclass(frozen=True)
class Terms:
    """All of one policy version. `version_id` is the database's key, or None for a version read from a file."""

    city: str
    effective_from: date
    revision: int
    document: str
    fingerprint: str
    cites: tuple[Cite, ...]
    tiers: tuple[Tier, ...]
    benefits: Mapping[str, Benefit]
    limits: tuple[Limit, ...]
    admission_factors: tuple[tuple[int, int, int], ...]  # (ordinal from, factor in ten-thousandths, cite)
    critical_illness: CriticalIllness | None
    entitlement: Entitlement
    out_of_area: Mapping[str, OutOfArea | Unset]
    out_of_area_none: int  # cite of "elsewhere without a filing is not covered"
    credit_rules: tuple[CreditRule, ...]
    status_change: str | None  # None: the version is silent
    status_change_cite: int
    account_uses: tuple[AccountUse, ...]
    day_surgery_standards: Mapping[str, Figure]
    version_id: int | None = None
    contribution_rates: Mapping[str, Parameter] = field(default_factory=dict)  # by employment kind
    provisions: tuple[Provision, ...] = ()

    @cached_property
    def _tier_cache(self) -> dict:
        return {}

    def tier(self, level, kind, affiliation, in_city, code, name) -> Tier | None:
        """The first tier that fits the institution; None where none does (a pharmacy never has one)."""
        key = (level, kind, affiliation, in_city, code, name)
        try:
            return self._tier_cache[key]
        except KeyError:
            fitting = (t for t in self.tiers if any(c.fits(*key) for c in t.conditions))
            found = None if kind == PHARMACY else next(fitting, None)
            self._tier_cache[key] = found
            return found

    @cached_property
    def _limit_cache(self) -> dict:
        return {}

    @cached_property
    def _limits_by_disease(self) -> bool:
        return any(x.disease for x in self.limits)

    def limits_for(
        self, benefit: str, status: str, disease: str
    ) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
        """(limits on expense, limits on fund payment) that bind this benefit, status and disease."""
        key = (benefit, status, disease if self._limits_by_disease else "")
        try:
            return self._limit_cache[key]
        except KeyError:
            fitting = [x for x in self.limits if benefit in x.benefits and status in x.statuses]
            named = [
                x for x in fitting if x.disease not in ("", EACH_DISEASE) and disease.startswith(x.disease)
            ]
            covered = {x.pool for x in named}
            fitting = [
                x
                for x in fitting
                if x.disease == ""
                or x in named
                or (x.disease == EACH_DISEASE and disease and x.pool not in covered)
            ]
            found = tuple(tuple(x for x in fitting if x.basis == b) for b in (ELIGIBLE_EXPENSE, FUND_PAYMENT))
            self._limit_cache[key] = found
            return found

    @cached_property
    def _permit_cache(self) -> dict:
        return {}

    def account_permit(self, relation: str, place: str) -> AccountPermit:
        """What the account of `relation`'s owner may pay at `place`, by the account-use rules."""
        key = (relation, place)
        try:
            return self._permit_cache[key]
        except KeyError:
            found = AccountPermit(
                *(self._permit(relation, place, p) for p in (POLICY_RANGE, PERSONAL_BURDEN))
            )
            self._permit_cache[key] = found
            return found

    def _permit(self, relation: str, place: str, purpose: str) -> tuple[bool, int] | None:
        rows = [u for u in self.account_uses if u.relation == relation and u.purpose == purpose and u.allowed]
        rows = [u for u in rows if u.place in (place, ANYWHERE)]
        # A rule for every kind of item says more than one for some, so it is the one to cite.
        rows.sort(key=lambda u: bool(u.item_kinds))
        return (not rows[0].item_kinds, rows[0].cite) if rows else None

    def premium_use(self, relation: str, purpose: str, status: str | None = None) -> AccountUse | None:
        """The rule that allows or forbids an owner of `status` to pay `purpose` for `relation`.

        None where the text has none. Without a `status` the rules for owners of one status count too.
        """
        rows = [u for u in self.account_uses if u.relation == relation and u.purpose == purpose]
        return next((u for u in rows if status is None or u.status in (None, status)), None)
