"""Premiums and purchases that an account pays outside a claim.

What it may pay is for the version in force to say, and the entry cites the rule. Amounts are fen.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from members import selectors
from members.account_use import Verdict, may_pay
from members.models import AccountEntry, FamilyLink, Member
from members.services import accounts
from members.services.accounts import Cause
from policies.models import AccountUseRule, User
from policies.selectors import terms_in_force
from policies.terms import ANYWHERE, PREMIUMS, SELF, Terms

_WHOM = {SELF: pgettext_lazy("whom an account pays for", "self"), **dict(FamilyLink.Relation.choices)}


@dataclass(frozen=True, slots=True)
class Use:
    """What is paid: `purpose` (terms.PURPOSES) for oneself or, by `relation`, for `beneficiary`.

    A purchase says where (terms.PLACES) and of what kind of item; a premium needs neither.
    """

    purpose: str
    relation: str = SELF
    beneficiary: str = ""
    place: str = ANYWHERE
    item_kind: str | None = None


def spend(
    *, member: Member, use: Use, amount: int, on: date, at: datetime, actor: User | None
) -> AccountEntry:
    """Pays `amount` from the member's account, booked as a premium or a purchase, with the rule cited.

    Raises ValidationError `account_use_refused` (with the rule) where the version does not allow it,
    `no_policy_in_force`, `unknown_member` (enrolled nowhere on the day), `amount`, `beneficiary`,
    `item_kind`, `insufficient_balance`.
    """
    _check(use, amount)
    terms = _terms_of(member, on)
    verdict = may_pay(
        terms,
        status=selectors.status_on(member, on),
        relation=use.relation,
        purpose=use.purpose,
        place=use.place,
        item_kind=use.item_kind,
    )
    if not verdict.allowed:
        raise _refused(verdict, use)
    return accounts.post(
        member=member,
        cause=Cause.PREMIUM if use.purpose in PREMIUMS else Cause.PURCHASE,
        amount=-amount,
        on=on,
        at=at,
        actor=actor,
        details=_details(terms, verdict, use),
    )


def _check(use: Use, amount: int) -> None:
    if amount <= 0:
        raise ValidationError(_("Enter an amount above 0."), code="amount")
    if use.relation != SELF and not use.beneficiary.strip():
        raise ValidationError(_("Say for whom in the family it is."), code="beneficiary")
    if use.purpose not in PREMIUMS and use.item_kind is None:
        raise ValidationError(_("Say what is bought: drug, device, consumable or service."), code="item_kind")


def _terms_of(member: Member, on: date) -> Terms:
    enrolment = selectors.enrolment_on(member, on)
    if enrolment is None:
        raise ValidationError(
            _("The member is enrolled nowhere on that day: check the day or the enrolment."),
            code="unknown_member",
        )
    terms = terms_in_force(enrolment.city_id, on)
    if terms is None:
        raise ValidationError(
            _("No policy version of the member's city is in force on that day."), code="no_policy_in_force"
        )
    return terms


def _details(terms: Terms, verdict: Verdict, use: Use) -> dict:
    details = asdict(use) | {"policy": f"{terms.city} {terms.effective_from} r{terms.revision}"}
    details |= {"document": verdict.cite.document, "clause": verdict.cite.clause, "note": verdict.cite.note}
    return {key: value for key, value in details.items() if value}


def _refused(verdict: Verdict, use: Use) -> ValidationError:
    purpose = dict(AccountUseRule.Purpose.choices).get(use.purpose, use.purpose)
    params = {"purpose": purpose, "whom": _WHOM.get(use.relation, use.relation)}
    if verdict.cite is None:
        message = _("The account may not pay this (%(purpose)s, %(whom)s): no rule of the version allows it.")
    else:
        message = _("The account may not pay this (%(purpose)s, %(whom)s): %(document)s %(clause)s.")
        params |= {"document": verdict.cite.document, "clause": verdict.cite.clause}
    return ValidationError(message, code="account_use_refused", params=params)
