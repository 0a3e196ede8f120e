"""Two versions compared as sentences and figures with clauses, in both languages; cities beside each other."""

import pytest
from django.utils.translation import override
from msgspec.structs import replace

from policies import library, rows
from policies.compare import differences, side_by_side
from policies.statements import GAP, NOT_OFFERED, UNSET, statements
from tests.policies.build import CHANGCHUN, KAIFENG, YANTAI, ZHENJIANG, benefit, cell, content, day


def said(change, city=YANTAI, when="2022-07-01", language="en") -> list[str]:
    old, new = content(city, when), content(city, when)
    change(new)
    with override(language):
        return [str(difference) for difference in differences(old, new)]


def term(version, **changes):
    for name, value in changes.items():
        setattr(cell(version, "ordinary", "level 3 city", "employed"), name, value)


def test_a_difference_reads_as_a_sentence_with_its_clause():
    changed = lambda v: term(v, deductible=40_000)  # noqa: E731
    assert said(changed, CHANGCHUN, "2023-01-01", "zh-hans") == [
        "起付标准 三级（市级） 在职: 300 → 400, 三(三)"
    ]
    assert said(changed, CHANGCHUN, "2023-01-01") == [
        "deductible Level 3 run by the city employed: 300 → 400, 三(三)"
    ]


CHANGES = [
    (lambda v: term(v, deductible=0), ["deductible Level 3 run by the city employed: 300 → 0, 三(三)"]),
    (lambda v: term(v, rate=0), ["fund rate Level 3 run by the city employed: 50% → 0%, 三(三)"]),
    (
        lambda v: term(v, rate=None, rate_waits_for="细则"),
        ["fund rate Level 3 run by the city employed: 50% → not set · waits for 细则, 三(三)"],
    ),
    (lambda v: term(v, rate=None), ["fund rate Level 3 run by the city employed: 50% → missing, 三(三)"]),
    (
        lambda v: term(v, offered=False),
        [
            "fund rate Level 3 run by the city employed: 50% → not offered, 三(三)",
            "deductible Level 3 run by the city employed: 300 → not there, 三(三)",
        ],
    ),
    (
        lambda v: setattr(v.limits[0], "amount", 240_000),
        [
            "limit of a year employed: 2,000 → 2,400, 三(三)",
            "limit of a year retired: 2,000 → 2,400, 三(三)",
        ],
    ),
    (
        lambda v: term(v, clause="三(四)"),
        ["fund rate Level 3 run by the city employed: 50%, 三(三) → 三(四)"],
    ),
    (
        lambda v: term(v, cite_kind="assumed"),
        [
            "deductible Level 3 run by the city employed: 300, stated in the text → assumed",
            "fund rate Level 3 run by the city employed: 50%, stated in the text → assumed",
        ],
    ),
    (
        lambda v: setattr(v.account_credits[3], "value", 7_800),
        ["retired: 109 yuan → 78 yuan, 三(一)"],
    ),
    (
        lambda v: setattr(v, "effective_from", day("2024-01-01")),
        ["effective from: 2023-01-01 → 2024-01-01, 三(一)"],
    ),
    (lambda v: v.out_of_area.pop(), ["temporary stay: not covered → not there, 三(八)"]),
    (lambda v: None, []),
]


@pytest.mark.parametrize(("change", "sentences"), CHANGES)
def test_zero_is_zero_and_unset_is_unset(change, sentences):
    assert said(change, CHANGCHUN, "2023-01-01") == sentences


def test_a_difference_knows_its_figures_and_its_place():
    old, new = content(CHANGCHUN, "2023-01-01"), content(CHANGCHUN, "2023-01-01")
    term(new, deductible=40_000)
    with override("en"):
        [difference] = differences(old, new)
    assert difference.place == "benefits.ordinary.terms.level 3 city.employed.deductible"
    assert (difference.block, difference.title, difference.document) == (
        "benefits",
        "ordinary outpatient",
        old.document,
    )
    assert (difference.old.value, difference.new.value, difference.new.kind) == (30_000, 40_000, "amount")
    assert (difference.old_text, difference.new_text, difference.same_figure) == ("300", "400", False)


