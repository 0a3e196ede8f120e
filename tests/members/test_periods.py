from datetime import date

import pytest

from members.periods import changed_days, overlap


def day(n: int | None) -> date | None:
    return n and date(2023, 1, n)


def span(text: str | None):
    """ "2-5" from the 2nd to the 5th, "2-" without end."""
    if text is None:
        return None
    first, last = text.split("-")
    return day(int(first)), day(int(last) if last else None)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("2-5", "5-9", True),
        ("2-5", "6-9", False),
        ("2-", "9-", True),
        ("2-5", "1-", True),
        ("6-", "2-5", False),
    ],
)
def test_periods_share_a_day(first, second, shared):
    assert overlap(span(first), span(second)) == overlap(span(second), span(first)) == shared


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (None, "2-5", "2-5"),
        ("2-", None, "2-"),
        ("2-5", "2-5", None),
        ("2-", "2-5", "6-"),
        ("2-5", "2-9", "6-9"),
        ("2-9", "2-5", "6-9"),
        ("2-", "5-", "2-4"),
        ("5-9", "2-9", "2-4"),
        ("2-5", "3-9", "2-9"),
        ("2-5", "3-", "2-"),
        (None, None, None),
    ],
)
def test_days_that_only_one_of_two_periods_has(before, after, changed):
    assert changed_days(span(before), span(after)) == span(changed)
