"""2.10 (Changchun 三(七)) with figures of our own, since the text leaves rate and standards to other documents."""

from dataclasses import replace as with_terms

import pytest
from msgspec.structs import replace

from policies.terms import Cell, Figure, OutOfArea
from tests.engine.build import CHANGCHUN, DAY, HOSPITAL, case, run, terms

STANDARD = 500_000


def _under(rate=8_000, **changes):
    base = terms(CHANGCHUN)
    rule = base.benefits["day_surgery"]
    cells = {key: Cell(None, Figure(rate, 0)) for key in rule.cells}
    benefits = {**base.benefits, "day_surgery": with_terms(rule, cells=cells)}
    given = {"benefits": benefits, "day_surgery_standards": {"K35": Figure(STANDARD, 0)}}
    return with_terms(base, **(given | changes))


def _case(yuan, **changes):
    hospital = replace(HOSPITAL, city=CHANGCHUN, level=3)
    given = {"institution": hospital, "disease": "K35", "admitted_on": DAY, "discharged_on": DAY}
    return case(yuan, city=CHANGCHUN, benefit="day_surgery", **(given | changes))


@pytest.mark.parametrize(
    ("spent", "fund", "personal", "institution"),
    [(4000, 400_000, 80_000, -80_000), (5000, 400_000, 100_000, 0), (6000, 400_000, 100_000, 100_000)],
)
def test_the_fund_always_pays_its_share_of_the_standard(spent, fund, personal, institution):
    result = run(_case(spent), under=_under())
    assert (result.pooled_fund, result.personal, result.institution_share) == (fund, personal, institution)
    assert (result.deductible, result.fund_rate) == (0, 8_000)
    assert result.deltas == {"fund/pooled/2023": 400_000}


def test_what_the_limit_cuts_off_stays_with_the_member():
    limit = with_terms(terms(CHANGCHUN).limits[-1], amount=Figure(300_000, 0))
    result = run(_case(5000), under=_under(limits=(limit,)))
    assert (result.pooled_fund, result.over_limit, result.personal) == (300_000, 100_000, 200_000)


def test_the_account_pays_the_members_part():
    result = run(_case(5000, use_account=True, balance=70_000), under=_under())
    assert (result.account, result.cash) == (70_000, 30_000)


def test_a_disease_without_a_standard_waits():
    result = run(_case(5000, disease="K36"), under=_under())
    assert (result.code, result.detail[0][0]) == ("parameter_missing", "day_surgery standard: K36")


def test_a_share_first_has_no_meaning_for_a_standard():
    elsewhere = replace(HOSPITAL, city="110000", level=3)
    given = _case(5000, institution=elsewhere, out_of_area="resident")
    assert run(given, under=_under()).outcome == "settled"
    area = {"resident": OutOfArea(Figure(1_000, 0), 0)}
    assert run(given, under=_under(out_of_area=area)).code == "parameter_missing"
