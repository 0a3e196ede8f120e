"""Every parameter of a version as one statement, found again in any other version by its place.

What compares versions, shows cities beside each other, and lists what waits for a document stands on these.
A place is the file's own path of keys, so a gap, a check and a comment name the same figure the same way.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.figures import percent_text, yuan_short
from policies.models import AccountUseRule, BenefitRule, Coordination, OutOfAreaTerm, PaymentLimit, Provision
from policies.models.base import BenefitKind, Employment, ItemKind, Plan, Status
from policies.pools import pool_name
from policies.wording import (
    ages_text,
    band_text,
    benefit_names,
    conditions_text,
    credit_text,
    listed,
    status_change_text,
    status_names,
    tier_names,
    upfront_text,
    waiting_text,
)

SET, UNSET, NOT_OFFERED, GAP = "set", "unset", "not_offered", "gap"
RATE, AMOUNT, LIMIT, SHARE, MONTHS, RULE = "rate", "amount", "limit", "share", "months", "rule"


@dataclass(frozen=True)
class Statement:
    """`title` says of what, `subject` which figure, `text` what holds; all in the active language.

    `kind` and `value`: the figure (ten-thousandths, fen, months) where there is one that is set. `waits_for`:
    what it waits for where it is unset. `basis` is text, assumed or illustrative.
    """

    place: str
    title: str
    subject: str
    text: str
    document: str
    clause: str
    state: str = SET
    kind: str = RULE
    value: int | None = None
    waits_for: str = ""
    basis: str = terms.TEXT
    note: str = ""
    benefit: str = ""

    @property
    def block(self) -> str:
        return self.place.split(".", 1)[0]


def statements(version: rows.VersionRows) -> dict[str, Statement]:
    """All statements of a version by place, in the order of its blocks. Gaps are stated as such."""
    found, seen = {}, Counter()
    for statement in _Statements(rows.canonical(version)).all():
        seen[statement.place] += 1
        if seen[statement.place] > 1:  # only an unfinished draft says a thing twice
            statement = replace(statement, place=f"{statement.place}#{seen[statement.place]}")
        found[statement.place] = statement
    return found


class _Statements:
    def __init__(self, version: rows.VersionRows):
        self.version = version
        self.tiers = tier_names(version)

    def all(self) -> Iterator[Statement]:
        yield from self.head()
        for number, tier in enumerate(self.version.tiers, 1):
            text = f"{number} · {conditions_text(tier.conditions)}"
            yield self.make(tier, f"tiers.{tier.code}", _("Institution tiers"), self.tiers[tier.code], text)
        for row in self.version.benefits:
            for statement in self.benefit(row):
                yield replace(statement, benefit=row.benefit)
        for row in self.version.limits:
            yield from self.limit(row)
        for block in (self.admissions, self.critical_illness, self.standards, self.entitlement):
            yield from block()
        for block in (self.out_of_area, self.contributions, self.credits, self.uses, self.provisions):
            yield from block()

    def make(
        self,
        row: rows.Row,
        place: str,
        title: str,
        subject: str,
        text: str | None,
        *,
        waits_for: str = "",
        clause: str | None = None,
        note: str | None = None,
        **more,
    ) -> Statement:
        """A statement with its row's citation. Without `text` the figure is unset, or missing."""
        state = more.pop("state", SET)
        if text is None:
            state, text = (UNSET, waiting_text(waits_for)) if waits_for else (GAP, _("missing"))
        return Statement(
            place=place,
            title=str(title),
            subject=str(subject),
            text=text,
            document=row.document or self.version.document,
            clause=row.clause if clause is None else clause,
            note=row.note if note is None else note,
            basis=row.cite_kind,
            state=state,
            waits_for=waits_for if state == UNSET else "",
            **more,
        )

    def figure(self, row, place, title, subject, value: int | None, kind: str, **more) -> Statement:
        """A rate, share or amount."""
        show = percent_text if kind in (RATE, SHARE) else yuan_short
        text = None if value is None else show(value)
        return self.make(row, place, title, subject, text, kind=kind, value=value, **more)

    def head(self) -> Iterator[Statement]:
        version = self.version
        own = rows.Row(
            document=version.document,
            clause=version.effective_clause,
            cite_kind=version.effective_basis,
        )
        day = version.effective_from and version.effective_from.isoformat()
        yield self.make(own, "effective.from", _("Version"), _("effective from"), day)
        yield self.make(own, "document", _("Version"), _("document"), version.document, clause="")
        if version.note:
            yield self.make(own, "note", _("Version"), _("note"), version.note, clause="")
        change = status_change_text(version.status_change)
        subject = _("account changes at retirement")
        clause, note = version.status_change_clause, version.status_change_note
        yield self.make(
            rows.Row(document=version.document, clause=clause, note=note),
            "status_change",
            _("Account credits"),
            subject,
            change,
        )

    # --- benefits -------------------------------------------------------------------------------------

    def benefit(self, row: rows.BenefitRow) -> Iterator[Statement]:
        place, title = f"benefits.{row.benefit}", str(BenefitKind(row.benefit).label)
        yield self.make(row, place, title, title, self._how_paid(row), waits_for=row.waits_for)
        if row.waits_for:
            return
        yield from self._rules(row, place, title)
        for term in row.terms:
            yield from self.cell(row, term, f"{place}.terms.{term.tier}.{term.status}", title)

    def _how_paid(self, row: rows.BenefitRow) -> str | None:
        if row.waits_for:
            return None
        if row.benefit != terms.EMERGENCY:
            return _("by terms of its own")
        if row.as_inpatient_clause:
            return _("as inpatient care where it ends in admission, death or no bed; otherwise ordinary")
        return _("by the ordinary outpatient rules")

    def _rules(self, row: rows.BenefitRow, place: str, title: str) -> Iterator[Statement]:
        if row.benefit != terms.EMERGENCY:
            mode = str(BenefitRule.Mode(row.deductible_mode).label)
            if row.deductible_pool and row.deductible_mode != terms.NO_DEDUCTIBLE:
                pool = pool_name(row.deductible_pool)
                mode = _("%(mode)s, in the pool “%(pool)s”") % {"mode": mode, "pool": pool}
            own = {"clause": row.deductible_clause or row.clause, "note": row.deductible_note}
            yield self.make(
                row, f"{place}.deductible", title, _("how the deductible is counted"), mode, **own
            )
        holds = _("holds")
        for key, clause, subject in (
            ("preferred", row.preferred_clause, _("before ordinary outpatient care")),
            ("external_prescription", row.prescription_clause, _("external prescriptions")),
            ("negotiated_first", row.negotiated_clause, _("negotiated drugs by their own rules")),
        ):
            if clause:
                note = row.prescription_note if key == "external_prescription" else ""
                yield self.make(row, f"{place}.{key}", title, subject, holds, clause=clause, note=note)
        if row.conditions:
            text = conditions_text(row.conditions)
            yield self.make(row.conditions[0], f"{place}.institutions", title, _("only at"), text)
        for line in row.coordinations:
            subject = Coordination.Situation(line.situation).label
            where = f"{place}.not_paid_while.{line.situation}"
            yield self.make(line, where, title, subject, _("not paid"), state=NOT_OFFERED)
        for line in row.special_diseases:
            where = f"{place}.other_rules.{line.disease}"
            yield self.make(line, where, title, line.disease, None, waits_for=line.waits_for)

    def cell(self, rule: rows.BenefitRow, term: rows.TermRow, place: str, title: str) -> Iterator[Statement]:
        who = f"{self.tiers.get(term.tier, term.tier)} {Status(term.status).label}"
        deductible, rate = f"{_('deductible')} {who}", f"{_('fund rate')} {who}"
        if not term.offered:
            text = _("not offered")
            yield self.make(term, f"{place}.rate", title, rate, text, state=NOT_OFFERED, kind=RATE)
            return
        if rule.deductible_mode != terms.NO_DEDUCTIBLE:
            yield self.figure(
                term,
                f"{place}.deductible",
                title,
                deductible,
                term.deductible,
                AMOUNT,
                waits_for=term.deductible_waits_for,
                clause=term.deductible_clause or rule.deductible_clause or term.clause,
            )
        waits = term.rate_waits_for
        yield self.figure(term, f"{place}.rate", title, rate, term.rate, RATE, waits_for=waits)

    # --- tables ---------------------------------------------------------------------------------------

    def limit(self, row: rows.LimitRow) -> Iterator[Statement]:
        """One statement for each status, so that a limit of both and one of each can be told apart."""
        title = benefit_names(row.benefits)
        named = f" {row.disease}" if row.disease else ""
        if row.disease == terms.EACH_DISEASE:
            named = _(" · each disease")
        period = PaymentLimit.Period(row.period).label
        subject = _("limit of a %(period)s") % {"period": period}
        if row.basis != terms.FUND_PAYMENT:
            subject += f" ({PaymentLimit.Basis(row.basis).label})"
        key = ".".join(filter(None, ("limits", row.pool, row.period, row.basis, row.disease)))
        benefit = row.benefits[0] if len(row.benefits) == 1 else ""
        for status in row.statuses or ("",):
            who = f" {status_names([status])}" if status else ""
            yield self.figure(
                row,
                f"{key}.{status}",
                title,
                f"{subject}{named}{who}",
                row.amount,
                LIMIT,
                waits_for=row.waits_for,
                benefit=benefit,
            )

    def admissions(self) -> Iterator[Statement]:
        title = _("Deductible by admission")
        for row in self.version.admission_factors:
            subject = _("from admission %(number)s on") % {"number": row.ordinal_from}
            yield self.figure(row, f"admission_factors.{row.ordinal_from}", title, subject, row.factor, SHARE)

    def critical_illness(self) -> Iterator[Statement]:
        rule, title = self.version.critical_illness, _("Critical-illness insurance")
        if rule is None:
            return
        text = benefit_names(rule.benefits)
        yield self.make(rule, "critical_illness.benefits", title, _("counts the eligible cash of"), text)
        for band, following in zip(rule.bands, [*rule.bands[1:], None], strict=True):
            subject = band_text(band.above, following and following.above)
            yield self.figure(band, f"critical_illness.bands.{band.above}", title, subject, band.rate, RATE)
        if rule.bonus_per_year:
            text = _("%(per_year)s a year above the minimum, at most %(max)s") % {
                "per_year": percent_text(rule.bonus_per_year),
                "max": percent_text(rule.bonus_max),
            }
            subject = _("bonus for %(status)s") % {"status": status_names([rule.bonus_status])}
            clause = rule.bonus_clause or rule.clause
            yield self.make(rule, "critical_illness.bonus", title, subject, text, clause=clause)

    def standards(self) -> Iterator[Statement]:
        for row in self.version.day_surgery_standards:
            place = f"day_surgery_standards.{row.disease}"
            yield self.figure(row, place, _("Day-surgery standards"), row.disease, row.amount, AMOUNT)

    def entitlement(self) -> Iterator[Statement]:
        title, rule = _("Entitlement"), self.version.entitlement
        if rule is not None:
            text = _("restores the months' benefits") if rule.back_payment_restores else _("restores nothing")
            yield self.make(rule, "entitlement.back_payment_restores", title, _("paying arrears later"), text)
        for row in self.version.waiting:
            subject = _("waiting months, %(employment)s") % {"employment": Employment(row.employment).label}
            place = f"entitlement.waiting.{row.employment}"
            yield self.make(row, place, title, subject, str(row.months), kind=MONTHS, value=row.months)

    def out_of_area(self) -> Iterator[Statement]:
        title = _("Care outside the city")
        for row in self.version.out_of_area:
            place, subject = f"out_of_area.{row.kind}", OutOfAreaTerm.Kind(row.kind).label
            if not row.covered:
                yield self.make(row, place, title, subject, _("not covered"), state=NOT_OFFERED)
                continue
            text = None if row.upfront is None else upfront_text(row.upfront)
            figure = {"kind": SHARE, "value": row.upfront, "waits_for": row.waits_for}
            yield self.make(row, place, title, subject, text, **figure)

    # --- accounts -------------------------------------------------------------------------------------

    def contributions(self) -> Iterator[Statement]:
        for row in self.version.contribution_rates:
            place, subject = f"contribution_rates.{row.employment}", Employment(row.employment).label
            title = _("Contribution rates")
            yield self.figure(row, place, title, subject, row.rate, SHARE, waits_for=row.waits_for)

    def credits(self) -> Iterator[Statement]:
        for row in self.version.account_credits:
            who = [Status(row.status).label]
            who += [Employment(row.employment).label] if row.employment else []
            who += [Plan(row.plan).label] if row.plan else []
            if row.age_from or row.age_to is not None:
                who.append(ages_text(row.age_from, row.age_to))
            span = f"{row.age_from}-{'' if row.age_to is None else row.age_to}"
            place = f"account_credits.{row.status}.{row.employment}.{row.plan}.{span}"
            kind = SHARE if row.method == terms.BASE_RATE else AMOUNT
            yield self.make(
                row,
                place,
                _("Account credits"),
                listed(who),
                credit_text(row),
                waits_for=row.waits_for,
                kind=kind,
                value=row.value,
            )

    def uses(self) -> Iterator[Statement]:
        for row in self.version.account_uses:
            where = str(AccountUseRule.Place(row.place).label)
            if row.item_kinds:
                where += " · " + listed(ItemKind(kind).label for kind in row.item_kinds)
            who = str(AccountUseRule.Relation(row.relation).label)
            who += f" · {Status(row.status).label}" if row.status else ""
            verdict = _("may pay") if row.allowed else _("must not pay")
            key = f"account_uses.{row.relation}.{row.status}.{row.purpose}.{row.place}"
            yield self.make(
                row,
                key,
                _("Use of personal accounts"),
                f"{AccountUseRule.Purpose(row.purpose).label} · {who}",
                f"{verdict} · {where}",
                state=SET if row.allowed else NOT_OFFERED,
            )

    def provisions(self) -> Iterator[Statement]:
        for row in self.version.provisions:
            subject = Provision.Topic(row.topic).label
            place = f"provisions.{row.topic}.{row.clause}"
            yield self.make(row, place, _("Other provisions"), subject, row.text)
