"""What a version says beside benefits and accounts: tiers, limits, entitlement and the rest, a table each."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from policies import rows, terms
from policies.figures import percent_text
from policies.models import OutOfAreaTerm, PaymentLimit, Provision
from policies.models.base import Employment, Status
from policies.pages.pieces import NOT_OFFERED, SET, Fact, Piece, Section, cite_of, figure, line, table
from policies.wording import (
    band_text,
    benefit_names,
    conditions_text,
    status_names,
    tier_names,
    upfront_text,
    yuan_of,
)


def tiers(version: rows.VersionRows) -> Section | None:
    names = tier_names(version)
    found = []
    for number, tier in enumerate(version.tiers, 1):
        name = Piece(f"{number} · {names[tier.code]}")
        pieces = [name, Piece(conditions_text(tier.conditions))]
        found.append(line(tier.code, pieces, cite_of(version, tier)))
    columns = (_("tier, in order of matching"), _("institutions"))
    return table("tiers", _("Institution tiers"), columns, found, "tier")


def limits(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.limits:
        name = benefit_names(row.benefits)
        if row.disease:
            name += _(" · each disease") if row.disease == terms.EACH_DISEASE else f" · {row.disease}"
        period = str(PaymentLimit.Period(row.period).label)
        basis = str(PaymentLimit.Basis(row.basis).label)
        amount = figure(None if row.amount is None else yuan_of(row.amount), row.waits_for)
        pieces = [Piece(name), Piece(status_names(row.statuses)), Piece(f"{period} · {basis}"), amount]
        key = "/".join((row.pool, row.period, row.basis, row.disease, *row.statuses))
        found.append(line(key, pieces, cite_of(version, row)))
    columns = (_("benefit"), _("members"), _("period and basis"), _("limit"))
    return table("limits", _("Payment limits"), columns, found, "paymentlimit", 3)


def admissions(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.admission_factors:
        name = _("from admission %(number)s on") % {"number": row.ordinal_from}
        pieces = [Piece(name), Piece(percent_text(row.factor), SET)]
        found.append(line(str(row.ordinal_from), pieces, cite_of(version, row)))
    columns = (_("admissions of a year"), _("share of the deductible"))
    return table("admissions", _("Deductible by admission"), columns, found, "admissionfactor", 1)


def critical_illness(version: rows.VersionRows) -> Section | None:
    rule = version.critical_illness
    if rule is None:
        return None
    found = []
    for band, following in zip(rule.bands, [*rule.bands[1:], None], strict=True):
        upto = None if following is None else following.above
        pieces = [Piece(band_text(band.above, upto)), Piece(percent_text(band.rate), SET)]
        found.append(line(str(band.above), pieces, cite_of(version, band)))
    columns = (_("the year's base"), _("insurance pays"))
    title = _("Critical-illness insurance")
    section = table("critical-illness", title, columns, found, "criticalillnessband", 1)
    facts = tuple(_critical_facts(version, rule))
    return section and replace(section, facts=facts, cite=cite_of(version, rule))


def _critical_facts(version: rows.VersionRows, rule: rows.CriticalIllnessRow) -> list[Fact]:
    text = _("Counts the eligible cash of: %(benefits)s") % {"benefits": benefit_names(rule.benefits)}
    facts = [Fact(text, cite_of(version, rule))]
    if rule.bonus_per_year:
        text = _(
            "%(status)s members: + %(per_year)s for each contribution year above the minimum, at most %(max)s"
        ) % {
            "status": Status(rule.bonus_status).label,
            "per_year": percent_text(rule.bonus_per_year),
            "max": percent_text(rule.bonus_max),
        }
        facts.append(Fact(text, cite_of(version, rule, rule.bonus_clause, "")))
    return facts


def standards(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.day_surgery_standards:
        pieces = [Piece(row.disease), Piece(yuan_of(row.amount), SET)]
        found.append(line(row.disease, pieces, cite_of(version, row)))
    columns = (_("disease"), _("standard"))
    return table("day-surgery", _("Day-surgery standards"), columns, found, "daysurgerystandard", 1)


def entitlement(version: rows.VersionRows) -> Section | None:
    found = []
    if (rule := version.entitlement) is not None:
        text = _("paying arrears restores the months' benefits")
        if not rule.back_payment_restores:
            text = _("months in arrears stay without benefits, also after back-payment")
        found.append(line("back_payment", [Piece(_("arrears")), Piece(text)], cite_of(version, rule)))
    for row in version.waiting:
        head = _("waiting period, %(employment)s") % {"employment": Employment(row.employment).label}
        months = ngettext(
            "%(count)s calendar month, the month of first payment the first",
            "%(count)s calendar months, the month of first payment the first",
            row.months,
        ) % {"count": row.months}
        pieces = [Piece(head), Piece(months, SET)]
        found.append(line(f"waiting/{row.employment}", pieces, cite_of(version, row)))
    columns = (_("rule"), _("what holds"))
    return table("entitlement", _("Entitlement"), columns, found, "entitlementrule")


def out_of_area(version: rows.VersionRows) -> Section | None:
    """A version that says nothing of it leaves both situations to another document."""
    found = [
        line(row.kind, [_situation(row.kind), _covered(row)], cite_of(version, row))
        for row in version.out_of_area
    ]
    if not found:
        elsewhere = figure(None, _("another document"))
        found = [line(kind, [_situation(kind), elsewhere]) for kind in terms.OUT_OF_AREA]
    columns = (_("situation"), _("what holds"))
    return table("out-of-area", _("Care outside the city"), columns, found, "outofareaterm")


def _situation(kind: str) -> Piece:
    return Piece(str(OutOfAreaTerm.Kind(kind).label))


def _covered(row: rows.OutOfAreaRow) -> Piece:
    if not row.covered:
        return Piece(_("not covered"), NOT_OFFERED)
    return figure(None if row.upfront is None else upfront_text(row.upfront), row.waits_for)


def provisions(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.provisions:
        pieces = [Piece(str(Provision.Topic(row.topic).label)), Piece(row.text)]
        found.append(line(f"{row.topic}/{row.clause}", pieces, cite_of(version, row)))
    columns = (_("topic"), _("provision"))
    return table("provisions", _("Other provisions"), columns, found, "provision")
