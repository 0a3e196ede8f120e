"""What tests read back."""

from io import StringIO

from django.core.management import CommandError, call_command

from claims.models import Accumulator, Claim, Settlement
from claims.sets import SEQUENCE
from members.models import AccountEntry, PersonalAccount


def current(claim: Claim) -> Settlement:
    """The claim's newest revision."""
    claim.refresh_from_db()
    return Settlement.objects.get(claim=claim, revision=claim.revision)


def figures(claim: Claim, *names: str) -> tuple:
    """Figures of the claim's newest revision, in the order of `names`."""
    settlement = current(claim)
    return tuple(getattr(settlement, name) for name in names)


def used(member) -> dict[str, int]:
    """The member's accumulators that are not 0, without the sequence."""
    rows = Accumulator.objects.filter(member_id=member.pk).exclude(key=SEQUENCE).exclude(value=0)
    return dict(rows.values_list("key", "value"))


def balance(member) -> int:
    """The account's balance, which is the sum of its entries."""
    stored = PersonalAccount.objects.get(member=member).balance
    assert stored == sum(AccountEntry.objects.filter(account_id=member.pk).values_list("amount", flat=True))
    return stored


def events(claim: Claim) -> list[str]:
    return list(claim.events.values_list("kind", flat=True))


def ledger_faults() -> str:
    """What is wrong with any settlement or accumulator; "" where nothing is."""
    return faults("verify_settlements") + faults("verify_accumulators")


def faults(command: str, *options: str) -> str:
    """What the command reports where it fails; "" where it does not."""
    out = StringIO()
    try:
        call_command(command, *options, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return ""
