"""Premiums and purchases outside a claim: 账户使用 by city (3-cities.md), and money that moves with a member."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from members.account_use import may_pay
from members.models import AccountEntry
from members.services import people, transfers
from members.services.spending import Use, spend
from policies.library import project_terms
from tests.factories import MemberFactory, UserFactory
from tests.members.conftest import AT, ON, REASON

TERMS = project_terms()
YANTAI, KAIFENG, ZHENJIANG, CHANGCHUN, CHONGQING = "370600", "410200", "321100", "220100", "500000"


def allowed(city, purpose, relation="self", *, status="employed", **where) -> bool:
    return may_pay(TERMS[city][-1], status=status, relation=relation, purpose=purpose, **where).allowed


@pytest.mark.parametrize(
    ("city", "own", "family"),
    [
        # 烟台 二(二)2 · 开封 第十七条 · 镇江 二(四) · 长春 三(二) · 重庆 二(三)2
        (YANTAI, set(), {"premium_resident", "premium_long_term_care", "premium_commercial"}),
        (KAIFENG, {"premium_large_amount"}, {"premium_resident"}),
        (ZHENJIANG, {"premium_critical_illness", "premium_long_term_care"}, {"premium_resident"}),
        (
            CHANGCHUN,
            {"premium_large_amount", "premium_long_term_care"},
            {"premium_resident", "premium_large_amount", "premium_long_term_care"},
        ),
        (CHONGQING, set(), {"premium_resident"}),
    ],
)
def test_premiums_that_an_account_may_pay(city, own, family):
    premiums = (
        "premium_resident",
        "premium_large_amount",
        "premium_critical_illness",
        "premium_long_term_care",
        "premium_commercial",
    )
    assert {p for p in premiums if allowed(city, p)} == own
    for relation in ("spouse", "parent", "child"):
        assert {p for p in premiums if allowed(city, p, relation)} == family


def test_重庆_二_三_2_only_retired_members_pay_their_own_large_amount_premium():
    assert allowed(CHONGQING, "premium_large_amount", status="retired")
    assert not allowed(CHONGQING, "premium_large_amount", status="employed")
    assert not allowed(CHONGQING, "premium_large_amount", "spouse", status="retired")


@pytest.mark.parametrize("city", TERMS)
class TestPurchases:
    def test_goods_at_a_pharmacy_for_the_family(self, city):
        for kind in ("drug", "device", "consumable"):
            assert allowed(city, "personal_burden", "child", place="pharmacy", item_kind=kind)

    def test_no_services_at_a_pharmacy(self, city):
        assert not allowed(city, "personal_burden", "child", place="pharmacy", item_kind="service")

    def test_any_burden_at_an_institution_for_the_family(self, city):
        assert allowed(city, "personal_burden", "parent", place="institution", item_kind="service")

    def test_nothing_for_others(self, city):
        assert not allowed(city, "personal_burden", "other", place="institution", item_kind="drug")

    @pytest.mark.parametrize("purpose", ["public_health", "fitness", "wellness"])
    def test_never(self, city, purpose):
        for relation in ("self", "spouse", "other"):
            verdict = may_pay(TERMS[city][-1], status="employed", relation=relation, purpose=purpose)
            assert not verdict.allowed
            assert verdict.cite.clause


@pytest.mark.django_db
class TestSpending:
    def spend(self, member, amount=10000, on=ON, **use):
        clerk = UserFactory(username="clerk")
        return spend(member=member, use=Use(**use), amount=amount, on=on, at=AT, actor=clerk)

    def refused(self, member, code, **given):
        before = member.account.balance
        with pytest.raises(ValidationError) as refusal:
            self.spend(member, **given)
        assert refusal.value.code == code
        member.account.refresh_from_db()
        assert member.account.balance == before
        return " ".join(refusal.value.messages)

    def test_a_premium_is_an_entry_that_cites_its_rule(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=50000)
        entry = self.spend(member, purpose="premium_large_amount")
        assert (entry.cause, entry.amount) == (AccountEntry.Cause.PREMIUM, -10000)
        assert entry.details["document"] == "汴政办〔2022〕33号"
        assert entry.details["clause"] == "第十七条"
        member.account.refresh_from_db()
        assert member.account.balance == 40000

    def test_a_purchase_says_for_whom_and_what(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=50000)
        use = {"relation": "child", "beneficiary": "daughter", "place": "pharmacy", "item_kind": "drug"}
        entry = self.spend(member, purpose="personal_burden", **use)
        assert entry.cause == AccountEntry.Cause.PURCHASE
        assert use.items() <= entry.details.items()

    def test_what_is_never_paid_is_refused_with_the_clause(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=50000)
        message = self.refused(member, "account_use_refused", purpose="fitness", item_kind="service")
        assert "第十七条" in message

    def test_what_no_rule_allows_is_refused(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=50000)
        self.refused(member, "account_use_refused", purpose="premium_commercial")

    def test_the_rules_are_those_of_the_city_of_enrolment(self, publish):
        publish(ZHENJIANG, "2023-01-01")
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=ZHENJIANG, balance=50000)
        assert self.spend(member, purpose="premium_critical_illness").details["clause"] == "二(四)"

    def test_no_more_than_the_balance(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=9999)
        self.refused(member, "insufficient_balance", purpose="premium_large_amount")

    def test_not_without_a_version_in_force(self, publish):
        publish(KAIFENG, "2023-01-01")
        member = MemberFactory(city=KAIFENG, balance=50000)
        self.refused(member, "no_policy_in_force", purpose="premium_large_amount", on=date(2022, 12, 31))

    def test_not_while_enrolled_nowhere(self):
        member = MemberFactory(city=KAIFENG, balance=50000, insured_to=date(2024, 2, 29))
        self.refused(member, "unknown_member", purpose="premium_large_amount")

    def test_a_family_member_is_named(self):
        member = MemberFactory(balance=50000)
        self.refused(member, "beneficiary", purpose="premium_resident", relation="child")

    def test_a_purchase_says_what_is_bought(self):
        self.refused(MemberFactory(balance=50000), "item_kind", purpose="personal_burden")

    def test_amounts_are_above_0(self):
        self.refused(MemberFactory(balance=50000), "amount", purpose="premium_resident", amount=0)


@pytest.mark.django_db
class TestLeaving:
    """开封 第十八条: the balance moves with the member, or is paid out where it cannot, abroad, or at death."""

    given = {"on": ON, "at": AT, "actor": None, "reason": REASON}

    def test_a_balance_is_brought_along(self):
        member = MemberFactory()
        entry = transfers.transfer_in(member=member, amount=700, origin="110000", **self.given)
        assert (entry.cause, entry.amount) == (AccountEntry.Cause.TRANSFER, 700)

    def test_the_whole_balance_leaves_after_the_cover(self):
        member = MemberFactory(balance=700, insured_to=date(2024, 2, 29))
        entry = transfers.transfer_out(member=member, destination="110000", **self.given)
        assert (entry.amount, entry.details) == (-700, {"to": "110000"})
        member.account.refresh_from_db()
        assert member.account.balance == 0

    def test_nothing_leaves_while_cover_goes_on(self):
        with pytest.raises(ValidationError) as refused:
            transfers.transfer_out(member=MemberFactory(balance=700), destination="110000", **self.given)
        assert refused.value.code == "still_enrolled"

    def test_an_empty_account_has_nothing_to_leave(self):
        member = MemberFactory(insured_to=date(2024, 2, 29))
        with pytest.raises(ValidationError) as refused:
            transfers.withdraw(member=member, ground=transfers.EMIGRATION, **self.given)
        assert refused.value.code == "empty"

    def test_heirs_are_paid_once_the_death_is_on_record(self):
        member = MemberFactory(balance=700)
        with pytest.raises(ValidationError) as refused:
            transfers.withdraw(member=member, ground=transfers.DEATH, **self.given)
        assert refused.value.code == "not_dead"
        member = people.record_death(
            member=member, died_on=date(2024, 2, 1), on=ON, actor=None, reason=REASON
        )
        entry = transfers.withdraw(member=member, ground=transfers.DEATH, **self.given)
        assert (entry.cause, entry.amount) == (AccountEntry.Cause.WITHDRAWAL, -700)

    def test_other_grounds_are_refused(self):
        with pytest.raises(ValidationError) as refused:
            transfers.withdraw(member=MemberFactory(balance=7), ground="wish", **self.given)
        assert refused.value.code == "ground"
