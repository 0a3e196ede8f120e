"""A document's text cut at its clauses, so that a figure leads to the sentence that it rests on.

Texts number as 一、 → （一） → 1. or by articles (第九条); a clause as versions cite it (二(一)2, 第九条) is the
same path.
"""

import re
from dataclasses import dataclass

from policies.clauses import clause_order

_CHINESE = "一二三四五六七八九十百"
# How a line begins that opens a clause, with how deep it lies. An article is a clause of its own.
_OPENINGS = (
    (re.compile(rf"第[{_CHINESE}]+条"), 0),
    (re.compile(rf"[{_CHINESE}]+、"), 0),
    (re.compile(rf"[（(][{_CHINESE}]+[）)]"), 1),
    (re.compile(r"[0-9]{1,2}[.．、](?![0-9])"), 2),
)


@dataclass(frozen=True)
class Passage:
    """A line of the text. `path`: the clause that it belongs to, () before the first."""

    path: tuple[int, ...]
    text: str


def passages(text: str) -> list[Passage]:
    """The lines of a text that are not blank, each with its clause."""
    found, path = [], ()
    for line in filter(None, map(str.strip, text.splitlines())):
        path = _path_at(line, path)
        found.append(Passage(path, line))
    return found


def _path_at(line: str, path: tuple[int, ...]) -> tuple[int, ...]:
    """The clause of a line, given that of the line before."""
    for opening, depth in _OPENINGS:
        begins = opening.match(line)
        if begins and len(path) >= depth:
            return (*path[:depth], *clause_order(begins.group())[:1])
    return path


def cited(found: list[Passage], clause: str) -> range:
    """The lines of a clause with all under it, or of the nearest clause above that the text marks; else none."""
    path = clause_order(clause)
    for depth in range(len(path), 0, -1):
        lines = [n for n, passage in enumerate(found) if passage.path[:depth] == path[:depth]]
        if lines:
            return range(lines[0], lines[-1] + 1)
    return range(0)
