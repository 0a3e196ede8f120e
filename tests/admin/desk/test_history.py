"""A version's history in the words and units that people use."""

from django.urls import reverse

from policies.history.telling import differing_lines
from policies.services.cases import save_cases
from policies.services.comments import add_comment
from tests.admin.desk.office import AT
from tests.admin.desk.test_cases import YAML

RATE = "benefits.ordinary.terms.level 3.retired.rate"


def history(client, version):
    return client.get(reverse("admin:policies_policyversion_history", args=[version.pk]))


def entries(answer) -> list:
    return [entry for step in answer.context["steps"] for entry in step.entries]


def test_codes_are_told_in_words(as_, desk):
    """Of a version that was made at once: when the account changes, and in which pools is counted."""
    text = history(as_(desk.manager), desk.draft).content.decode()
    assert "same_month" not in text
    assert "当月变更" in text


def test_a_remark_names_its_figure_in_words(as_, desk):
    add_comment(version=desk.draft, place=RATE, text="请附测算", author=desk.reviewer, at=AT, about=None)
    (told,) = [entry for entry in entries(history(as_(desk.manager), desk.draft)) if entry.who == "reviewer"]
    assert told.what == "普通门诊 / level 3 / 退休 / 基金支付比例"
    assert [change.new for change in told.changes] == ["请附测算"]


def test_of_a_case_only_the_lines_that_changed_are_shown(as_, desk):
    first = {"version": desk.draft, "actor": desk.officer, "at": AT}
    (case,) = save_cases(text=YAML, reason="补充案例", **first)
    save_cases(text=YAML.replace("110.00", "120.00"), reason="更正", replacing=case, **first)
    (changed,) = [
        entry for entry in entries(history(as_(desk.manager), desk.draft)) if entry.reason == "更正"
    ]
    (change,) = [change for change in changed.changes if "pooled_fund" in change.new]
    assert "110.00" in change.old
    assert "120.00" in change.new
    assert "institutions" not in change.old + change.new


def test_texts_of_one_line_and_those_that_differ_in_nothing_but_their_end_stay_whole():
    assert differing_lines("a", "b\nc") == ("a", "b\nc")
    assert differing_lines("a\nb", "a\nb\n") == ("a\nb", "a\nb\n")
    assert differing_lines("a\nb\nc", "a\nx\nc") == ("b", "x")


def test_breadcrumbs_name_a_version_as_people_do(as_, desk):
    for page in ("change", "review", "history"):
        address = reverse(f"admin:policies_policyversion_{page}", args=[desk.in_force.pk])
        text = as_(desk.manager).get(address).content.decode()
        assert "370600 2024-01-01" not in text
        assert "烟台市" in text
