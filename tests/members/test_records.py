"""What holds for a member on a day: spec 2.6, and the coordination of stays. Without any database."""

from dataclasses import replace
from datetime import date

import pytest

from members.records import (
    LATE,
    OPEN,
    PAID,
    UNPAID,
    Cover,
    Due,
    InstitutionRecord,
    MemberRecord,
    Period,
    Standing,
    full_years,
    month_of,
    month_start,
)
from policies.library import project_terms
from policies.terms import EMPLOYEE, FLEXIBLE
from tests.factories import month

BORN = date(1980, 5, 1)
TERMS = project_terms()
ZHENJIANG, KAIFENG = TERMS["321100"][0], TERMS["410200"][-1]


def member(paid=(), *, employment=EMPLOYEE, unpaid=(), late=None, flexible_from=None, **fields):
    """A member who paid the months `paid` in time, as flexible from `flexible_from` on."""
    since = month(flexible_from) if flexible_from else (0 if employment == FLEXIBLE else 10**6)
    kind = lambda ordinal: FLEXIBLE if ordinal >= since else EMPLOYEE  # noqa: E731
    dues = {month(m): Due(month_start(month(m)), kind(month(m)), 500000) for m in paid}
    dues |= {month(m): Due(None, kind(month(m)), 500000) for m in unpaid}
    dues |= {month(m): Due(day, kind(month(m)), 500000) for m, day in (late or {}).items()}
    settled = [m for m, due in dues.items() if due.paid_on]
    flexible = [m for m in settled if m >= since]
    cover = Cover("321100", employment, "combined", date(2000, 1, 1))
    return MemberRecord(
        id=1,
        number="",
        born=BORN,
        covers=(cover,),
        dues=dues,
        first_paid=min(settled, default=None),
        first_flexible=min(flexible, default=None),
        **fields,
    )


def months(first: str, last: str) -> list[str]:
    return [f"{month_start(m):%Y-%m}" for m in range(month(first), month(last) + 1)]


def test_months_are_ordinals_of_calendar_months():
    assert month_start(month_of(date(2023, 12, 31))) == date(2023, 12, 1)
    assert month_of(date(2024, 1, 1)) - month_of(date(2023, 12, 31)) == 1


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(1988, 1, 15), date(2023, 1, 1), 34),
        (date(1988, 1, 15), date(2023, 1, 15), 35),
        (date(1988, 2, 29), date(2023, 2, 28), 34),
        (date(1988, 2, 29), date(2023, 3, 1), 35),
        (date(1988, 1, 1), date(2023, 1, 1), 35),
    ],
)
def test_age_is_in_full_years(born, on, years):
    assert full_years(born, on) == years


class TestArrears:
    """2.6: a month is unpaid after its last day; until then the current month counts as paid."""

    def test_a_month_paid_on_its_last_day_is_paid(self):
        record = member(late={"2023-04": date(2023, 4, 30)})
        assert record.due_state(month("2023-04"), date(2023, 6, 1)) == PAID

    def test_a_month_paid_on_the_next_first_is_late(self):
        record = member(late={"2023-04": date(2023, 5, 1)})
        assert record.due_state(month("2023-04"), date(2023, 6, 1)) == LATE

    def test_a_month_paid_ahead_is_paid(self):
        record = member(late={"2023-04": date(2022, 12, 31)})
        assert record.due_state(month("2023-04"), date(2023, 4, 1)) == PAID

    def test_an_unbooked_month_is_open_through_its_last_day(self):
        assert member().due_state(month("2023-04"), date(2023, 4, 30)) == OPEN

    def test_an_unbooked_month_is_unpaid_from_the_next_day_on(self):
        assert member().due_state(month("2023-04"), date(2023, 5, 1)) == UNPAID

    def test_a_month_declared_unpaid_is_open_through_its_last_day_too(self):
        record = member(unpaid=["2023-04"])
        assert record.due_state(month("2023-04"), date(2023, 4, 30)) == OPEN
        assert record.due_state(month("2023-04"), date(2023, 5, 1)) == UNPAID

    def test_what_is_final_is_unpaid_at_once(self):
        """A worked case says how its months end (spec 4: in arrears whatever the day of receipt)."""
        record = member(unpaid=["2023-04"], dues_are_final=True)
        assert record.due_state(month("2023-04"), date(2023, 4, 2)) == UNPAID
        assert record.due_state(month("2023-05"), date(2023, 5, 2)) == OPEN


