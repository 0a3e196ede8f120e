"""Periods of days, both ends inclusive, an open end being None: pure."""

from datetime import date, timedelta

Span = tuple[date, date | None]
_DAY = timedelta(days=1)


def overlap(first: Span, second: Span) -> bool:
    """Whether two periods share a day."""
    return _reaches(first, second[0]) and _reaches(second, first[0])


def _reaches(span: Span, day: date) -> bool:
    return span[1] is None or day <= span[1]


def changed_days(before: Span | None, after: Span | None) -> Span | None:
    """The days from the first to the last that only one of two periods has; None where they are the same.

    A period that is new or gone (the other None) is all of it.
    """
    if before == after:
        return None
    if before is None or after is None:
        return after or before
    if before[0] != after[0] and before[1] != after[1]:
        return min(before[0], after[0]), _later(before[1], after[1])
    if before[0] != after[0]:
        return min(before[0], after[0]), max(before[0], after[0]) - _DAY
    return min(end for end in (before[1], after[1]) if end) + _DAY, _later(before[1], after[1])


def _later(first: date | None, second: date | None) -> date | None:
    return None if first is None or second is None else max(first, second)
