"""Every worked case holds, and `run_cases` says so, or says what does not (spec 4)."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import translation

from claims.casebook.compare import differences
from claims.casebook.play import play
from claims.casebook.reading import read_paths
from policies.library import project_terms

CASES = Path(__file__).parent
COMPLETED = CASES.parent / "completed"
POLICIES = sorted((COMPLETED / "policies").glob("*.yaml"))


def stories(folder: Path) -> list:
    return [
        pytest.param(story, id=f"{path.relative_to(folder).with_suffix('')}: {story.name}")
        for path, found in read_paths([str(folder)])
        for story in found
    ]


@pytest.fixture(scope="module")
def project():
    return project_terms()


@pytest.fixture(scope="module")
def completed():
    """The project's versions, with those of tests/completed in place of or beside them."""
    return project_terms(POLICIES)


@pytest.mark.parametrize("story", stories(CASES))
def test_a_case_holds(story, project):
    assert not differences(story, play(story, project))


@pytest.mark.parametrize("story", stories(COMPLETED / "cases"))
def test_a_case_of_a_completed_policy_holds(story, completed):
    assert not differences(story, play(story, completed))


def test_the_documents_cases_hold_beside_completed_policies_of_other_figures(completed):
    """A file replaces the version of its city and date only: Kaifeng's of 2023 stand."""
    for _path, found in read_paths([str(CASES / "documents" / "kaifeng.yaml")]):
        for story in found:
            assert not differences(story, play(story, completed))


HOLDS = """
- name: holds
  city: 410200
  institutions: {clinic: {level: 1, kind: community}}
  claims:
    - {id: first, at: clinic, date: 2023-03-01, benefit: ordinary, eligible: 10.00, expect: {pooled_fund: 6.00}}
    - {reverse: first}
    - {credit: 2023-03, expect: {account_credit: 100.00}}
"""
FAILS = """
- name: expects too much
  city: 410200
  institutions: {clinic: {level: 1, kind: community}}
  claims:
    - {at: clinic, date: 2023-03-01, benefit: ordinary, eligible: 10.00, expect: {outcome: settled}}
    - at: clinic
      date: 2023-03-02
      benefit: ordinary
      eligible: 10.00
      expect: {fund_rate: 0.7, pooled_fund: 7.00, cash: 4.00}
"""


def with_line(line: str) -> str:
    """The story that holds, with one key more."""
    return HOLDS.replace("  city: 410200\n", f"  city: 410200\n  {line}\n")


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, output and errors of `run_cases` with these arguments."""
    out, err = StringIO(), StringIO()
    try:
        with translation.override("en"):
            call_command("run_cases", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as exit:
        return exit.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def write(tmp_path):
    """Writes a file of worked cases (or a policy) and returns its path."""

    def write(text: str, name: str = "case.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


class TestRunCases:
    def test_0_when_all_hold(self, write):
        status, out, err = run(write(HOLDS))
        assert (status, err) == (0, "")
        assert "1 cases, 3 entries: none failed" in out

    def test_1_with_the_case_the_claim_each_field_and_the_steps(self, write):
        status, out, _err = run(write(HOLDS), write(FAILS, "fails.yaml"))
        assert status == 1
        assert "holds" not in out
        assert "expects too much" in out
        assert "entry 2: ordinary at clinic, 2023-03-02" in out
        assert "entry 1" not in out
        assert "fund_rate: expected 0.7, got 0.60" in out
        assert "pooled_fund: expected 7.00, got 6.00" in out
        assert "cash" not in out.split("1. ")[0]
        assert "the pooled fund pays 60%, 6.00 yuan" in out
        assert "1 failed" in out

    def test_1_where_nothing_was_expected_but_the_outcome(self, write):
        text = FAILS.replace("{fund_rate: 0.7, pooled_fund: 7.00, cash: 4.00}", "{outcome: pended}")
        status, out, _err = run(write(text))
        assert status == 1
        assert "outcome: expected pended, got settled" in out

    def test_1_with_what_a_rejected_claim_lacks(self, write):
        text = FAILS.replace(
            "date: 2023-03-01, benefit: ordinary", "id: stay, from: 2023-03-01, benefit: inpatient"
        )
        status, out, _err = run(write(text))
        assert status == 1
        assert "entry 1 (stay): inpatient at clinic" in out
        assert "Inpatient care and day surgery need both an admission and a discharge date." in out

    def test_names_may_be_numbers(self, write):
        """YAML reads 1 as a number; as a name of a claim, a place, a person or an item it is a name."""
        text = """
