"""docs/coverage.md tells the truth: every entry of the register once, and what it names exists and names it back."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
FOLDERS = ("tests/cases", "tests/completed/cases")
CITIES = {"CC": 103, "ZJ": 109, "CQ": 70, "YT": 80, "KF": 95}
KINDS = {"RULE": 190, "DUTY": 133, "PARAM": 79, "INFO": 55}

# Letters of the entries that adjudication and the monthly credits carry out.
ADJUDICATION = frozenset("ABCDEFGHIJMNOPUW")
# A rule of these letters that no case can show: reimbursement on paper at the bureau.
NO_CASE = {"CC-079"}

ROW = re.compile(r"^\| ([A-Z]{2}-\d{3}) \| ([A-Z]+) \| ([A-Z]) \| (.+?) \| (.+?) \| (.+) \|$")
LINK = re.compile(r"\[([^\[\]]+)\]\(\.\./([^()]+)\)")
NAMED = re.compile(r"^  # ((?:[A-Z]{2}-\d{3} ?)+)$", re.MULTILINE)

rows = {m[1]: m for m in map(ROW.match, PAGE.read_text(encoding="utf-8").splitlines()) if m}


def links(row) -> set[tuple[str, str]]:
    """(file, text) of what a row points to."""
    return {(path, text) for text, path in LINK.findall(row[6])}


def linked_cases(row) -> set[tuple[str, str]]:
    return {link for link in links(row) if link[0].startswith(FOLDERS) and link[0].endswith(".yaml")}


def named_in_cases() -> dict[str, set[tuple[str, str]]]:
    """By entry, the (file, story) whose comment names it."""
    found = {}
    for path in sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.yaml")):
        for story in re.split(r"^- name: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name = story.splitlines()[0].strip()
            for entry in " ".join(NAMED.findall(story)).split():
                found.setdefault(entry, set()).add((path.relative_to(ROOT).as_posix(), name))
    return found


CASES = named_in_cases()


def test_every_entry_stands_exactly_once():
    found = re.findall(r"^\| ([A-Z]{2}-\d{3}) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [f"{city}-{number:03d}" for city, count in CITIES.items() for number in range(1, count + 1)]
    assert found == wanted
    assert list(rows) == wanted


def test_the_kinds_are_those_of_the_register():
    assert Counter(row[2] for row in rows.values()) == KINDS


@pytest.mark.parametrize("entry", [e for e, row in rows.items() if row[2] == "PARAM"])
def test_every_figure_has_a_case(entry):
    assert linked_cases(rows[entry])


@pytest.mark.parametrize(
    "entry",
    [e for e, row in rows.items() if row[2] == "RULE" and row[3] in ADJUDICATION and e not in NO_CASE],
)
def test_every_rule_of_adjudication_has_a_case(entry):
    assert linked_cases(rows[entry])


def test_every_other_entry_has_a_place_a_case_or_a_word():
    words = ("DUTY: later — ", "DUTY: outside — ", "INFO", "the institution states")
    assert not [e for e, row in rows.items() if not links(row) and not row[6].startswith(words)]


def test_cases_and_page_name_each_other():
    """Both ways: a case that names an entry is listed with it, and nothing else is."""
    assert {e: linked_cases(row) for e, row in rows.items() if linked_cases(row)} == CASES


def test_every_place_exists():
    places = {path for row in rows.values() for path, _text in links(row)}
    assert not [path for path in sorted(places) if not (ROOT / path).is_file()]
