"""Compiling: every gap is named at once, and the same content gives the same terms and fingerprint."""

import pytest
from msgspec.structs import replace

from policies import rows
from policies.compiler import GapsError, compile_terms, find_gaps
from policies.terms import Figure, Unset
from tests.policies.build import CHANGCHUN, ZHENJIANG, benefit, cell, content, day


def drop(version, block, **match):
    kept = [x for x in getattr(version, block) if any(getattr(x, k) != v for k, v in match.items())]
    setattr(version, block, kept)


def clear(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)


# what is taken away → code and place of the gap that must be named
GAPS = [
    (lambda v: clear(v, effective_from=None), "effective_from", "effective.from"),
    (lambda v: clear(v.tiers[0], conditions=[]), "tier_conditions", "tiers.level 1"),
    (lambda v: drop(v, "benefits", benefit="chronic"), "benefit", "benefits.chronic"),
    (lambda v: drop(v, "benefits", benefit="emergency"), "benefit", "benefits.emergency"),
    (
        lambda v: clear(benefit(v, "inpatient"), waits_for=""),
        "cell",
        "benefits.inpatient.terms.level 1.employed",
    ),
    (
        lambda v: clear(benefit(v, "ordinary"), deductible_pool=""),
        "deductible_pool",
        "benefits.ordinary.deductible",
    ),
    (
        lambda v: benefit(v, "ordinary").terms.remove(cell(v, "ordinary", "level 2", "retired")),
        "cell",
        "benefits.ordinary.terms.level 2.retired",
    ),
    (
        lambda v: clear(cell(v, "ordinary", "level 3", "employed"), rate=None),
        "rate",
        "benefits.ordinary.terms.level 3.employed.rate",
    ),
    (
        lambda v: clear(cell(v, "ordinary", "level 3", "employed"), deductible=None),
        "deductible",
        "benefits.ordinary.terms.level 3.employed.deductible",
    ),
    (
        lambda v: clear(cell(v, "ordinary", "level 3", "employed"), tier="level 9"),
        "unknown_tier",
        "benefits.ordinary.terms.level 9",
    ),
    (lambda v: clear(v, limits=[]), "limit", "limits"),
    (lambda v: clear(v.limits[0], statuses=["employed"]), "limit", "limits"),
    (lambda v: clear(v.limits[0], amount=None), "limit_amount", "limits[1] ordinary"),
    (lambda v: clear(v, entitlement=None), "entitlement", "entitlement.back_payment_restores"),
    (lambda v: drop(v, "out_of_area", kind="temporary"), "out_of_area", "out_of_area.temporary"),
    (lambda v: clear(v.out_of_area[0], upfront=None), "out_of_area_upfront", "out_of_area.resident"),
    (lambda v: clear(v.account_credits[4], value=None), "credit_value", "account_credits[5]"),
    (lambda v: drop(v, "account_credits", status="retired", plan=""), "credit", "account_credits"),
    (lambda v: clear(v.account_credits[-1], age_to=70), "credit", "account_credits"),
    (lambda v: clear(v.account_credits[-1], age_from=50), "credit", "account_credits"),
    (lambda v: clear(v, account_uses=[]), "account_uses", "account_uses"),
    (
        lambda v: clear(v.contribution_rates[0], waits_for=""),
        "contribution_rate",
        "contribution_rates.flexible",
    ),
    (lambda v: clear(v.limits[0], clause=""), "clause", "limits[1]"),
]


@pytest.mark.parametrize(
    ("take_away", "code", "place"), GAPS, ids=[f"{code}-{n}" for n, (_, code, _p) in enumerate(GAPS)]
)
def test_what_is_missing_is_a_gap_in_its_place(take_away, code, place):
    version = content()
    assert find_gaps(version) == []
    take_away(version)
    assert (code, place) in {(gap.code, gap.place) for gap in find_gaps(version)}
    with pytest.raises(GapsError):
        compile_terms(version)


