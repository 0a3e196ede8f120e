"""Each check at review: what trips it, what it says, and which steps it forbids."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies import services
from policies.bounds import broken_bounds
from policies.checks import framework_bounds, review_checks, version_before
from policies.findings import ALWAYS, BROKEN, DOUBTFUL, HOLDS
from policies.models import City, FrameworkBound, PolicyDocument, PolicyVersion
from policies.services import VersionRefused
from policies.services.comments import add_comment, resolve_comment
from tests.factories import InstitutionFactory
from tests.policies.build import (
    CHANGCHUN,
    CHONGQING,
    KAIFENG,
    YANTAI,
    cell,
    content,
    day,
    published,
)
from tests.policies.build import draft as loaded_draft
from tests.policies.desk.people import AT, hire, submit
from tests.policies.desk.test_editing import broadened


def found(version, code):
    version = PolicyVersion.objects.get(pk=version.pk)
    return [finding for finding in review_checks(version) if finding.code == code]


def one(version, code, mark):
    findings = [finding for finding in found(version, code) if finding.mark == mark]
    assert len(findings) == 1, findings
    return findings[0]


def holds(version, code):
    assert [finding.mark for finding in found(version, code)] == [HOLDS]


# --- Gaps -----------------------------------------------------------------------------------------


def test_every_gap_is_listed_with_its_place(register):
    version = loaded_draft(content(limits=[], entitlement=None))
    gaps = found(version, "gaps")
    assert [(gap.mark, gap.place) for gap in gaps] == [
        (BROKEN, "limits"),
        (BROKEN, "limits"),
        (BROKEN, "entitlement.back_payment_restores"),
    ]
    assert all(gap.forbids == ALWAYS for gap in gaps)
    assert "no payment limit names ordinary outpatient for retired members" in gaps[1].explanation


def test_a_missing_clause_is_a_gap_at_its_figure(register):
    version = content()
    cell(version, "ordinary", "level 3", "retired").clause = ""
    gap = one(loaded_draft(version), "gaps", BROKEN)
    assert gap.place == "benefits.ordinary.terms.level 3.retired"
    assert "the clause is missing" in gap.explanation


def test_a_complete_version_has_no_gap_and_keeps_its_bounds(draft):
    holds(draft, "gaps")
    holds(draft, "bounds")
    holds(draft, "not_from_text")
    holds(draft, "comments")
    holds(draft, "cases")


# --- Bounds ---------------------------------------------------------------------------------------


@pytest.fixture
def shandong(register):
    """A framework of the province that Yantai lies in."""
    province = City.objects.create(code="370000", name="山东省")
    document = PolicyDocument.objects.get(number="鲁政办发〔2021〕22号")

    def bound(rule, city=province, **more):
        clause = {"document": document, "clause": "二(三)"}
        return FrameworkBound.objects.create(rule=rule, city=city, **clause, **more)

    return bound


# rule, its figure, what the draft is to say instead → what the message names
ORDINARY = {"benefit": "ordinary"}
BOUNDS = [
    (
        {"rule": "min_rate", "value": 7_500, "status": "retired", **ORDINARY},
        ["at least 75%", "Level 2 / retired", "65%"],
    ),
    ({"rule": "max_rate", "value": 7_400, **ORDINARY}, ["at most 74%", "Level 1 and below / retired", "75%"]),
    (
        {"rule": "max_deductible", "value": 60_000, **ORDINARY},
        ["at most 600.00 yuan", "Level 3 / employed", "800.00 yuan"],
    ),
    (
        {"rule": "max_limit", "value": 80_000, **ORDINARY},
        ["at most 800.00 yuan", "ordinary outpatient / employed / retired", "900.00 yuan"],
    ),
    ({"rule": "latest_date", "on": date(2022, 6, 30)}, ["by 2022-06-30", "2022-07-01"]),
]


@pytest.mark.parametrize(("bound", "said"), BOUNDS, ids=[bound["rule"] for bound, _said in BOUNDS])
def test_each_bound_names_clause_and_figures_and_stops_the_draft(bound, said, draft, people, shandong):
    shandong(**bound)
    broken = found(draft, "bounds")
    assert broken
    for finding in broken:
        assert (finding.mark, finding.document, finding.clause) == (BROKEN, "鲁政办发〔2021〕22号", "二(三)")
        assert finding.forbids == ALWAYS
    text = "\n".join(str(finding) for finding in broken)
    assert all(part in text for part in said), text
    with pytest.raises(VersionRefused) as refused:
        submit(draft, people)
    assert [str(f) for f in refused.value.findings] == [str(f) for f in broken]


def test_retired_members_may_not_be_worse_off(draft, people, shandong):
    shandong("retired_tilt", benefit="ordinary")
    holds(draft, "bounds")
    version = content()
    cell(version, "ordinary", "level 3", "retired").rate = 4_000
    finding = one(loaded_draft(version), "bounds", BROKEN)
    assert "40% < 50%" in finding.explanation
    assert finding.place == "benefits.ordinary.terms.level 3.retired.rate"


@pytest.mark.parametrize("bound", [bound for bound, _said in BOUNDS], ids=lambda bound: bound["rule"])
def test_what_lies_exactly_on_a_bound_keeps_it(bound, draft, shandong):
    exact = {"min_rate": 5_500, "max_rate": 7_500, "max_deductible": 80_000, "max_limit": 90_000}
    edge = {"value": exact[bound["rule"]]} if "value" in bound else {"on": date(2022, 7, 1)}
    shandong(**{**bound, **edge})
    holds(draft, "bounds")


def test_a_bound_of_the_city_itself_counts_and_those_of_other_provinces_do_not(draft, shandong):
    shandong("min_rate", value=9_000, benefit="ordinary", city=City.objects.get(pk=KAIFENG))
    holds(draft, "bounds")
    shandong("min_rate", value=9_000, benefit="ordinary", status="employed", city=City.objects.get(pk=YANTAI))
    assert len(found(draft, "bounds")) == 3
    assert {bound.city_id for bound in framework_bounds(YANTAI)} == {YANTAI}


@pytest.mark.parametrize("rule", ["min_rate", "max_rate", "max_deductible", "max_limit", "latest_date"])
def test_a_bound_without_its_figure_demands_nothing(rule, draft, shandong):
    shandong(rule)
    holds(draft, "bounds")


def test_bounds_are_tried_on_drafts_with_gaps_too(register):
    version = content(CHONGQING, "2023-01-01", limits=[])
    cell(version, "ordinary", "level 3", "employed").rate = 4_000
    broken = broken_bounds(version, framework_bounds(CHONGQING))
    assert [b.bound.rule for b in broken] == ["min_rate"]


# --- Where figures come from ----------------------------------------------------------------------


def test_chongqing_lists_exactly_what_it_lacks(register):
    people = hire(CHONGQING)
    version = services.create_draft(
        content=content(CHONGQING, "2023-01-01"), actor=people.officer, reason="细则未到", at=AT
    )
    lacking = found(version, "not_from_text")
    assert [finding.place for finding in lacking] == [
        "effective.from",
        "tiers",
        "benefits.ordinary.terms",
        "limits",
        "limits",
    ]
    assert {finding.mark for finding in lacking} == {BROKEN}
    with pytest.raises(VersionRefused) as refused:
        submit(version, people)
    assert [finding.place for finding in refused.value.findings] == [finding.place for finding in lacking]


def test_an_assumed_date_asks_for_a_look(register):
    finding = one(loaded_draft(content(CHANGCHUN, "2023-01-01")), "not_from_text", DOUBTFUL)
    assert (finding.place, finding.figures) == ("effective.from", ("2023-01-01",))


def test_a_figure_without_clause_names_the_reading_that_it_rests_on(draft):
    doubtful = {finding.place: finding.explanation for finding in found(draft, "clauses")}
    assert "I-8" in doubtful["entitlement"]
    assert set(doubtful) == {"benefits.emergency", "entitlement", "account_credits[1]", "account_credits[2]"}


# --- Jumps ----------------------------------------------------------------------------------------

JUMPS = [
    (lambda v: setattr(cell(v, "ordinary", "level 3", "employed"), "rate", 7_001), "50% → 70.01%"),
    (lambda v: setattr(cell(v, "ordinary", "level 3", "employed"), "rate", 2_999), "50% → 29.99%"),
    (lambda v: setattr(v.limits[0], "amount", 135_001), "900 → 1,350.01"),
    (lambda v: setattr(v.limits[0], "amount", 44_999), "900 → 449.99"),
]
NO_JUMPS = [
    lambda v: setattr(cell(v, "ordinary", "level 3", "employed"), "rate", 7_000),
    lambda v: setattr(v.limits[0], "amount", 135_000),
    lambda v: setattr(v.limits[0], "amount", 45_000),
]


@pytest.mark.parametrize(("jump", "said"), JUMPS)
def test_a_rate_by_more_than_20_points_and_a_limit_by_more_than_half_are_jumps(jump, said, register):
    published(content())
    later = content(effective_from=day("2023-01-01"))
    jump(later)
    findings = found(loaded_draft(later), "jumps")
    assert {finding.mark for finding in findings} == {DOUBTFUL}
    assert any(said in finding.explanation for finding in findings)
    assert not any(finding.forbids for finding in findings)


@pytest.mark.parametrize("change", NO_JUMPS)
def test_smaller_moves_are_none(change, register):
    published(content())
    later = content(effective_from=day("2023-01-01"))
    change(later)
    holds(loaded_draft(later), "jumps")


def test_the_version_before_is_what_applies_on_the_date(register):
    first = published(content())
    second = published(content(YANTAI, "2023-01-01"))
    between = loaded_draft(content(effective_from=day("2022-10-01")))
    correction = services.draft_from(version=first, actor=None, at=AT)
    after = loaded_draft(content(effective_from=day("2025-01-01")))
    early = loaded_draft(content(effective_from=day("2020-01-01")))
    undated = services.draft_from(version=second, actor=None, at=AT)
    PolicyVersion.objects.filter(pk=undated.pk).update(effective_from=None)
    undated.refresh_from_db()
    assert [version_before(v) for v in (between, correction, after, early, undated, second)] == [
        first,
        first,
        second,
        None,
        second,
        first,
    ]


# --- Institutions ---------------------------------------------------------------------------------


def test_tiers_without_institutions_and_institutions_without_tier_are_shown(register):
    version = loaded_draft(content(KAIFENG, "2023-01-01"))
    assert "No institution" in one(version, "tiers", DOUBTFUL).explanation
    InstitutionFactory(city=KAIFENG, level=2, kind="general")
    InstitutionFactory(city=KAIFENG, level=0, kind="station", name="龙亭区服务站")
    InstitutionFactory(city=KAIFENG, level=0, kind="pharmacy", name="某药店")
    InstitutionFactory(city=YANTAI, level=3, kind="general")
    texts = [finding.explanation for finding in found(version, "tiers")]
    assert len(texts) == 3
    assert "1 institution of the city falls into no tier: 龙亭区服务站" in texts[2]
    assert [finding.place for finding in found(version, "tiers")][:2] == ["tiers.level 1", "tiers.level 3"]


def test_where_everything_fits_that_is_said(register):
    version = loaded_draft(content())
    for level in (1, 2, 3):
        InstitutionFactory(level=level)
    holds(version, "tiers")


def test_an_institution_counts_as_what_it_is_on_the_versions_date(register):
    version = loaded_draft(content())
    for level in (1, 2, 3):
        InstitutionFactory(level=level)
    InstitutionFactory(level=3, since=date(2023, 1, 1))
    holds(version, "tiers")
    late = loaded_draft(content(effective_from=day("2014-01-01")))
    assert "No institution" in one(late, "tiers", DOUBTFUL).explanation


# --- Remarks --------------------------------------------------------------------------------------


def test_open_remarks_ask_for_a_look(draft, people):
    remark = add_comment(
        version=draft, place="limits[1] ordinary", text="依据？", author=people.reviewer, at=AT
    )
    add_comment(version=draft, place="", text="见二(一)3", author=people.officer, at=AT, about=remark)
    assert one(draft, "comments", DOUBTFUL).explanation == "1 remark is open."
    resolve_comment(comment=remark, author=people.reviewer, at=AT)
    holds(draft, "comments")


# --- How much it costs ----------------------------------------------------------------------------


def test_checking_many_rows_takes_as_many_queries_as_checking_few(register):
    counts = []
    for tiers in (3, 60):
        version = loaded_draft(broadened(content(CHANGCHUN, "2023-01-01"), tiers))
        for level in range(1, 4):
            InstitutionFactory(city=CHANGCHUN, level=level, kind="general", affiliation="city")
        with CaptureQueriesContext(connection) as queries:
            assert review_checks(version)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 60
