"""2.7 steps 6 to 8: personal and family accounts, critical illness, cash."""

from claims.engine import keys
from claims.engine.case import Relative
from claims.engine.work import Work
from policies.money import RATE_UNIT
from policies.terms import AT_INSTITUTION, AT_PHARMACY, PHARMACY, SELF, AccountPermit, Band


class Burden:
    """What the member still owes, in the order in which accounts may pay it (fen).

    `parts`: eligible expense after the fund; upfront self-payment and over-price; self-funded.
    `services`: how much of each may be for services, which an account for goods only must not pay.
    """

    __slots__ = ("parts", "services")

    def __init__(self, parts: list[int], services: tuple[int, int, int]):
        self.parts = parts
        self.services = services

    def take(self, balance: int, permit: AccountPermit) -> tuple[int, int | None]:
        """Pay from one account as far as its balance and the rules go: (fen paid, cite)."""
        paid, cite = 0, None
        for index in range(3):
            allowed, where = self._allowed(index, permit)
            given = min(allowed, balance - paid)
            if given > 0:
                self.parts[index] -= given
                paid += given
                cite = where if cite is None else cite
        return paid, cite

    def _allowed(self, index: int, permit: AccountPermit) -> tuple[int, int | None]:
        """How much of one part the account may pay: all of it, only its goods, or nothing."""
        if index == 0 and permit.policy_range is not None:
            return self.parts[0], permit.policy_range[1]
        if permit.burden is None:
            return 0, None
        any_item, cite = permit.burden
        if any_item:
            return self.parts[index], cite
        return max(0, self.parts[index] - self.services[index]), cite


def accounts(w: Work, burden: Burden) -> tuple[int, int]:
    """The member's account pays first, then linked family members' accounts: (own fen, family's fen)."""
    case = w.case
    if not case.use_account:
        return 0, 0
    if not case.institution.agreement:
        w.step("account_refused", None)
        return 0, 0
    place = AT_PHARMACY if case.institution.kind == PHARMACY else AT_INSTITUTION
    spent = []
    own, cite = burden.take(case.balance, w.terms.account_permit(SELF, place))
    w.step("account", cite, case.balance, own)
    if own:
        spent.append((case.member.id, own))
    family = sum(_relative(w, burden, relative, place, spent) for relative in case.family)
    w.result.spent = tuple(spent)
    return own, family


def _relative(w: Work, burden: Burden, relative: Relative, place: str, spent: list) -> int:
    paid, cite = burden.take(relative.balance, w.terms.account_permit(relative.relation, place))
    if paid:
        w.step("family_account", cite, relative.relation, relative.balance, paid)
        spent.append((relative.owner_id, paid))
    return paid


def critical_illness(w: Work, base: int) -> int:
    """Critical illness pays by bands on the year's eligible cash; the slices are summed and rounded once."""
    rule = w.terms.critical_illness
    if rule is None or w.benefit not in rule.benefits or base <= 0:
        return 0
    key = keys.critical(w.case.service_date)
    before = w.before(key)
    bonus = _bonus(w)
    pays = sum(_slice(band, before, before + base) * (band.rate + bonus) for band in rule.bands if band.rate)
    paid = (pays * 2 + RATE_UNIT) // (RATE_UNIT * 2)
    w.add(key, base)
    top = next((b for b in reversed(rule.bands) if b.above < before + base), rule.bands[0])
    w.step("critical_illness", top.cite, before, base, paid)
    return paid


def _slice(band: Band, low: int, high: int) -> int:
    """How much of (low, high] lies in the band."""
    upto = high if band.upto is None else min(high, band.upto)
    return max(0, upto - max(low, band.above))


def _bonus(w: Work) -> int:
    """Retired members' rates rise for each contribution year above the minimum (Zhenjiang 三(三)3)."""
    rule, member = w.terms.critical_illness, w.case.member
    if rule.bonus_status != member.status or not member.surplus_years:
        return 0
    bonus = min(rule.bonus_max, rule.bonus_per_year * member.surplus_years)
    if bonus:
        w.step("critical_bonus", rule.bonus_cite, member.surplus_years, bonus)
    return bonus
