"""Movements of personal accounts: every one an append-only entry with its cause, the balance their sum.

Entry and balance are written in one transaction under the account's row lock, and no balance is ever
negative. Amounts are fen.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from members import bulk
from members.lookups import Among
from members.models import AccountEntry, Member, PersonalAccount
from policies.models import User
from policies.money import MAX_FEN, yuan

Cause = AccountEntry.Cause


def lock_accounts(member_ids: Collection[int]) -> dict[int, int]:
    """Locks the accounts of these members until the transaction ends, opening those missing; their balances.

    All that a transaction will move must be locked by one call: missing accounts are opened first, then all
    are locked, both in key order, so that no two transactions wait for each other. On SQLite the transaction
    itself is the lock.
    """
    ids = sorted(member_ids)
    bulk.ensure_accounts(ids)
    accounts = PersonalAccount.objects.select_for_update().filter(Among(F("pk"), ids)).order_by("pk")
    return dict(accounts.values_list("pk", "balance"))


def read_balances(member_ids: Collection[int]) -> dict[int, int]:
    """The balances of these members' accounts as they are, for whoever moves none; 0 where there is no account."""
    accounts = PersonalAccount.objects.filter(Among(F("pk"), sorted(member_ids)))
    return dict.fromkeys(member_ids, 0) | dict(accounts.values_list("pk", "balance"))


def post_entries(entries: Sequence[AccountEntry], balances: Mapping[int, int]) -> dict[int, int]:
    """Books many entries (unsaved, each with `account_id`) and moves the balances by their sums.

    `balances`: what `lock_accounts` returned, so before these entries; returned are those afterwards, of the
    accounts that moved. Entries of amount 0 are booked like others. Raises ValidationError
    (`insufficient_balance`) before anything is written, and RuntimeError where a balance is not the one
    given, that is where the account was not locked.
    """
    moves = defaultdict(int)
    for entry in entries:
        moves[entry.account_id] += entry.amount
    after = {id: balances[id] + amount for id, amount in sorted(moves.items())}
    for id, balance in after.items():
        if balance < 0:
            raise _insufficient(balances[id], -moves[id])
    bulk.insert_entries(entries)
    if bulk.add_to_balances({id: moves[id] for id in after}) != after:
        raise RuntimeError("account balances moved without a lock")
    return after


@transaction.atomic
def post(
    *,
    member: Member,
    cause: Cause,
    amount: int,
    on: date,
    at: datetime,
    actor: User | None,
    reason: str = "",
    details: dict | None = None,
) -> AccountEntry:
    """Books one movement of `amount` (signed fen, not 0) and returns it.

    Raises ValidationError `insufficient_balance`, or `amount` where it is 0 or beyond all measure.
    """
    if amount == 0 or abs(amount) > MAX_FEN:
        raise ValidationError(_("The amount must not be 0: enter the yuan to move."), code="amount")
    balance = lock_accounts([member.pk])[member.pk]
    if balance + amount < 0:
        raise _insufficient(balance, -amount)
    entry = AccountEntry.objects.create(
        account_id=member.pk,
        cause=cause,
        amount=amount,
        on=on,
        at=at,
        reason=reason,
        details=details or {},
        actor=actor,
    )
    PersonalAccount.objects.filter(pk=member.pk).update(balance=F("balance") + amount)
    return entry


@transaction.atomic
def open_account(
    *, member: Member, balance: int, on: date, at: datetime, actor: User | None, reason: str
) -> AccountEntry:
    """Books the balance (fen, above 0) that a member brings from the system used before, as of the day `on`.

    It holds the credits of all months that began before `on`. Raises ValidationError `opened` where the
    account has moved already.
    """
    lock_accounts([member.pk])
    if AccountEntry.objects.filter(account_id=member.pk).exists():
        raise ValidationError(
            _("The account has entries already: book the difference as a correction."), code="opened"
        )
    return post(member=member, cause=Cause.OPENING, amount=balance, on=on, at=at, actor=actor, reason=reason)


def correct(
    *, member: Member, amount: int, on: date, at: datetime, actor: User | None, reason: str
) -> AccountEntry:
    """Books a correction (signed fen). Raises ValidationError `reason` without one."""
    require_reason(reason)
    return post(
        member=member, cause=Cause.CORRECTION, amount=amount, on=on, at=at, actor=actor, reason=reason
    )


def require_reason(reason: str) -> None:
    """Raises ValidationError `reason` where none is given."""
    if not reason.strip():
        raise ValidationError(_("Say why: a movement of an account needs a reason."), code="reason")


def _insufficient(balance: int, wanted: int) -> ValidationError:
    return ValidationError(
        _("The account holds %(balance)s yuan, %(wanted)s are wanted: take no more than it holds."),
        code="insufficient_balance",
        params={"balance": yuan(balance), "wanted": yuan(wanted)},
    )