- name: numbers
  city: 370600
  members: {7: {}}
  institutions: {1: {level: 1, kind: community}}
  catalogue: {1001: {class: A}}
  claims:
    - id: 1
      member: 7
      at: 1
      date: 2023-03-01
      benefit: ordinary
      lines: [{item: 1001, price: 600}]
      expect: {pooled_fund: 70.00}
    - {reverse: 1, expect: {pooled_fund: -70.00}}
"""
        assert run(write(text))[0] == 0

    def test_a_folder_is_read_with_the_folders_in_it(self, write, tmp_path):
        (tmp_path / "city").mkdir()
        write(HOLDS, "city/one.yaml")
        write(HOLDS, "two.yml")
        write("no YAML: [", "notes.txt")
        status, out, _err = run(tmp_path)
        assert status == 0
        assert "2 cases" in out

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("- {name: x, city: 410200, claims: [}", "line 1"),
            ("", "list of cases"),
            ("name: x", "list of cases"),
            ("- {city: 410200, claims: []}", "name"),
            ("- {name: x, city: 410200, claims: [], nonsense: 1}", "nonsense"),
            ("- {name: x, name: y, city: 410200, claims: []}", "twice"),
            (HOLDS.replace("at: clinic", "at: nowhere"), "nowhere"),
            (HOLDS.replace("2023-03-01", "2023-02-29"), "date"),
            (HOLDS.replace("benefit: ordinary", "benefit: dental"), "dental"),
            (HOLDS.replace("eligible: 10.00", "eligible: 10.005"), "10.005"),
            (HOLDS.replace("eligible: 10.00", "eligible: -10.00"), "-10"),
            (HOLDS.replace("eligible: 10.00", "eligible: ten"), "eligible"),
            (HOLDS.replace("credit: 2023-03", "credit: 2023-13"), "2023-13"),
            (HOLDS.replace("credit: 2023-03", "credit: 2023-03, member: nobody"), "nobody"),
            (with_line("member: {unpaid_months: [2023-13]}"), "2023-13"),
            (with_line("member: {paid_late: {2023-13: 2023-03-01}}"), "2023-13"),
            (with_line("member: {status: retired, retired_on: 2023-01-01}"), "retired_on"),
            (with_line("family: [{owner: ghost, user: member, relation: spouse}]"), "ghost"),
            (with_line("catalogue: {A1: {class: B, upfront: 0.12345}}"), "0.12345"),
            (HOLDS.replace("{pooled_fund: 6.00}", "{pooled_fund: six}"), "six"),
        ],
    )
    def test_2_when_a_file_cannot_be_read_with_its_fault(self, write, text, fault):
        status, out, err = run(write(HOLDS, "good.yaml"), write(text, "bad.yaml"))
        assert status == 2
        assert "bad.yaml" in err
        assert fault in err
        assert out == ""

    def test_2_where_there_is_no_such_file(self, tmp_path):
        status, _out, err = run(tmp_path / "missing.yaml")
        assert status == 2
        assert "missing.yaml" in err

    @pytest.mark.parametrize("text", ["city: 410200", "no policy: [", "[]"])
    def test_2_when_a_policy_cannot_be_used(self, write, text):
        status, out, err = run(write(HOLDS), "--policy", write(text, "policy.yaml"))
        assert status == 2
        assert err
        assert out == ""

    def test_2_where_a_policy_file_is_missing(self, write, tmp_path):
        status, _out, err = run(write(HOLDS), "--policy", tmp_path / "missing.yaml")
        assert status == 2
        assert "missing.yaml" in err

    def test_policy_files_replace_or_add_versions(self):
        policies = [part for path in POLICIES for part in ("--policy", path)]
        assert run(COMPLETED / "cases", *policies)[0] == 0
        status, out, _err = run(COMPLETED / "cases" / "changchun.yaml")
        assert status == 1
        assert "三(七)" in out

    def test_needs_no_database_and_leaves_nothing(self, write, tmp_path):
        """On a fresh clone, with a folder of its own for whatever it might write."""
        var = tmp_path / "var"
        fresh = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BROKER_URL")}
        status = subprocess.run(
            [sys.executable, "manage.py", "run_cases", str(write(HOLDS))],
            cwd=CASES.parents[1],
            env={**fresh, "VAR_DIR": str(var)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert status.returncode == 0, status.stderr
        assert not list(var.glob("*.sqlite3*"))
