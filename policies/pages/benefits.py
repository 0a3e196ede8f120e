"""Benefits: a matrix by tier and status for each that has terms here, and one table of the others."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.figures import percent_text
from policies.models import BenefitRule, Coordination
from policies.models.base import BenefitKind, Status
from policies.pages.pieces import (
    GAP,
    NOT_OFFERED,
    Cell,
    Fact,
    Piece,
    Row,
    Section,
    cite_of,
    figure,
    line,
    table,
)
from policies.pools import pool_name
from policies.wording import conditions_text, tier_names, waiting_text, yuan_of


def benefit(version: rows.VersionRows, row: rows.BenefitRow) -> Section:
    """A benefit with terms of its own: its matrix, and its rules as facts."""
    return Section(
        anchor=f"benefit-{row.benefit}",
        title=str(BenefitKind(row.benefit).label),
        columns=(_("tier"), *(str(Status(status).label) for status in terms.STATUSES)),
        rows=tuple(_matrix(version, row)),
        model="benefitterm",
        cite=cite_of(version, row),
        facts=tuple(_facts(version, row)),
        matrix=True,
        benefit=row.benefit,
    )


def _matrix(version: rows.VersionRows, rule: rows.BenefitRow) -> Iterator[Row]:
    names = tier_names(version)
    known = {(term.tier, term.status): term for term in rule.terms}
    for tier in version.tiers:
        cells = [Cell((Piece(names[tier.code]),))]
        for status in terms.STATUSES:
            key = f"{rule.benefit}/{tier.code}/{status}"
            cells.append(_cell(version, rule, known.get((tier.code, status)), key))
        yield Row(tier.code, tuple(cells))


def _cell(version: rows.VersionRows, rule: rows.BenefitRow, term: rows.TermRow | None, key: str) -> Cell:
    if term is None:
        return Cell((Piece(_("missing"), GAP),), key)
    own = cite_of(version, term)
    if not term.offered:
        return Cell((Piece(_("not offered"), NOT_OFFERED, cite=own),), key)
    pieces = []
    if rule.deductible_mode != terms.NO_DEDUCTIBLE:
        text = None if term.deductible is None else yuan_of(term.deductible)
        clause = term.deductible_clause or rule.deductible_clause or term.clause
        where = cite_of(version, term, clause) if clause != term.clause else None
        pieces.append(replace(figure(text, term.deductible_waits_for, _("deductible")), cite=where))
    text = None if term.rate is None else percent_text(term.rate)
    pieces.append(replace(figure(text, term.rate_waits_for, _("fund pays")), cite=own))
    if {piece.waits_for for piece in pieces} == {term.rate_waits_for} != {""}:
        pieces = [replace(pieces[-1], label="")]
    return Cell(tuple(pieces), key, figure=True)


def _facts(version: rows.VersionRows, row: rows.BenefitRow) -> Iterator[Fact]:
    yield Fact(_deductible(row), cite_of(version, row, row.deductible_clause, row.deductible_note))
    if row.preferred_clause:
        yield Fact(
            _("Goes before ordinary outpatient care."), cite_of(version, row, row.preferred_clause, "")
        )
    if row.prescription_clause:
        text = _("External prescriptions are paid at the prescriber's tier.")
        yield Fact(text, cite_of(version, row, row.prescription_clause, row.prescription_note))
    if row.negotiated_clause:
        text = _("Negotiated drugs follow their own rules.")
        yield Fact(text, cite_of(version, row, row.negotiated_clause, ""))
    if row.conditions:
        text = _("Only at: %(institutions)s") % {"institutions": conditions_text(row.conditions)}
        yield Fact(text, cite_of(version, row.conditions[0]))
    for case in row.coordinations:
        situation = Coordination.Situation(case.situation).label
        yield Fact(_("Not paid while %(situation)s.") % {"situation": situation}, cite_of(version, case))
    for disease in row.special_diseases:
        text = _("%(disease)s: a rule of its own. %(waiting)s") % {
            "disease": disease.disease,
            "waiting": waiting_text(disease.waits_for),
        }
        yield Fact(text, cite_of(version, disease))


def _deductible(row: rows.BenefitRow) -> str:
    mode = BenefitRule.Mode(row.deductible_mode).label
    if not row.deductible_pool or row.deductible_mode == terms.NO_DEDUCTIBLE:
        return _("Deductible: %(mode)s") % {"mode": mode}
    return _("Deductible: %(mode)s, counted in the pool “%(pool)s”") % {
        "mode": mode,
        "pool": pool_name(row.deductible_pool),
    }


def elsewhere(version: rows.VersionRows) -> Section | None:
    """Benefits without terms here: left to another document, or settled by another benefit's rules."""
    found = [
        line(row.benefit, [Piece(str(BenefitKind(row.benefit).label)), _how(row)], cite_of(version, row))
        for row in version.benefits
        if not row.terms
    ]
    columns = (_("benefit"), _("how it is paid"))
    return table("other-benefits", _("Other benefits"), columns, found, "benefitrule")


def _how(row: rows.BenefitRow) -> Piece:
    if row.waits_for or row.benefit != terms.EMERGENCY:
        return figure(None, row.waits_for)
    if row.as_inpatient_clause:
        return Piece(_("as inpatient care where it ends in admission, death or no bed; otherwise ordinary"))
    return Piece(_("by the ordinary outpatient rules"))
