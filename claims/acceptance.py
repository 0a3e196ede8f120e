"""Acceptance cases of policy versions: read and run by the worked cases' own code (policies.registry)."""

import re
from collections.abc import Sequence
from datetime import date
from textwrap import indent

from django.utils.translation import gettext as _

from claims.casebook import compare, stories
from claims.casebook.play import Played, play
from claims.casebook.reading import CaseFileError, read_stories
from claims.casebook.telling import steps_of, told
from policies import yaml12
from policies.registry import EntryRun, InvalidCases, Story
from policies.terms import Terms

_ITEM = re.compile(r"^(?=- )", re.MULTILINE)


def read_cases(text: str, city: str) -> list[Story]:
    """The cases in a text: one as a mapping, or a list of them, each with its own part of the text.

    Raises InvalidCases with everything that is wrong, also where a case is of another city.
    """
    listed = _as_list(text)
    found = _stories(listed)
    faults = [
        _("“%(name)s” is a case of %(city)s.") % {"name": story.name, "city": story.city}
        for story in found
        if str(story.city) != city
    ]
    names = [story.name for story in found]
    faults += [
        _("“%(name)s” stands twice.") % {"name": name}
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if faults:
        raise InvalidCases(faults)
    parts = [text] if len(found) == 1 else _parts(listed)
    if len(parts) != len(found):
        raise InvalidCases([_("Begin every case with “- ” at the start of a line.")])
    return [
        Story(story.name, part.strip() + "\n", _last_date(story))
        for story, part in zip(found, parts, strict=True)
    ]


def run_case(text: str, library: Sequence[Terms]) -> list[EntryRun]:
    """What each entry of a case comes to under a city's terms, in the order of their dates."""
    [story] = _stories(_as_list(text))
    played = play(story, {str(story.city): library})
    differing = compare.differences(story, played)
    return [
        EntryRun(
            number=number,
            about=told(one),
            expected={name: str(value) for name, value in one.entry.expect.items()},
            actual=_actual(one),
            differences=tuple((d.field, d.expected, d.actual) for d in differing if d.entry == number),
            steps=tuple(steps_of(one)),
        )
        for number, one in enumerate(played, 1)
    ]


def _actual(played: Played) -> dict[str, str]:
    """What it came to, without the amounts that are nothing."""
    return {
        name: compare.shown(name, value)
        for name, value in played.actual.items()
        if value not in (None, "") and (value != 0 or name in played.entry.expect)
    }


def _stories(text: str) -> list[stories.Story]:
    try:
        return read_stories(text, _("case"))
    except CaseFileError as error:
        raise InvalidCases(str(error).splitlines()) from error


def _as_list(text: str) -> str:
    """The text as a list of cases, also where it is one case alone."""
    try:
        alone = isinstance(yaml12.load(text), dict)
    except yaml12.YamlError as error:
        raise InvalidCases(error.faults) from error
    return "-\n" + indent(text, "  ") if alone else text


def _parts(text: str) -> list[str]:
    return [part for part in _ITEM.split(text) if part.startswith("- ")]


def _last_date(story: stories.Story) -> date | None:
    """The latest day on which something of the story is settled or credited."""
    days = [entry.on or entry.ends_on or entry.starts_on for entry in story.claims]
    days += [date.fromisoformat(f"{entry.credit}-01") for entry in story.claims if entry.credit is not None]
    return max((day for day in days if day is not None), default=None)
