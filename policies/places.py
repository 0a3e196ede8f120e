"""Places of a version by its file's keys (`benefits.ordinary.terms.level 3.employed.rate`): to find and to link."""

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")
_ENDS = (".", " ", "[")
_ODD = re.compile(r"[^\w-]+")
_NAMED = re.compile(r"(?<=\]) .*")  # "limits[1] ordinary": the number says it all


def anchor(place: str) -> str:
    """The id of a place on a page."""
    return "at-" + _ODD.sub("-", _NAMED.sub("", place)).strip("-")


def within(place: str, outer: str) -> bool:
    """Whether a place is `outer` or a part of it."""
    return place == outer or (place.startswith(outer) and place[len(outer)] in _ENDS)


class Placed(Generic[Thing]):
    """Things by their places; the closest one around a place is found."""

    def __init__(self, things: Iterable[tuple[str, Thing]]):
        self._things = dict(things)

    def find(self, place: str) -> Thing | None:
        if place in self._things:
            return self._things[place]
        around = [outer for outer in self._things if within(place, outer)]
        return self._things[max(around, key=len)] if around else None
