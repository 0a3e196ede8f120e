"""The state of one adjudication while the rules work on it."""

from collections.abc import Mapping

from claims.engine.case import Case, Institution
from claims.engine.result import Result
from policies.terms import PHARMACY, Benefit, Cell, Terms, Tier


class Work:
    """A case under terms, with what the rules have found so far. Amounts are fen.

    `eligible`, `upfront` move with the rules; `services` holds what services take of eligible expense,
    of upfront and over-price, and of self-funded expense, for accounts that may pay for goods only.
    `fund` is the pooled fund's payment, `over` what limits left to the member. `disease` is the registered
    one where the benefit rests on a registration, so that its subdivisions share one limit.
    """

    __slots__ = (
        "benefit",
        "borne",
        "case",
        "cell",
        "deltas",
        "disease",
        "eligible",
        "fund",
        "over",
        "over_price",
        "read",
        "result",
        "rule",
        "self_funded",
        "services",
        "steps",
        "terms",
        "tier",
        "total",
        "upfront",
        "used",
        "within",
    )

    benefit: str
    rule: Benefit | None
    tier: Tier | None
    cell: Cell | None

    def __init__(self, terms: Terms, case: Case, used: Mapping[str, int], result: Result):
        self.terms = terms
        self.case = case
        self.used = used
        self.result = result
        self.steps = result.steps
        self.read = result.used
        self.deltas = result.deltas
        self.rule = self.tier = self.cell = None
        self.benefit = case.benefit
        self.disease = case.disease
        self.borne = self.fund = self.over = self.within = 0

    def before(self, key: str) -> int:
        """What has been used of an accumulator; remembered with the result."""
        value = self.used.get(key, 0)
        if value:
            self.read[key] = value
        return value

    def add(self, key: str, amount: int) -> None:
        if amount:
            self.deltas[key] = self.deltas.get(key, 0) + amount

    def step(self, rule: str, cite: int | None, *figures) -> None:
        """Record a step. Its figures are in the order that steps.FIGURES gives."""
        self.steps.append((rule, cite, *figures))


def paying_institution(case: Case) -> Institution:
    """Whose tier counts: the prescriber's for a pharmacy, which has none of its own (spec 2.4)."""
    return case.prescriber if case.institution.kind == PHARMACY and case.prescriber else case.institution
