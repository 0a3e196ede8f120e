"""2.12: once a month per city; not twice; arrears once they are paid; the others although a figure is unset."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from members import tasks
from members.models import AccountEntry, CreditRun, PersonalAccount
from members.services import accounts
from members.services.contributions import Booking, book_contribution
from members.services.credits import credit_due_months, credit_month
from tests.factories import MemberFactory, month
from tests.members.conftest import AT, ON, REASON

pytestmark = pytest.mark.django_db
KAIFENG, YANTAI = "410200", "370600"


@pytest.fixture
def kaifeng(publish):
    publish(KAIFENG, "2023-01-01")


def run(text="2024-02", city=KAIFENG, at=AT):
    return credit_month(city=city, month=month(text), on=timezone.localdate(at), at=at, actor=None)


def balance(member) -> int:
    return PersonalAccount.objects.get(pk=member.pk).balance


def book(member, text, paid_on, at=AT, city=KAIFENG):
    booking = Booking(member.pk, city, month(text), "employee", 500000, paid_on)
    assert book_contribution(booking=booking, at=at, actor=None)


def test_members_are_credited_and_the_run_is_on_record(kaifeng):
    worker = MemberFactory(city=KAIFENG)
    pensioner = MemberFactory(city=KAIFENG, retired_on=date(2020, 1, 1), paid=None)
    pooled = MemberFactory(city=KAIFENG, plan="pooled_only")
    report = run()
    assert [balance(m) for m in (worker, pensioner, pooled)] == [10000, 6000, 0]
    assert (report.credited, report.amount, report.reasons) == (2, 16000, {})
    entry = worker.account.entries.get()
    assert (entry.cause, entry.month, entry.on) == (AccountEntry.Cause.CREDIT, date(2024, 2, 1), ON)
    assert entry.details["clause"] == "第十六条"
    assert not pooled.account.entries.exists()
    record = CreditRun.objects.get()
    assert (record.credited, record.amount, record.refused) == (2, 16000, {})


def test_a_second_run_credits_nobody_twice(kaifeng):
    worker = MemberFactory(city=KAIFENG)
    run()
    report = run()
    assert balance(worker) == 10000
    assert (report.credited, report.reasons) == (0, {"already_credited": 1})


def test_only_the_citys_members_of_the_first_day_are_credited(kaifeng):
    elsewhere = MemberFactory(city=YANTAI)
    later = MemberFactory(city=KAIFENG, insured_from=date(2024, 2, 2))
    left = MemberFactory(city=KAIFENG, insured_to=date(2024, 1, 31))
    assert run().credited == 0
    assert [balance(m) for m in (elsewhere, later, left)] == [0, 0, 0]


def test_without_a_version_the_reason_is_counted():
    MemberFactory(city=KAIFENG)
    assert run().reasons == {"no_policy_in_force": 1}


def test_where_a_figure_is_unset_the_others_are_credited(publish):
    publish(YANTAI, "2024-01-01")
    worker = MemberFactory(city=YANTAI)
    MemberFactory(city=YANTAI, retired_on=date(2020, 1, 1))
    report = run(city=YANTAI)
    assert balance(worker) == 10000
    assert report.reasons == {"parameter_missing": 1}


class TestArrears:
    def test_an_unpaid_month_is_not_credited(self, kaifeng):
        debtor = MemberFactory(city=KAIFENG, paid=("2022-01", "2024-01"))
        assert run().reasons == {"not_entitled_arrears": 1}
        assert balance(debtor) == 0

    def test_it_is_credited_once_it_is_paid_by_the_same_months_run(self, kaifeng):
        debtor = MemberFactory(city=KAIFENG, paid=("2022-01", "2024-01"))
        run()
        book(debtor, "2024-02", ON)
        assert run().credited == 1
        assert balance(debtor) == 10000

    def test_it_is_credited_once_it_is_paid_by_the_next_months_run(self, kaifeng):
        debtor = MemberFactory(city=KAIFENG, paid=("2022-01", "2024-01"))
        run()
        later = AT + timedelta(days=40)
        book(debtor, "2024-02", timezone.localdate(later), at=later)
        report = run("2024-04", at=later + timedelta(hours=1))
        assert report.arrears[month("2024-02")].credited == 1
        assert debtor.account.entries.get().month == date(2024, 2, 1)

    def test_months_never_run_here_are_not_caught_up_with(self, kaifeng):
        """They were credited by the system used before; the opening balance holds them."""
        run()
        member = MemberFactory(city=KAIFENG, paid=None)
        book(member, "2023-11", ON)
        assert run("2024-03").arrears == {}
        assert balance(member) == 0


def test_an_opening_balance_holds_the_months_begun_before_it(kaifeng):
    member = MemberFactory(city=KAIFENG)
    given = {"at": AT, "actor": None, "reason": REASON}
    accounts.open_account(member=member, balance=7, on=date(2024, 2, 2), **given)
    assert run().reasons == {"already_credited": 1}
    assert run("2024-03").credited == 1
    assert balance(member) == 10007


def test_a_month_that_has_not_begun_is_refused(kaifeng):
    with pytest.raises(ValidationError):
        run("2024-04")


class TestDueMonths:
    def due(self, on: date):
        at = timezone.make_aware(datetime(on.year, on.month, on.day, 2))
        reports = credit_due_months(city=KAIFENG, on=on, at=at, actor=None)
        return [report.month for report in reports]

    def test_the_first_run_credits_its_month(self, kaifeng):
        assert self.due(date(2024, 3, 1)) == [month("2024-03")]

    def test_a_second_call_in_a_month_does_nothing(self, kaifeng):
        self.due(date(2024, 3, 1))
        assert self.due(date(2024, 3, 31)) == []

    def test_months_that_were_missed_are_made_up_for(self, kaifeng):
        self.due(date(2024, 3, 1))
        assert self.due(date(2024, 5, 2)) == [month("2024-04"), month("2024-05")]

    def test_the_task_runs_every_city_with_a_version(self, kaifeng):
        MemberFactory(city=KAIFENG, retired_on=date(2020, 1, 1)), MemberFactory(city=YANTAI)
        tasks.credit_month()
        assert list(CreditRun.objects.values_list("city", "credited")) == [(KAIFENG, 1)]

    def test_one_citys_trouble_does_not_keep_the_others_from_their_credits(self, publish, monkeypatch):
        publish(YANTAI, "2024-01-01")
        publish(KAIFENG, "2023-01-01")

        def troubled(*, city, **given):
            if city == YANTAI:
                raise ConnectionError("gone")
            return credit_due_months(city=city, **given)

        monkeypatch.setattr(tasks, "credit_due_months", troubled)
        with pytest.raises(ExceptionGroup) as failed:
            tasks.credit_month()
        assert [str(failure) for failure in failed.value.exceptions] == ["gone"]
        assert list(CreditRun.objects.values_list("city", flat=True)) == [KAIFENG]


class TestCommand:
    def test_it_reports_what_it_did(self, kaifeng, capsys):
        MemberFactory(city=KAIFENG), MemberFactory(city=KAIFENG, paid=None)
        call_command("credit_accounts", KAIFENG, "2024-02")
        out = capsys.readouterr().out
        assert "100.00" in out
        assert "not_entitled_arrears" in out

    @pytest.mark.parametrize(
        ("city", "text"), [("999999", "2024-02"), (KAIFENG, "2024-13"), (KAIFENG, "9999-01")]
    )
    def test_it_refuses_what_it_does_not_know(self, kaifeng, city, text):
        with pytest.raises(CommandError):
            call_command("credit_accounts", city, text)
