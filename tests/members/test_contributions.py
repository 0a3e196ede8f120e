"""Booking contributions: append-only, repeatable, and told where adjudication could come out otherwise."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from members.models import Contribution
from members.registry import Fact
from members.services.contributions import Booking, book_contribution, book_contributions
from tests.factories import MemberFactory, UserFactory, month, pay
from tests.members.conftest import AT

pytestmark = pytest.mark.django_db
PAID_LATE = date(2024, 2, 20)


def booking(member, text, paid_on, *, employment="employee", base=500000):
    return Booking(member.pk, "370600", month(text), employment, base, paid_on)


def book(*args, **kwargs) -> bool:
    return book_contribution(booking=booking(*args, **kwargs), at=AT, actor=None)


def told(heard):
    return [(change.fact, change.since, change.until) for change in heard]


def test_a_booking_is_a_row_with_its_clerk():
    member, clerk = MemberFactory(paid=None), UserFactory()
    assert book_contribution(booking=booking(member, "2024-02", date(2024, 2, 5)), at=AT, actor=clerk)
    row = Contribution.objects.get()
    assert (row.month, row.base, row.actor, row.recorded_at) == (date(2024, 2, 1), 500000, clerk, AT)


def test_the_same_again_writes_nothing():
    member = MemberFactory(paid=None)
    assert book(member, "2024-02", date(2024, 2, 5))
    assert not book(member, "2024-02", date(2024, 2, 5))
    assert Contribution.objects.count() == 1


def test_another_base_is_a_further_row():
    member = MemberFactory(paid=None)
    book(member, "2024-02", date(2024, 2, 5))
    assert book(member, "2024-02", date(2024, 2, 5), base=600000)
    assert Contribution.objects.count() == 2


class TestTelling:
    def test_a_payment_in_time_is_no_news(self, heard):
        member = MemberFactory(paid=("2022-01", "2024-02"))
        book(member, "2024-03", date(2024, 3, 1))
        assert heard == []

    def test_arrears_paid_may_change_their_month(self, heard):
        member = MemberFactory(paid=("2022-01", "2023-12"))
        book(member, "2024-01", PAID_LATE)
        assert told(heard) == [(Fact.CONTRIBUTION, date(2024, 1, 1), date(2024, 1, 31))]
        assert heard[0].member_ids == (member.pk,)

    def test_a_month_declared_unpaid_may_change_it_too(self, heard):
        member = MemberFactory(paid=("2022-01", "2024-02"))
        book(member, "2024-02", None)
        assert told(heard) == [(Fact.CONTRIBUTION, date(2024, 2, 1), date(2024, 2, 29))]

    def test_a_first_payment_may_end_a_wait_of_later_months(self, heard):
        book(MemberFactory(paid=("2023-06", "2024-02")), "2023-05", PAID_LATE)
        assert told(heard) == [(Fact.CONTRIBUTION, date(2023, 5, 1), date(2024, 5, 31))]

    def test_a_gap_of_a_flexible_member_may_start_a_wait(self, heard):
        member = MemberFactory(employment="flexible", paid=("2022-01", "2024-02"))
        book(member, "2024-01", None, employment="flexible")
        assert told(heard) == [(Fact.CONTRIBUTION, date(2024, 1, 1), date(2025, 1, 31))]

    def test_members_of_the_same_month_are_told_together(self, heard):
        members = MemberFactory.create_batch(3, paid=("2022-01", "2023-12"))
        bookings = [booking(m, text, PAID_LATE) for m in members for text in ("2024-01", "2024-02")]
        assert book_contributions(bookings=bookings, at=AT, actor=None) == 6
        assert [change.member_ids for change in heard] == [tuple(m.pk for m in members)] * 2


@pytest.mark.parametrize(("base", "paid_on"), [(-1, None), (10**13, None), (500000, date(2024, 3, 2))])
def test_figures_that_cannot_be_are_refused(base, paid_on):
    member = MemberFactory(paid=None)
    with pytest.raises(ValidationError):
        book(member, "2024-02", paid_on, base=base)
    assert Contribution.objects.count() == 0


def test_a_month_paid_twice_keeps_the_later_booking():
    member = MemberFactory(paid=None)
    pay(member, [month("2024-02")], city="370600", paid_on=None)
    book(member, "2024-02", PAID_LATE)
    assert Contribution.objects.order_by("-id").first().paid_on == PAID_LATE
