"""Contributions and personal accounts: what is paid in, what is credited, what an account may pay."""

from dataclasses import replace

from django.utils.translation import gettext as _

from policies import rows, terms
from policies.cites import Cite
from policies.figures import percent_text
from policies.models import AccountUseRule
from policies.models.base import Employment, ItemKind, Plan, Status
from policies.pages.pieces import NOT_OFFERED, SET, Fact, Piece, Section, cite_of, figure, line, table
from policies.wording import ages_text, credit_text, listed


def contributions(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.contribution_rates:
        rate = figure(None if row.rate is None else percent_text(row.rate), row.waits_for)
        pieces = [Piece(str(Employment(row.employment).label)), rate]
        found.append(line(row.employment, pieces, cite_of(version, row)))
    columns = (_("employment"), _("rate"))
    return table("contributions", _("Contribution rates"), columns, found, "contributionrate", 1)


def credits(version: rows.VersionRows) -> Section | None:
    found = []
    for row in version.account_credits:
        pieces = [Piece(_members(row)), figure(credit_text(row), row.waits_for)]
        key = f"{row.status}/{row.employment}/{row.plan}/{row.age_from}/{row.age_to}"
        found.append(line(key, pieces, cite_of(version, row)))
    columns = (_("members"), _("each month"))
    section = table("credits", _("Account credits"), columns, found, "accountcredit")
    return section and replace(section, facts=(_status_change(version),))


def _members(row: rows.CreditRow) -> str:
    """Whose credit it is."""
    who = [str(Status(row.status).label)]
    if row.employment:
        who.append(str(Employment(row.employment).label))
    if row.plan:
        who.append(str(Plan(row.plan).label))
    if row.age_from or row.age_to is not None:
        who.append(ages_text(row.age_from, row.age_to))
    return _(", ").join(who)


def _status_change(version: rows.VersionRows) -> Fact:
    texts = {
        terms.SAME_MONTH: _("At retirement the credit changes in the same month."),
        terms.NEXT_MONTH: _("At retirement the credit changes from the next month."),
    }
    text = texts.get(version.status_change, _("When the credit changes at retirement is not said."))
    return Fact(text, Cite(version.document, version.status_change_clause, "", version.status_change_note))


def uses(version: rows.VersionRows) -> Section | None:
    """Rows that differ only in whose burden they are about are shown as one."""
    grouped: dict[tuple, list[str]] = {}
    for row in version.account_uses:
        where = cite_of(version, row)
        key = (row.purpose, row.place, tuple(row.item_kinds), row.allowed, row.status, where)
        grouped.setdefault(key, []).append(str(AccountUseRule.Relation(row.relation).label))
    found = []
    for (purpose, place, kinds, allowed, status, where), relations in grouped.items():
        pieces = [
            Piece(str(AccountUseRule.Purpose(purpose).label)),
            Piece(listed(relations) + (f" · {Status(status).label}" if status else "")),
            Piece(_place(place, kinds)),
            Piece(_("may pay"), SET) if allowed else Piece(_("must not pay"), NOT_OFFERED),
        ]
        found.append(line(f"{purpose}/{place}/{allowed}/{status}/{relations[0]}", pieces, where))
    columns = (_("purpose"), _("for"), _("where and for what"), _("the account"))
    return table("uses", _("Use of personal accounts"), columns, found, "accountuserule")


def _place(place: str, kinds: tuple[str, ...]) -> str:
    """Where an account pays, and for what where that is said."""
    text = str(AccountUseRule.Place(place).label)
    return f"{text} · {listed(ItemKind(kind).label for kind in kinds)}" if kinds else text