@pytest.mark.parametrize(
    ("take_away", "code"),
    [
        (lambda v: clear(v, admission_factors=[]), "admission_factors"),
        (lambda v: clear(v, admission_factors=v.admission_factors[1:]), "admission_factors"),
        (lambda v: clear(v.critical_illness, bands=[]), "bands"),
        (lambda v: clear(v.critical_illness, benefits=[]), "critical_benefits"),
        (lambda v: clear(v.critical_illness, bonus_max=0), "bonus"),
    ],
)
def test_inpatient_and_critical_illness_figures_are_needed_where_they_are_used(take_away, code):
    version = content(ZHENJIANG, "2023-01-01")
    take_away(version)
    assert code in {gap.code for gap in find_gaps(version)}


def test_a_disease_under_another_rule_must_name_the_document():
    version = content(CHANGCHUN, "2023-01-01")
    benefit(version, "special").special_diseases[0].waits_for = ""
    assert [gap.code for gap in find_gaps(version)] == ["special_disease"]


def test_all_gaps_are_named_at_once():
    version = content(effective_from=None, limits=[], entitlement=None)
    with pytest.raises(GapsError) as caught:
        compile_terms(version)
    assert [gap.code for gap in caught.value.gaps] == ["effective_from", "limit", "limit", "entitlement"]
    assert "effective.from: the effective date is missing" in str(caught.value)


def test_a_document_outside_the_register_is_a_gap():
    version = content()
    assert find_gaps(version, {version.document}) == []
    gaps = find_gaps(version, {"别的文件"})
    assert {gap.code for gap in gaps} == {"document"}


def test_a_line_without_clause_needs_a_note_or_another_basis():
    version = content()
    row = version.limits[0]
    clear(row, clause="", note="I-4 read so")
    assert find_gaps(version) == []
    clear(row, note="", cite_kind="illustrative")
    assert find_gaps(version) == []


def test_set_unset_and_not_offered_stay_apart():
    version = content()
    clear(cell(version, "ordinary", "level 1", "employed"), rate=None, rate_waits_for="细则")
    clear(cell(version, "ordinary", "level 2", "employed"), offered=False)
    cells = compile_terms(version).benefits["ordinary"].cells
    assert isinstance(cells["level 1", "employed"].rate, Unset)
    assert cells["level 1", "employed"].rate.waits_for == "细则"
    assert ("level 2", "employed") not in cells
    assert isinstance(cells["level 2", "retired"].rate, Figure)


def test_where_nothing_is_deducted_a_cell_has_no_deductible():
    version = content()
    clear(benefit(version, "ordinary"), deductible_mode="none")
    assert {c.deductible for c in compile_terms(version).benefits["ordinary"].cells.values()} == {None}


def test_the_fingerprint_is_of_the_content_alone():
    version = content()
    first = compile_terms(version)
    assert compile_terms(version, revision=7, version_id=12).fingerprint == first.fingerprint
    assert compile_terms(version, revision=7, version_id=12).revision == 7
    changed = content()
    cell(changed, "ordinary", "level 1", "employed").rate += 1
    others = [
        changed,
        content(note="x"),
        content(effective_from=day("2022-07-02")),
        replace(content(), city="370700"),
    ]
    assert len({first.fingerprint, *(compile_terms(x).fingerprint for x in others)}) == 5


def test_equal_text_from_elsewhere_gives_the_same_fingerprint():
    version = content()
    for row in (row for _place, row in version.lines()):
        row.cite_kind = "".join(list(row.cite_kind))
    assert rows.fingerprint(version) == rows.fingerprint(content())


def test_citations_are_listed_once_and_the_version_comes_first():
    terms = compile_terms(content())
    assert len(set(terms.cites)) == len(terms.cites)
    assert (terms.cites[0].document, terms.cites[0].clause) == ("烟政办发〔2022〕17号", "二(一)")
    assert compile_terms(content()).cites == terms.cites


def test_a_deductible_cites_its_own_clause():
    terms = compile_terms(content())
    given = terms.benefits["ordinary"].cells["level 1", "employed"]
    assert terms.cites[given.deductible.cite].clause == "二(一)1"
    assert terms.cites[given.rate.cite].clause == "二(一)2"


def test_bands_end_where_the_next_begins():
    version = content(ZHENJIANG, "2023-01-01")
    version.critical_illness = replace(version.critical_illness, bands=version.critical_illness.bands[1:])
    assert [(b.above, b.upto) for b in compile_terms(version).critical_illness.bands] == [
        (600_000, 6_000_000),
        (6_000_000, None),
    ]
