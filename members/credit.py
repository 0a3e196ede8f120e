"""The monthly credit of a personal account (个人账户计入), as one pure function (spec 2.12).

Age and entitlement are those of the month's first day; whether the member counts as retired follows the
version's `status_change`. Amounts are fen, rates ten-thousandths, months ordinals (`records.month_of`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from members.records import OPEN, Cover, MemberRecord, full_years, month_start
from policies.money import share
from policies.terms import (
    AGE_FACTOR,
    BASE_RATE,
    EMPLOYED,
    NEXT_MONTH,
    NO_CREDIT,
    OWN_AMOUNT,
    POOLED_ONLY,
    RETIRED,
    SAME_MONTH,
    CreditRule,
    Terms,
    Unset,
)

# Why nothing is credited although something may be owed: the month is looked at again in later runs.
PARAMETER_MISSING = "parameter_missing"
NO_POLICY_IN_FORCE = "no_policy_in_force"
NOT_ENTITLED_ARREARS = "not_entitled_arrears"
ALREADY_CREDITED = "already_credited"

# Remarks: what a reader should know about the figure, and why nothing at all is due.
SILENT_ON_STATUS_CHANGE = "silent_on_status_change"  # the version does not say when a change of status counts
NOT_ENROLLED = "not_enrolled"  # not this city's member on the month's first day
NO_ACCOUNT = "no_account"  # pooled-only members have none (Kaifeng 第十六条, Changchun 三(一), I-10)
NOT_BOOKED_YET = "not_booked_yet"  # the month is not over, its contribution not booked: no base is known


@dataclass(frozen=True, slots=True)
class Credit:
    """What a month gives a member: `amount` in fen, 0 with `reason` where something stands in the way.

    An amount of 0 without a reason is what the version gives (method none, no account, base 0) or a member
    of another city (`remarks` say which). `cite`: index into `Terms.cites` of the rule, None where no rule
    was reached. `figures`: what the amount rests on (fen, ten-thousandths, years). `missing` names the
    figure that is unset.
    """

    amount: int = 0
    reason: str | None = None
    status: str | None = None
    method: str | None = None
    cite: int | None = None
    figures: Mapping[str, int] = field(default_factory=dict)
    missing: str = ""
    remarks: tuple[str, ...] = ()

    def details(self, terms: Terms) -> dict:
        """The same for the account entry and the report, with document and clause spelt out."""
        found = {"policy": f"{terms.city} {terms.effective_from} r{terms.revision}", "status": self.status}
        found |= {"method": self.method, **self.figures}
        if self.cite is not None:
            cite = terms.cites[self.cite]
            found |= {"document": cite.document, "clause": cite.clause, "basis": cite.kind, "note": cite.note}
        found |= {"missing": self.missing, "remarks": list(self.remarks)}
        return {key: value for key, value in found.items() if value not in (None, "", [])}


def monthly_credit(terms: Terms | None, record: MemberRecord, month: int, *, known_on: date) -> Credit:
    """What `month` credits the member's account under `terms`, those in force on the month's first day.

    `terms` None: the city has no version in force then. `known_on`: the day of the run.
    """
    if terms is None:
        return Credit(reason=NO_POLICY_IN_FORCE)
    first = month_start(month)
    cover = record.cover_on(first)
    if cover is None or cover.city != terms.city:
        return Credit(remarks=(NOT_ENROLLED,))
    status, remarks = credit_status(terms, record, month)
    rule = _rule(terms, cover, status, full_years(record.born, first))
    if cover.plan == POOLED_ONLY:
        cite = rule.cite if rule is not None and rule.method == NO_CREDIT else None
        return Credit(status=status, method=NO_CREDIT, cite=cite, remarks=(NO_ACCOUNT,))
    if rule is None:
        return Credit(reason=PARAMETER_MISSING, status=status, missing="account_credit", remarks=remarks)
    if rule.method == NO_CREDIT:
        return Credit(status=status, method=rule.method, cite=rule.cite, remarks=remarks)
    return _amount(rule, record, month, status, remarks, known_on)


def credit_status(terms: Terms, record: MemberRecord, month: int) -> tuple[str, tuple[str, ...]]:
    """The status that a month's credit goes by, and the remark that the version is silent where it is."""
    first = month_start(month)
    remarks = () if terms.status_change else (SILENT_ON_STATUS_CHANGE,)
    if record.retired_on is None:
        return EMPLOYED, ()
    last_start = {  # the last day on which retired benefits may start to count for this month
        SAME_MONTH: month_start(month + 1) - timedelta(days=1),
        NEXT_MONTH: first - timedelta(days=1),
    }.get(terms.status_change, first)
    return (RETIRED if record.retired_on <= last_start else EMPLOYED), remarks


def _rule(terms: Terms, cover: Cover, status: str, age: int) -> CreditRule | None:
    """The first row that fits status, employment kind, plan and age."""
    for rule in terms.credit_rules:
        if (
            rule.status == status
            and rule.employment in (None, cover.employment)
            and rule.plan in (None, cover.plan)
            and rule.age_from <= age
            and (rule.age_to is None or age < rule.age_to)
        ):
            return rule
    return None


def _amount(
    rule: CreditRule, record: MemberRecord, month: int, status: str, remarks: tuple[str, ...], known_on: date
) -> Credit:
    known = {"status": status, "method": rule.method, "cite": rule.cite, "remarks": remarks}
    due = record.dues.get(month)
    if status == EMPLOYED and (arrears := _arrears(rule, record, month, known_on)) is not None:
        return Credit(reason=NOT_ENTITLED_ARREARS, **known | {"remarks": remarks + arrears})
    if isinstance(rule.value, Unset):
        return Credit(reason=PARAMETER_MISSING, missing=rule.value.waits_for, **known)
    if rule.method == OWN_AMOUNT:
        if record.own_monthly_credit is None:
            return Credit(reason=PARAMETER_MISSING, missing="own_monthly_credit", **known)
        return Credit(record.own_monthly_credit, figures={"own": record.own_monthly_credit}, **known)
    if rule.method == BASE_RATE:
        if due is None:
            return Credit(reason=PARAMETER_MISSING, missing="contribution_base", **known)
        figures = {"base": due.base, "rate": rule.value.value}
        return Credit(share(due.base, rule.value.value), figures=figures, **known)
    if rule.method == AGE_FACTOR:
        age = full_years(record.born, month_start(month))
        return Credit(age * rule.value.value, figures={"age": age, "factor": rule.value.value}, **known)
    return Credit(rule.value.value, figures={"fixed": rule.value.value}, **known)


def _arrears(rule: CreditRule, record: MemberRecord, month: int, known_on: date) -> tuple[str, ...] | None:
    """None where the month is paid (late or not); else the remarks on why it is not credited yet.

    A month that is not over counts as paid (spec 2.6), but gives no base before it is booked. Who is retired
    on the first day owes nothing, even where the credit still goes by the status before.
    """
    due = record.dues.get(month)
    if due is not None:
        return () if due.paid_on is None else None
    if record.status_on(month_start(month)) == RETIRED:
        return None
    if record.due_state(month, known_on) != OPEN:
        return ()
    return (NOT_BOOKED_YET,) if rule.method == BASE_RATE else None
