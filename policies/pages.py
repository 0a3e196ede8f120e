"""A policy version as its page shows it: sections of rows of cells, in the order of the document's clauses.

Built from plain rows, so a draft with gaps can be shown too. Every text is final: templates only place it.
What the text leaves open is UNSET with what it waits for, never 0; what it does not give is NOT_OFFERED.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from policies import rows, terms
from policies.clauses import LAST, clause_order
from policies.figures import percent_text
from policies.models import (
    AccountUseRule,
    BenefitRule,
    Coordination,
    OutOfAreaTerm,
    PaymentLimit,
    Provision,
)
from policies.models.base import (
    BenefitKind,
    CiteKind,
    Employment,
    ItemKind,
    Plan,
    Status,
)
from policies.pools import pool_name
from policies.wording import (
    ages_text,
    band_text,
    benefit_names,
    conditions_text,
    credit_text,
    listed,
    status_names,
    tier_names,
    upfront_text,
    waiting_text,
    yuan_of,
)

_AT_THE_END = ("entitlement", "other-benefits", "provisions")
SET, UNSET, NOT_OFFERED, GAP, PLAIN = "set", "unset", "not_offered", "gap", "plain"


@dataclass(frozen=True)
class Cite:
    """Where something stands. `basis` is a label where it is assumed or illustrative, else ""."""

    document: str
    clause: str
    basis: str = ""
    note: str = ""


@dataclass(frozen=True)
class Piece:
    """One thing in a cell. `state`: one of the constants above; `was`: the text before, in a changed draft.

    `cite`: where it stands, beside the last of a cell's pieces that rest on the same clause.
    """

    text: str
    state: str = PLAIN
    label: str = ""
    waits_for: str = ""
    was: str | None = None
    cite: Cite | None = None


@dataclass(frozen=True)
class Cell:
    """`figure`: it holds a number, and numbers stand aligned right."""

    pieces: tuple[Piece, ...]
    key: str = ""
    figure: bool = False

    @property
    def cites(self) -> tuple[Cite, ...]:
        return tuple(piece.cite for piece in self.pieces if piece.cite)


@dataclass(frozen=True)
class Row:
    """`key` tells the row from others of its section, and finds it in the version that a draft was made from."""

    key: str
    cells: tuple[Cell, ...]
    cite: Cite | None = None
    is_new: bool = False


@dataclass(frozen=True)
class Fact:
    """A rule of a section as one short statement with its clause."""

    text: str
    cite: Cite


@dataclass(frozen=True)
class Section:
    """`model`: the model of its rows, for links to their forms; `matrix`: its cells hold figures by status.

    `numbers`: the column of figures in a table that is no matrix.
    """

    anchor: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    model: str
    cite: Cite | None = None
    facts: tuple[Fact, ...] = ()
    matrix: bool = False
    benefit: str = ""
    numbers: int | None = None

    @property
    def order(self) -> tuple:
        """Where it stands on the page: by its first clause; what the text says in passing comes last."""
        if self.anchor in _AT_THE_END:
            return (*LAST, _AT_THE_END.index(self.anchor))
        cites = [
            self.cite,
            *(row.cite for row in self.rows),
            *(cite for row in self.rows for c in row.cells for cite in c.cites),
        ]
        keys = [clause_order(cite.clause) for cite in cites if cite and cite.clause]
        return min(keys) if keys else LAST


def sections(version: rows.VersionRows, base: rows.VersionRows | None = None) -> list[Section]:
    """Everything that a version says. With `base`, what differs from it carries what it was."""
    found = _Sections(rows.canonical(version)).all()
    found.sort(key=lambda section: section.order)
    if base is None:
        return found
    before = {section.anchor: section for section in _Sections(rows.canonical(base)).all()}
    return [_compared(section, before.get(section.anchor)) for section in found]


def notes(found: Iterable[Section]) -> list[tuple[str, str]]:
    """The interpretation notes of a page, each once: (mark such as "I-6", text)."""
    texts: dict[str, None] = {}
    for section in found:
        cites = [section.cite, *(fact.cite for fact in section.facts)]
        for row in section.rows:
            cites += [row.cite, *(cite for cell in row.cells for cite in cell.cites)]
        texts.update(dict.fromkeys(cite.note for cite in cites if cite and cite.note))
    return [(note_mark(text), text) for text in texts]


def note_mark(note: str) -> str:
    """ "I-6 …" → "I-6"; a note without a number of its own gets the sign for a remark."""
    first = note.split(" ", 1)[0]
    return first if first.startswith("I-") else "※"


def _compared(section: Section, before: Section | None) -> Section:
    """The section with what each of its texts was in the version before."""
    known = {row.key: row for row in before.rows} if before else {}
    return replace(section, rows=tuple(_compared_row(row, known.get(row.key)) for row in section.rows))


def _compared_row(row: Row, before: Row | None) -> Row:
    if before is None or len(before.cells) != len(row.cells):
        return replace(row, is_new=True)
    pairs = zip(row.cells, before.cells, strict=True)
    return replace(row, cells=tuple(_compared_cell(new, old) for new, old in pairs))


def _compared_cell(cell: Cell, before: Cell) -> Cell:
    old = {piece.label: piece for piece in before.pieces}
    pieces = []
    for piece in cell.pieces:
        then = old.get(piece.label)
        same = then is not None and (then.text, then.state, then.waits_for) == (
            piece.text,
            piece.state,
            piece.waits_for,
        )
        pieces.append(piece if same else replace(piece, was=_told(then)))
    return replace(cell, pieces=tuple(pieces))


def _told(piece: Piece | None) -> str:
    if piece is None:
        return _("not there")
    return piece.text


class _Sections:
    """Builds the sections of one version."""

    def __init__(self, version: rows.VersionRows):
        self.version = version
        self.tier_names = tier_names(version)

    def all(self) -> list[Section]:
        benefits = [self.benefit(row) for row in self.version.benefits if row.terms]
        others = [
            self.tiers(),
            self.elsewhere(),
            self.limits(),
            self.admissions(),
            self.critical_illness(),
            self.standards(),
            self.entitlement(),
            self.out_of_area(),
            self.contributions(),
            self.credits(),
            self.uses(),
            self.provisions(),
        ]
        return [section for section in (*benefits, *others) if section is not None]

    def cite(self, row: rows.Row, clause: str | None = None, note: str | None = None) -> Cite:
        basis = "" if row.cite_kind == terms.TEXT else str(CiteKind(row.cite_kind).label)
        return Cite(
            row.document or self.version.document,
            row.clause if clause is None else clause,
            basis,
            row.note if note is None else note,
        )

    # --- benefits -------------------------------------------------------------------------------------

    def benefit(self, row: rows.BenefitRow) -> Section:
        terms_by_cell = {(term.tier, term.status): term for term in row.terms}
        found = []
        for tier in self.version.tiers:
            cells = [
                self._cell(row, terms_by_cell.get((tier.code, status)), tier.code, status)
                for status in terms.STATUSES
            ]
            head = Cell((Piece(self.tier_names[tier.code]),))
            found.append(Row(tier.code, (head, *cells)))
        return Section(
            anchor=f"benefit-{row.benefit}",
            title=str(BenefitKind(row.benefit).label),
            columns=(_("tier"), *(str(Status(status).label) for status in terms.STATUSES)),
            rows=tuple(found),
            model="benefitterm",
            cite=self.cite(row),
            facts=tuple(self._benefit_facts(row)),
            matrix=True,
            benefit=row.benefit,
        )

    def _cell(self, rule: rows.BenefitRow, term: rows.TermRow | None, tier: str, status: str) -> Cell:
        key = f"{rule.benefit}/{tier}/{status}"
        if term is None:
            return Cell((Piece(_("missing"), GAP),), key=key)
        own = self.cite(term)
        if not term.offered:
            return Cell((Piece(_("not offered"), NOT_OFFERED, cite=own),), key)
        pieces = []
        if rule.deductible_mode != terms.NO_DEDUCTIBLE:
            text = None if term.deductible is None else yuan_of(term.deductible)
            clause = term.deductible_clause or rule.deductible_clause or term.clause
            where = self.cite(term, clause) if clause != term.clause else None
            pieces.append(replace(_piece(text, term.deductible_waits_for, _("deductible")), cite=where))
        text = None if term.rate is None else percent_text(term.rate)
        pieces.append(replace(_piece(text, term.rate_waits_for, _("fund pays")), cite=own))
        if {piece.waits_for for piece in pieces} == {term.rate_waits_for} != {""}:
            pieces = [replace(pieces[-1], label="")]
        return Cell(tuple(pieces), key, figure=True)

    def _benefit_facts(self, row: rows.BenefitRow) -> Iterable[Fact]:
        mode = BenefitRule.Mode(row.deductible_mode).label
        text = _("Deductible: %(mode)s") % {"mode": mode}
        if row.deductible_pool and row.deductible_mode != terms.NO_DEDUCTIBLE:
            text = _("Deductible: %(mode)s, counted in the pool “%(pool)s”") % {
                "mode": mode,
                "pool": pool_name(row.deductible_pool),
            }
        yield Fact(text, self.cite(row, row.deductible_clause, row.deductible_note))
        if row.preferred_clause:
            yield Fact(_("Goes before ordinary outpatient care."), self.cite(row, row.preferred_clause, ""))
        if row.prescription_clause:
            text = _("External prescriptions are paid at the prescriber's tier.")
            yield Fact(text, self.cite(row, row.prescription_clause, row.prescription_note))
        if row.negotiated_clause:
            yield Fact(
                _("Negotiated drugs follow their own rules."), self.cite(row, row.negotiated_clause, "")
            )
        if row.conditions:
            text = _("Only at: %(institutions)s") % {"institutions": conditions_text(row.conditions)}
            yield Fact(text, self.cite(row.conditions[0]))
        for line in row.coordinations:
            text = _("Not paid while %(situation)s.") % {
                "situation": Coordination.Situation(line.situation).label
            }
            yield Fact(text, self.cite(line))
        for line in row.special_diseases:
            text = _("%(disease)s: a rule of its own. %(waiting)s") % {
                "disease": line.disease,
                "waiting": waiting_text(line.waits_for),
            }
            yield Fact(text, self.cite(line))

    def elsewhere(self) -> Section | None:
        """Benefits without terms here: left to another document, or settled by another benefit's rules."""
        found = []
        for row in self.version.benefits:
            if row.terms:
                continue
            if row.waits_for:
                piece = _piece(None, row.waits_for)
            elif row.benefit == terms.EMERGENCY:
                as_inpatient = _(
                    "as inpatient care where it ends in admission, death or no bed; otherwise ordinary"
                )
                piece = Piece(
                    as_inpatient if row.as_inpatient_clause else _("by the ordinary outpatient rules")
                )
            else:
                piece = _piece(None, "")
            name = Cell((Piece(str(BenefitKind(row.benefit).label)),))
            found.append(Row(row.benefit, (name, Cell((piece,))), self.cite(row)))
        columns = (_("benefit"), _("how it is paid"))
        return _section("other-benefits", _("Other benefits"), columns, found, "benefitrule")

    # --- tables ---------------------------------------------------------------------------------------

    def tiers(self) -> Section | None:
        found = []
        for number, tier in enumerate(self.version.tiers, 1):
            name = Piece(f"{number} · {self.tier_names[tier.code]}")
            found.append(_row(tier.code, [name, Piece(conditions_text(tier.conditions))], self.cite(tier)))
        columns = (_("tier, in order of matching"), _("institutions"))
        return _section("tiers", _("Institution tiers"), columns, found, "tier")

    def limits(self) -> Section | None:
        found = []
        for row in self.version.limits:
            name = benefit_names(row.benefits)
            if row.disease:
                name += _(" · each disease") if row.disease == terms.EACH_DISEASE else f" · {row.disease}"
            period = str(PaymentLimit.Period(row.period).label)
            basis = str(PaymentLimit.Basis(row.basis).label)
            amount = _piece(None if row.amount is None else yuan_of(row.amount), row.waits_for)
            pieces = [Piece(name), Piece(status_names(row.statuses)), Piece(f"{period} · {basis}"), amount]
            key = "/".join((row.pool, row.period, row.basis, row.disease, *row.statuses))
            found.append(_row(key, pieces, self.cite(row)))
        columns = (_("benefit"), _("members"), _("period and basis"), _("limit"))
        return _section("limits", _("Payment limits"), columns, found, "paymentlimit", 3)

    def admissions(self) -> Section | None:
        found = [
            _row(
                str(row.ordinal_from),
                [
                    Piece(_("from admission %(number)s on") % {"number": row.ordinal_from}),
                    Piece(percent_text(row.factor), SET),
                ],
                self.cite(row),
            )
            for row in self.version.admission_factors
        ]
        columns = (_("admissions of a year"), _("share of the deductible"))
        return _section("admissions", _("Deductible by admission"), columns, found, "admissionfactor", 1)

    def critical_illness(self) -> Section | None:
        rule = self.version.critical_illness
        if rule is None:
            return None
        found = []
        for band, following in zip(rule.bands, [*rule.bands[1:], None], strict=True):
            upto = None if following is None else following.above
            found.append(
                _row(
                    str(band.above),
                    [Piece(band_text(band.above, upto)), Piece(percent_text(band.rate), SET)],
                    self.cite(band),
                )
            )
        facts = [
            Fact(
                _("Counts the eligible cash of: %(benefits)s") % {"benefits": benefit_names(rule.benefits)},
                self.cite(rule),
            )
        ]
        if rule.bonus_per_year:
            text = _(
                "%(status)s members: + %(per_year)s for each contribution year above the minimum, at most %(max)s"
            ) % {
                "status": Status(rule.bonus_status).label,
                "per_year": percent_text(rule.bonus_per_year),
                "max": percent_text(rule.bonus_max),
            }
            facts.append(Fact(text, self.cite(rule, rule.bonus_clause, "")))
        columns = (_("the year's base"), _("insurance pays"))
        section = _section(
            "critical-illness", _("Critical-illness insurance"), columns, found, "criticalillnessband", 1
        )
        return section and replace(section, facts=tuple(facts), cite=self.cite(rule))

    def standards(self) -> Section | None:
        found = [
            _row(row.disease, [Piece(row.disease), Piece(yuan_of(row.amount), SET)], self.cite(row))
            for row in self.version.day_surgery_standards
        ]
        columns = (_("disease"), _("standard"))
        return _section("day-surgery", _("Day-surgery standards"), columns, found, "daysurgerystandard", 1)

    def entitlement(self) -> Section | None:
        found = []
        if (rule := self.version.entitlement) is not None:
            text = _("paying arrears restores the months' benefits")
            if not rule.back_payment_restores:
                text = _("months in arrears stay without benefits, also after back-payment")
            found.append(_row("back_payment", [Piece(_("arrears")), Piece(text)], self.cite(rule)))
        for row in self.version.waiting:
            head = _("waiting period, %(employment)s") % {"employment": Employment(row.employment).label}
            months = ngettext(
                "%(count)s calendar month, the month of first payment the first",
                "%(count)s calendar months, the month of first payment the first",
                row.months,
            ) % {"count": row.months}
            found.append(_row(f"waiting/{row.employment}", [Piece(head), Piece(months, SET)], self.cite(row)))
        columns = (_("rule"), _("what holds"))
        return _section("entitlement", _("Entitlement"), columns, found, "entitlementrule")

    def out_of_area(self) -> Section | None:
        found = []
        for row in self.version.out_of_area:
            name = Piece(str(OutOfAreaTerm.Kind(row.kind).label))
            if not row.covered:
                piece = Piece(_("not covered"), NOT_OFFERED)
            else:
                piece = _piece(None if row.upfront is None else upfront_text(row.upfront), row.waits_for)
            found.append(_row(row.kind, [name, piece], self.cite(row)))
        if not found:
            for kind in terms.OUT_OF_AREA:
                found.append(
                    _row(
                        kind,
                        [Piece(str(OutOfAreaTerm.Kind(kind).label)), _piece(None, _("another document"))],
                    )
                )
        columns = (_("situation"), _("what holds"))
        return _section("out-of-area", _("Care outside the city"), columns, found, "outofareaterm")

    # --- accounts -------------------------------------------------------------------------------------

    def contributions(self) -> Section | None:
        found = [
            _row(
                row.employment,
                [
                    Piece(str(Employment(row.employment).label)),
                    _piece(None if row.rate is None else percent_text(row.rate), row.waits_for),
                ],
                self.cite(row),
            )
            for row in self.version.contribution_rates
        ]
        columns = (_("employment"), _("rate"))
        return _section("contributions", _("Contribution rates"), columns, found, "contributionrate", 1)

    def credits(self) -> Section | None:
        found = []
        for row in self.version.account_credits:
            who = [str(Status(row.status).label)]
            if row.employment:
                who.append(str(Employment(row.employment).label))
            if row.plan:
                who.append(str(Plan(row.plan).label))
            if row.age_from or row.age_to is not None:
                who.append(ages_text(row.age_from, row.age_to))
            key = f"{row.status}/{row.employment}/{row.plan}/{row.age_from}/{row.age_to}"
            found.append(_row(key, [Piece(_(", ").join(who)), _credit(row)], self.cite(row)))
        columns = (_("members"), _("each month"))
        section = _section("credits", _("Account credits"), columns, found, "accountcredit")
        return section and replace(section, facts=(self._status_change(),))

    def _status_change(self) -> Fact:
        version = self.version
        texts = {
            terms.SAME_MONTH: _("At retirement the credit changes in the same month."),
            terms.NEXT_MONTH: _("At retirement the credit changes from the next month."),
        }
        text = texts.get(version.status_change, _("When the credit changes at retirement is not said."))
        return Fact(
            text, Cite(version.document, version.status_change_clause, "", version.status_change_note)
        )

    def uses(self) -> Section | None:
        """Rows that differ only in whose burden they are about are shown as one."""
        grouped: dict[tuple, list[str]] = {}
        for row in self.version.account_uses:
            key = (row.purpose, row.place, tuple(row.item_kinds), row.allowed, row.status, self.cite(row))
            grouped.setdefault(key, []).append(str(AccountUseRule.Relation(row.relation).label))
        found = []
        for (purpose, place, kinds, allowed, status, cite), relations in grouped.items():
            where = str(AccountUseRule.Place(place).label)
            if kinds:
                where += " · " + listed(ItemKind(kind).label for kind in kinds)
            verdict = Piece(_("may pay"), SET) if allowed else Piece(_("must not pay"), NOT_OFFERED)
            pieces = [
                Piece(str(AccountUseRule.Purpose(purpose).label)),
                Piece(listed(relations) + (f" · {Status(status).label}" if status else "")),
                Piece(where),
                verdict,
            ]
            found.append(_row(f"{purpose}/{place}/{allowed}/{status}/{relations[0]}", pieces, cite))
        columns = (_("purpose"), _("for"), _("where and for what"), _("the account"))
        return _section("uses", _("Use of personal accounts"), columns, found, "accountuserule")

    def provisions(self) -> Section | None:
        found = [
            _row(
                f"{row.topic}/{row.clause}",
                [Piece(str(Provision.Topic(row.topic).label)), Piece(row.text)],
                self.cite(row),
            )
            for row in self.version.provisions
        ]
        columns = (_("topic"), _("provision"))
        return _section("provisions", _("Other provisions"), columns, found, "provision")


def _piece(text: str | None, waits_for: str, label: str = "") -> Piece:
    """A figure that is set, unset (waits for another document) or missing."""
    if text is not None:
        return Piece(text, SET, label)
    if waits_for:
        return Piece(waiting_text(waits_for), UNSET, label, waits_for)
    return Piece(_("missing"), GAP, label)


def _row(key: str, pieces: list[Piece], cite: Cite | None = None) -> Row:
    return Row(key, tuple(Cell((piece,)) for piece in pieces), cite)


def _section(anchor, title, columns, found, model, numbers: int | None = None) -> Section | None:
    """`numbers`: the column whose figures are set aligned right."""
    if not found:
        return None
    if numbers is not None:
        found = [replace(row, cells=_with_figure(row.cells, numbers)) for row in found]
    return Section(anchor, title, columns, tuple(found), model, numbers=numbers)


def _with_figure(cells: tuple[Cell, ...], column: int) -> tuple[Cell, ...]:
    return (*cells[:column], replace(cells[column], figure=True), *cells[column + 1 :])


def _credit(row: rows.CreditRow) -> Piece:
    return _piece(credit_text(row), row.waits_for)
