"""What a worked case expects and comes to, in the words and units that people use."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy

from policies.figures import percent_text, yuan_text
from policies.models.base import BenefitKind, Status
from policies.money import FEN_PER_YUAN, RATE_UNIT

OUTCOMES = [
    ("settled", gettext_lazy("settled")),
    ("rejected", gettext_lazy("rejected")),
    ("pended", gettext_lazy("pended")),
]
_AMOUNTS = {
    "total": gettext_lazy("total"),
    "eligible": gettext_lazy("eligible expense"),
    "self_funded": gettext_lazy("self-funded"),
    "over_price": gettext_lazy("over price"),
    "upfront_self_pay": gettext_lazy("upfront self-payment"),
    "deductible": gettext_lazy("deductible"),
    "over_limit": gettext_lazy("over limit"),
    "pooled_fund": gettext_lazy("pooled fund"),
    "critical_illness": gettext_lazy("critical illness"),
    "account": gettext_lazy("account"),
    "family_account": gettext_lazy("family accounts"),
    "personal": gettext_lazy("personal"),
    "cash": gettext_lazy("cash"),
    "institution_share": gettext_lazy("institution's share"),
    "account_credit": gettext_lazy("account credit"),
}
FIELD_LABELS = {
    **_AMOUNTS,
    "outcome": gettext_lazy("outcome"),
    "reason": gettext_lazy("reason code"),
    "fund_rate": gettext_lazy("fund rate"),
    "benefit": gettext_lazy("benefit"),
    "tier": gettext_lazy("tier"),
    "status": gettext_lazy("status"),
}
_CODES = {
    "outcome": dict(OUTCOMES),
    "benefit": dict(BenefitKind.choices),
    "status": dict(Status.choices),
}


def label(name: str) -> str:
    return str(FIELD_LABELS.get(name, name))


def told(name: str, value: str | None, tiers: Mapping[str, str]) -> str | None:
    """A field's value as people read it: amounts in yuan, rates in percent, codes by name. `tiers`: their names."""
    if value is None:
        return None
    if name == "tier":
        return tiers.get(value, value)
    if name in _AMOUNTS or name == "fund_rate":
        return _figure(name, value)
    return str(_CODES.get(name, {}).get(value, value))


def _figure(name: str, value: str) -> str:
    """Written otherwise than as a number, it stands as it was written."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite():
        return value
    if name == "fund_rate":
        return percent_text(int(number * RATE_UNIT))
    return yuan_text(int(number * FEN_PER_YUAN))