class TestWaiting:
    """镇江 三(三)1: from the month after registration and payment; flexible 2 months, also after a gap (I-9)."""

    def until(self, record, day, employment=EMPLOYEE, known_on=date(2024, 1, 1), terms=ZHENJIANG):
        return record.waiting_until(day, employment, terms, known_on)

    def test_an_employee_paid_first_in_january_is_covered_from_1_february(self):
        record = member(months("2023-01", "2023-12"))
        assert self.until(record, date(2023, 1, 31)) == date(2023, 2, 1)
        assert self.until(record, date(2023, 2, 1)) is None

    def test_a_flexible_member_paid_first_in_january_is_covered_from_1_march(self):
        record = member(months("2023-01", "2023-12"), employment=FLEXIBLE)
        assert self.until(record, date(2023, 1, 1), FLEXIBLE) == date(2023, 3, 1)
        assert self.until(record, date(2023, 2, 28), FLEXIBLE) == date(2023, 3, 1)
        assert self.until(record, date(2023, 3, 1), FLEXIBLE) is None

    def test_waiting_crosses_the_year(self):
        record = member(months("2022-12", "2023-12"), employment=FLEXIBLE)
        assert self.until(record, date(2023, 1, 31), FLEXIBLE) == date(2023, 2, 1)
        assert self.until(record, date(2023, 2, 1), FLEXIBLE) is None

    def test_the_first_month_waits_though_it_is_open(self):
        assert self.until(member(), date(2023, 5, 3), known_on=date(2023, 5, 3)) == date(2023, 6, 1)

    def test_a_flexible_member_waits_anew_after_an_unpaid_month(self):
        paid = [*months("2022-01", "2023-04"), *months("2023-06", "2023-12")]
        record = member(paid, employment=FLEXIBLE)
        assert self.until(record, date(2023, 4, 30), FLEXIBLE) is None
        assert self.until(record, date(2023, 6, 1), FLEXIBLE) == date(2023, 8, 1)
        assert self.until(record, date(2023, 7, 31), FLEXIBLE) == date(2023, 8, 1)
        assert self.until(record, date(2023, 8, 1), FLEXIBLE) is None

    def test_after_several_unpaid_months_the_next_payment_counts(self):
        paid = [*months("2022-01", "2023-01"), *months("2023-05", "2023-12")]
        record = member(paid, employment=FLEXIBLE, unpaid=months("2023-02", "2023-04"))
        assert self.until(record, date(2023, 6, 30), FLEXIBLE) == date(2023, 7, 1)
        assert self.until(record, date(2023, 7, 1), FLEXIBLE) is None

    def test_a_second_gap_inside_the_wait_starts_it_once_more(self):
        paid = [*months("2022-01", "2023-01"), "2023-03", *months("2023-05", "2023-12")]
        record = member(paid, employment=FLEXIBLE)
        assert self.until(record, date(2023, 5, 1), FLEXIBLE) == date(2023, 7, 1)

    def test_a_month_paid_late_is_no_interruption_where_back_payment_restores(self):
        paid = [*months("2022-01", "2023-04"), *months("2023-06", "2023-12")]
        record = member(paid, employment=FLEXIBLE, late={"2023-05": date(2023, 9, 1)})
        assert self.until(record, date(2023, 6, 1), FLEXIBLE) is None

    def test_a_month_paid_late_interrupts_where_back_payment_does_not_restore(self):
        strict = _with(ZHENJIANG, back_payment_restores=False)
        paid = [*months("2022-01", "2023-04"), *months("2023-06", "2023-12")]
        record = member(paid, employment=FLEXIBLE, late={"2023-05": date(2023, 9, 1)})
        assert self.until(record, date(2023, 6, 1), FLEXIBLE, terms=strict) == date(2023, 8, 1)

    def test_an_employee_does_not_wait_anew_after_an_unpaid_month(self):
        paid = [*months("2022-01", "2023-04"), *months("2023-06", "2023-12")]
        assert self.until(member(paid), date(2023, 6, 1)) is None

    def test_unpaid_months_before_the_first_payment_are_no_interruption(self):
        record = member(months("2023-03", "2023-12"), employment=FLEXIBLE, unpaid=["2023-01", "2023-02"])
        assert self.until(record, date(2023, 4, 30), FLEXIBLE) == date(2023, 5, 1)
        assert self.until(record, date(2023, 5, 1), FLEXIBLE) is None

    def test_becoming_flexible_for_the_first_time_starts_the_wait(self):
        record = member(months("2020-01", "2023-12"), flexible_from="2023-05")
        assert self.until(record, date(2023, 4, 30)) is None
        assert self.until(record, date(2023, 5, 1), FLEXIBLE) == date(2023, 7, 1)
        assert self.until(record, date(2023, 7, 1), FLEXIBLE) is None

    def test_becoming_flexible_in_a_month_not_booked_yet_waits_from_that_month(self):
        record = member(months("2020-01", "2023-04"))
        known_on = date(2023, 5, 10)
        assert self.until(record, date(2023, 5, 10), FLEXIBLE, known_on) == date(2023, 7, 1)

    def test_returning_from_flexible_to_employee_does_not_wait(self):
        record = member(months("2020-01", "2023-12"), employment=FLEXIBLE)
        assert self.until(record, date(2023, 6, 1), EMPLOYEE) is None

    def test_where_the_version_has_no_waiting_period_nobody_waits(self):
        record = member(months("2023-05", "2023-12"), employment=FLEXIBLE)
        assert self.until(record, date(2023, 5, 1), FLEXIBLE, terms=KAIFENG) is None


