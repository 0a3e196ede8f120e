"""Framework bounds: a version that breaks one is told which, and by which clause."""

from policies import library
from policies.bounds import broken_bounds
from tests.policies.build import CHONGQING, cell, content, day

BOUNDS = library.read_register().bounds


def broken(change=lambda version: None, first=None):
    version = content(CHONGQING, "2023-01-01")
    change(version)
    return [str(broken) for broken in broken_bounds(version, BOUNDS, first)]


def rates(version, **by_status):
    for status, rate in by_status.items():
        cell(version, "ordinary", "level 3", status).rate = rate


def test_the_illustrative_figures_keep_within_the_framework():
    assert broken() == []


def test_a_rate_below_half_names_the_bound_and_its_clause():
    found = broken(lambda v: rates(v, employed=4_999))
    assert found == [
        "渝府办发〔2022〕16号 一(二)、二(二)1: the fund rate has to be at least 50%; "
        "ordinary outpatient / Level 3 / employed has 49.99%"
    ]


def test_exactly_half_is_enough():
    assert broken(lambda v: rates(v, employed=5_000, retired=5_000)) == []


def test_retired_members_may_not_have_less_than_employed_ones():
    found = broken(lambda v: rates(v, employed=6_001))
    assert len(found) == 1
    assert "渝府办发〔2022〕16号 二(二)1" in found[0]
    assert "60% < 60.01%" in found[0]


def test_retired_members_may_not_be_left_out():
    def leave_out(version):
        cell(version, "ordinary", "level 3", "retired").offered = False

    assert len(broken(leave_out)) == 1


def test_an_unset_rate_breaks_no_bound():
    def unset(version):
        for status in ("employed", "retired"):
            given = cell(version, "ordinary", "level 3", status)
            given.rate, given.rate_waits_for = None, "细则"

    assert broken(unset) == []


def test_a_city_has_to_have_a_version_by_the_deadline():
    def late(version):
        version.effective_from = day("2024-01-01")

    assert "has to be in place by 2023-12-31, and starts only on 2024-01-01" in broken(late)[0]
    assert broken(late, first=day("2023-07-01")) == []
    assert len(broken(late, first=day("2024-03-01"))) == 1
