"""What adjudicating a case gives."""

from collections.abc import Mapping
from operator import attrgetter

SETTLED, REJECTED, PENDED = "settled", "rejected", "pended"

# Every amount of a settlement in fen, in the order in which it is stored and shown.
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
_amounts = attrgetter(*AMOUNTS)


class Result:
    """An outcome. Amounts (fen) are meaningful only where `outcome` is settled.

    `code` is the reason (settled without fund payment, or null), the reject code or the pend code.
    `detail` lists what the message names. `steps` are compact: (rule, cite or None, figures…), see steps.py.
    `used` holds the accumulators that were read and not 0; `deltas` what to add to them.
    `spent` lists (owner member id, fen) taken from personal accounts, the patient's own first.
    """

    __slots__ = (
        *AMOUNTS,
        "benefit",
        "code",
        "deltas",
        "detail",
        "fund_rate",
        "outcome",
        "spent",
        "status",
        "steps",
        "tier",
        "used",
    )

    def __init__(self, outcome: str, code: str | None = None, detail: tuple = ()):
        self.outcome = outcome
        self.code = code
        self.detail = detail
        self.steps: list[tuple] = []
        self.used: dict[str, int] = {}
        self.deltas: dict[str, int] = {}
        self.spent: tuple[tuple[int, int], ...] = ()
        self.benefit = ""
        self.tier = ""
        self.status = ""
        self.fund_rate: int | None = None

    def amounts(self) -> tuple[int, ...]:
        """The amounts in the order of AMOUNTS."""
        return _amounts(self)


def identities_hold(a: Mapping[str, int]) -> bool:
    """The money identities of spec 1, which every settlement keeps to the fen."""
    return (
        a["total"] == a["pooled_fund"] + a["critical_illness"] + a["personal"] + a["institution_share"]
        and a["personal"] == a["account"] + a["family_account"] + a["cash"]
        and a["total"] == a["eligible"] + a["self_funded"] + a["over_price"] + a["upfront_self_pay"]
    )
