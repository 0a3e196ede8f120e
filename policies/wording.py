"""How a version's parameters are said: names, spans and figures in the active language."""

from collections.abc import Iterable

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from policies import rows, terms
from policies.figures import percent_text, yuan_short
from policies.gaps import Gap
from policies.models import AccountCredit, OutOfAreaTerm
from policies.models.base import Affiliation, BenefitKind, Employment, InstitutionKind, Plan, Status


def waiting_text(waits_for: str) -> str:
    return _("not set · waits for %(document)s") % {"document": waits_for}


def listed(names: Iterable) -> str:
    return pgettext("between names", ", ").join(str(name) for name in names)


def yuan_of(fen: int) -> str:
    return _("%(amount)s yuan") % {"amount": yuan_short(fen)}


def benefit_names(benefits: Iterable[str]) -> str:
    return listed(BenefitKind(benefit).label for benefit in benefits) or _("missing")


def status_names(statuses: Iterable[str]) -> str:
    return listed(Status(status).label for status in statuses) or _("missing")


def tier_names(version: rows.VersionRows) -> dict[str, str]:
    """The names of a version's tiers by code, English for those who read English where there is one."""
    english = (get_language() or "").startswith("en")
    return {tier.code: tier.name_en if english and tier.name_en else tier.name for tier in version.tiers}


def status_change_text(code: str) -> str:
    """When the credit changes for who retires."""
    texts = {terms.SAME_MONTH: _("in the same month"), terms.NEXT_MONTH: _("from the next month")}
    return texts.get(code, _("not said"))


def disease_text(code: str) -> str:
    """A disease by its code, or each of them."""
    return _("each disease") if code == terms.EACH_DISEASE else code


def conditions_text(conditions: Iterable[rows.ConditionRow]) -> str:
    """Which institutions are meant."""
    return _("; or ").join(_condition(condition) for condition in conditions) or _("missing")


def _condition(row: rows.ConditionRow) -> str:
    parts = []
    if row.named:
        parts.append(listed(row.named))
    if row.level_min is not None or row.level_max is not None:
        parts.append(_levels(row.level_min, row.level_max))
    if row.kinds:
        parts.append(listed(InstitutionKind(kind).label for kind in row.kinds))
    if row.affiliation:
        parts.append(str(Affiliation(row.affiliation).label))
    if row.in_city is not None:
        parts.append(_("in the city") if row.in_city else _("outside the city"))
    return _(", ").join(parts) or _("any institution")


def _levels(low: int | None, high: int | None) -> str:
    if low == high:
        return _("level %(level)s") % {"level": low}
    if low is None:
        return _("level %(level)s and below") % {"level": high}
    if high is None:
        return _("level %(level)s and above") % {"level": low}
    return _("levels %(low)s to %(high)s") % {"low": low, "high": high}


def band_text(above: int, upto: int | None) -> str:
    if upto is None:
        return _("above %(amount)s yuan") % {"amount": yuan_short(above)}
    return _("above %(above)s to %(upto)s yuan") % {"above": yuan_short(above), "upto": yuan_short(upto)}


def ages_text(low: int, high: int | None) -> str:
    if high is None:
        return _("from %(age)s years") % {"age": low}
    if not low:
        return _("under %(age)s years") % {"age": high}
    return _("from %(low)s to under %(high)s years") % {"low": low, "high": high}


def upfront_text(share: int) -> str:
    if share == 0:
        return _("covered, nothing borne first")
    return _("covered, the member bears %(share)s first") % {"share": percent_text(share)}


def credit_text(row: rows.CreditRow) -> str | None:
    """What a member is credited each month; None where the figure is not set."""
    if row.method in (terms.OWN_AMOUNT, terms.NO_CREDIT):
        return str(AccountCredit.Method(row.method).label)
    if row.value is None:
        return None
    if row.method == terms.BASE_RATE:
        return _("%(rate)s of the contribution base") % {"rate": percent_text(row.value)}
    if row.method == terms.FIXED:
        return yuan_of(row.value)
    return _("age × %(amount)s yuan") % {"amount": yuan_short(row.value)}


_PARTS = {
    "effective": _lazy("Version"),
    "from": _lazy("effective from"),
    "tiers": _lazy("Institution tiers"),
    "deductible": _lazy("deductible"),
    "rate": _lazy("fund rate"),
    "limits": _lazy("Payment limits"),
    "admission_factors": _lazy("Deductible by admission"),
    "critical_illness": _lazy("Critical-illness insurance"),
    "entitlement": _lazy("Entitlement"),
    "back_payment_restores": _lazy("paying arrears later"),
    "out_of_area": _lazy("Care outside the city"),
    "account_credits": _lazy("Account credits"),
    "account_uses": _lazy("Use of personal accounts"),
    "contribution_rates": _lazy("Contribution rates"),
    "day_surgery_standards": _lazy("Day-surgery standards"),
    "provisions": _lazy("Other provisions"),
    **dict(BenefitKind.choices),
    **dict(Status.choices),
    **dict(Employment.choices),
    **dict(Plan.choices),
    **dict(OutOfAreaTerm.Kind.choices),
}
_UNSAID = ("benefits", "terms")


def gap_text(gap: Gap, version: rows.VersionRows) -> str:
    """What is missing and where, in words."""
    params = {name: _named(value) for name, value in gap.params.items()}
    return f"{place_text(gap.place, version)}: {str(gap.message) % params}"


def _named(value):
    """Codes by their names, as far as these are codes."""
    if not isinstance(value, str):
        return value
    return listed(_PARTS.get(part, part) for part in value.split(", "))


def place_text(place: str, version: rows.VersionRows | None = None) -> str:
    """A place of a version's file in words: "ordinary outpatient / Level 3 / employed / fund rate".

    Without the version its tiers go by their codes.
    """
    names = {**_PARTS, **(tier_names(version) if version else {})}
    found = []
    for part in place.split("."):
        key, numbered, rest = part.partition("[")
        if key not in _UNSAID:
            found.append(str(names.get(key, key)) + (f" {rest.replace(']', '', 1)}" if numbered else ""))
    return " / ".join(found)
