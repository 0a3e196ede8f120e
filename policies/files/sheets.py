"""The sheets of a version as a workbook: one for each block, their columns named by the keys of the YAML file."""

CITE = ("clause", "document", "cite", "note")
CONDITION = ("level.from", "level.to", "kinds", "run_by", "in_city", "named")
# What stands on the version itself: one row a key.
HEAD = "version"
HEAD_KEYS = (
    "city",
    "document",
    "effective.from",
    "effective.clause",
    "effective.cite",
    "note",
    "status_change.account",
    "status_change.clause",
    "status_change.note",
)
_FITS = tuple(f"fits.{name}" for name in ("any", *CONDITION, *CITE))
SHEETS: dict[str, tuple[str, ...]] = {
    "tiers": ("code", "name", "name_en", *CITE, *_FITS),
    "benefits": (
        "benefit",
        "waits_for",
        "follows",
        "deductible.mode",
        "deductible.pool",
        "deductible.clause",
        "deductible.note",
        "preferred.clause",
        "external_prescription.clause",
        "external_prescription.note",
        "negotiated_first.clause",
        "as_inpatient.clause",
        *CITE,
    ),
    "institutions": ("benefit", "any", *CONDITION, *CITE),
    "not_paid_while": ("benefit", "situation", *CITE),
    "other_rules": ("benefit", "disease", "waits_for", *CITE),
    "terms": (
        "benefit",
        "tier",
        "status",
        "offered",
        "deductible",
        "deductible.waits_for",
        "rate",
        "rate.waits_for",
        "deductible_clause",
        *CITE,
    ),
    "limits": ("benefits", "statuses", "pool", "period", "basis", "disease", "amount", "waits_for", *CITE),
    "admission_factors": ("from", "factor", *CITE),
    "critical_illness": ("benefits", "bonus.status", "bonus.per_year", "bonus.max", "bonus.clause", *CITE),
    "bands": ("above", "rate", *CITE),
    "entitlement": ("back_payment_restores", *CITE),
    "waiting": ("employment", "months", *CITE),
    "out_of_area": ("kind", "covered", "upfront", "waits_for", *CITE),
    "account_credits": (
        "status",
        "employment",
        "plan",
        "age.from",
        "age.to",
        "method",
        "rate",
        "amount",
        "waits_for",
        *CITE,
    ),
    "account_uses": ("for", "purpose", "at", "items", "status", "allowed", *CITE),
    "contribution_rates": ("employment", "rate", "waits_for", *CITE),
    "day_surgery_standards": ("disease", "amount", *CITE),
    "provisions": ("topic", "text", *CITE),
}
PERCENT = frozenset(("rate", "factor", "upfront", "bonus.per_year", "bonus.max"))
YUAN = frozenset(("deductible", "amount", "above"))
_LEVELS = ("level.from", "level.to")
WHOLE = frozenset(("months", "age.from", "age.to", *_LEVELS, *(f"fits.{name}" for name in _LEVELS)))
FLAGS = frozenset(("offered", "covered", "allowed", "any", "in_city", "back_payment_restores"))
FLAGS |= {"fits.any", "fits.in_city"}
LISTS = frozenset(("kinds", "named", "fits.kinds", "fits.named", "benefits", "statuses", "items"))


def is_whole(sheet: str, column: str) -> bool:
    return column in WHOLE or (sheet, column) == ("admission_factors", "from")