def test_a_benefit_that_is_set_at_last():
    old, new = content(YANTAI), content(YANTAI)
    ordinary = benefit(new, "ordinary")
    new.benefits = [
        replace(ordinary, benefit="chronic") if row.benefit == "chronic" else row for row in new.benefits
    ]
    with override("en"):
        found = [str(d) for d in differences(old, new)]
    assert found[:2] == [
        "outpatient chronic disease: not set · waits for 烟台市门诊慢特病待遇规定 → by terms of its own, 二(一)",
        "how the deductible is counted: not there → once a year, in the pool “ordinary outpatient”, 二(一)1",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_every_parameter_of_a_version_is_stated_once(path):
    """Nothing can differ unseen: any change of any field of any row shows as a difference."""
    version = library.read_path(path)
    unseen = []
    for place, row in version.lines():
        for name in ("clause", "note", "document"):
            before = getattr(row, name)
            setattr(row, name, f"{before}×")
            if not differences(library.read_path(path), version):
                unseen.append((place, name))
            setattr(row, name, before)
    assert unseen == []


FIGURES = {
    "deductible": 1,
    "rate": 1,
    "amount": 1,
    "factor": 1,
    "above": 1,
    "months": 9,
    "upfront": 1,
    "value": 1,
    "bonus_max": 1,
    "bonus_per_year": 1,
}


@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_every_figure_that_changes_is_seen(path):
    version = library.read_path(path)
    seen = 0
    for _place, row in version.lines():
        for name, value in FIGURES.items():
            if getattr(row, name, None) is None or (name.startswith("bonus") and not row.bonus_per_year):
                continue
            before = getattr(row, name)
            setattr(row, name, value)
            assert differences(library.read_path(path), version), (path.stem, name)
            setattr(row, name, before)
            seen += 1
    assert seen > 10


def test_cities_stand_beside_each_other_benefit_by_benefit():
    versions = [content(YANTAI), None, content(ZHENJIANG, "2023-01-01"), content(KAIFENG, "2023-01-01")]
    with override("en"):
        lines = side_by_side(versions)
    assert [line.title for line in lines][:7] == [
        "ordinary outpatient",
        "outpatient chronic disease",
        "outpatient special disease",
        "emergency",
        "day surgery",
        "inpatient",
        "negotiated drug (dual channel)",
    ]
    ordinary = lines[0]
    assert ordinary.cells[1] == ()
    first = ordinary.cells[0][0]
    assert first.text.startswith("employed, Level 1 and below: deductible 500 yuan, the fund pays 70%")
    assert [cite.clause for cite in first.cites] == ["二(一)1", "二(一)2", "二(一)3"]
    assert any(sentence.text.startswith("in hospital: not paid") for sentence in ordinary.cells[0])
    inpatient = lines[5]
    assert [sentence.open for sentence in inpatient.cells[0]] == [True]
    assert any("the fund pays 85%" in sentence.text for sentence in inpatient.cells[2])
    assert any(line.title == "Care outside the city" for line in lines)


def test_what_a_version_states_tells_set_unset_not_offered_and_missing_apart():
    version = content(CHANGCHUN, "2023-01-01")
    term(version, rate=None)
    found = statements(version)
    assert found["benefits.ordinary.terms.level 3 city.employed.rate"].state == GAP
    assert found["benefits.chronic.terms.level 3 province.retired.rate"].state == NOT_OFFERED
    waiting = found["benefits.special.other_rules.Z49"]
    assert (waiting.state, waiting.waits_for) == (UNSET, "长医保办〔2020〕9号")


def test_an_unfinished_draft_that_says_a_thing_twice_is_compared_all_the_same():
    version = content()
    version.provisions = [
        rows.ProvisionRow(document=version.document, topic="budget", text=t) for t in "甲乙"
    ]
    assert [p for p in statements(version) if p.startswith("provisions")] == [
        "provisions.budget.",
        "provisions.budget.#2",
    ]


def test_between_cities_only_what_holds_is_compared():
    """Yantai's level two pays employed members 60 % and Kaifeng's 55 %; both pay 50 % at level three."""
    with override("en"):
        found = differences(content(YANTAI, "2024-01-01"), content(KAIFENG, "2023-01-01"))
    assert not any(difference.same_figure for difference in found)
    rates = {d.place.split("terms.")[1]: str(d) for d in found if d.place.endswith("employed.rate")}
    assert rates["level 2.employed.rate"] == "fund rate Level 2 employed: 60% → 55%, 第九条"
    assert "level 3.employed.rate" not in rates


def test_a_note_on_the_version_is_a_line_of_its_own():
    new = content()
    new.note = "按2025年起调整理解"
    with override("en"):
        found = differences(content(), new)
    assert [(d.place, d.old_text, d.new_text) for d in found] == [("note", "not there", new.note)]
    assert not found[0].names_no_clause