def _with(terms, *, back_payment_restores: bool):
    return replace(terms, entitlement=replace(terms.entitlement, back_payment_restores=back_payment_restores))


class TestCover:
    covers = (
        Cover("370600", EMPLOYEE, "combined", date(2020, 1, 1), date(2023, 3, 31)),
        Cover("410200", EMPLOYEE, "combined", date(2023, 4, 1)),
    )

    def record(self, **fields):
        return MemberRecord(1, "", BORN, self.covers, **fields)

    @pytest.mark.parametrize(
        ("day", "city"),
        [
            (date(2019, 12, 31), None),
            (date(2020, 1, 1), "370600"),
            (date(2023, 3, 31), "370600"),
            (date(2023, 4, 1), "410200"),
        ],
    )
    def test_both_end_days_are_covered(self, day, city):
        cover = self.record().cover_on(day)
        assert (cover and cover.city) == city

    def test_the_day_of_death_is_covered_and_no_later_one(self):
        record = self.record(died_on=date(2023, 5, 9))
        assert record.cover_on(date(2023, 5, 9)) is not None
        assert record.cover_on(date(2023, 5, 10)) is None

    def test_retired_from_the_day_retired_benefits_start(self):
        record = self.record(retired_on=date(2023, 5, 9))
        assert record.status_on(date(2023, 5, 8)) == "employed"
        assert record.status_on(date(2023, 5, 9)) == "retired"


class TestCoordination:
    """2.6: admission date < service date < discharge date; specialised care covers both its end days."""

    record = MemberRecord(
        1,
        "",
        BORN,
        (),
        stays=(Period(date(2023, 5, 1), date(2023, 5, 10)), Period(date(2023, 9, 1))),
        ltc=(Period(date(2023, 7, 1), date(2023, 7, 31)),),
    )

    @pytest.mark.parametrize(
        ("day", "inside"),
        [
            (date(2023, 5, 1), False),
            (date(2023, 5, 2), True),
            (date(2023, 5, 9), True),
            (date(2023, 5, 10), False),
            (date(2023, 9, 1), False),
            (date(2023, 9, 2), True),
            (date(2030, 1, 1), True),
        ],
    )
    def test_a_stay_covers_the_days_between_its_ends(self, day, inside):
        assert (self.record.stay_on(day) is not None) == inside

    @pytest.mark.parametrize(
        ("day", "inside"),
        [
            (date(2023, 6, 30), False),
            (date(2023, 7, 1), True),
            (date(2023, 7, 31), True),
            (date(2023, 8, 1), False),
        ],
    )
    def test_specialised_care_covers_its_ends(self, day, inside):
        assert (self.record.ltc_on(day) is not None) == inside


def test_an_institution_has_the_standing_begun_last():
    always = (Period(date(2015, 1, 1)),)
    first, second = (Standing(date(y, 1, 1), level, "general", "city") for y, level in ((2015, 2), (2023, 3)))
    record = InstitutionRecord(1, "H1", "x", "370600", (first, second), always, (("ordinary", always[0]),))
    assert record.standing_on(date(2014, 12, 31)) is None
    assert record.standing_on(date(2022, 12, 31)) == first
    assert record.standing_on(date(2023, 1, 1)) == second
    assert record.designated_on(date(2023, 1, 1)) == {"ordinary"}
    assert not record.agreed_on(date(2014, 12, 31))


def test_a_record_does_not_print_the_personal_number():
    record = MemberRecord(1, "370600198005010017", BORN, ())
    assert "370600198005010017" not in repr(record)
