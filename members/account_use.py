"""What a personal account may pay outside a claim, by the version's account-use rules: pure."""

from dataclasses import dataclass

from policies.terms import ANYWHERE, NEVER, AccountUse, Cite, Terms


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an account may pay, and the rule that says so; without a rule nothing is allowed."""

    allowed: bool
    rule: AccountUse | None
    cite: Cite | None


def may_pay(
    terms: Terms,
    *,
    status: str,
    relation: str,
    purpose: str,
    place: str = ANYWHERE,
    item_kind: str | None = None,
) -> Verdict:
    """Whether the account of an owner of `status` may pay `purpose` for the owner's `relation` (or "self").

    `place` and `item_kind` are those of a purchase. A rule that forbids goes before one that allows; what
    is never paid (公共卫生, 体育健身, 养生保健, 健康体检) is refused whoever it is for.
    """
    rules = [
        use
        for use in terms.account_uses
        if use.purpose == purpose
        and (use.relation == relation or purpose in NEVER)
        and use.status in (None, status)
        and (use.place == place or ANYWHERE in (use.place, place))
        and (item_kind is None or not use.item_kinds or item_kind in use.item_kinds)
    ]
    rules.sort(key=lambda use: use.allowed)
    if not rules:
        return Verdict(False, None, None)
    return Verdict(rules[0].allowed, rules[0], terms.cites[rules[0].cite])
