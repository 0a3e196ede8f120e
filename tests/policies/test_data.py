"""Every figure of the five documents, as the project's files carry it (yuan, percent)."""

import pytest

from policies import library
from policies.terms import Figure, Unset

E, R = "employed", "retired"
TERMS = {(t.city, t.effective_from.isoformat()): t for v in library.project_terms().values() for t in v}
YANTAI = [(c, d) for c, d in TERMS if c == "370600"]
KAIFENG = [(c, d) for c, d in TERMS if c == "410200"]
ZHENJIANG = [(c, d) for c, d in TERMS if c == "321100"]
CHANGCHUN = [(c, d) for c, d in TERMS if c == "220100"]
CHONGQING = [(c, d) for c, d in TERMS if c == "500000"]

# city's versions, benefit, tier, deductible employed / retired (yuan), rate employed / retired (percent), clause
CELLS = [
    (YANTAI, "ordinary", "level 1", (500, 500), (70, 75), "二(一)2"),
    (YANTAI, "ordinary", "level 2", (800, 800), (60, 65), "二(一)2"),
    (YANTAI, "ordinary", "level 3", (800, 800), (50, 55), "二(一)2"),
    (KAIFENG, "ordinary", "level 3", (50, 50), (50, 60), "第九条"),
    (KAIFENG, "ordinary", "level 2", (40, 40), (55, 65), "第九条"),
    (KAIFENG, "ordinary", "level 1", (0, 0), (60, 70), "第九条"),
    (ZHENJIANG, "ordinary", "P", (800, 500), (90, 90), "二(一)2"),
    (ZHENJIANG, "ordinary", "A", (800, 500), (60, 65), "二(一)2"),
    (ZHENJIANG, "ordinary", "B", (800, 500), (75, 80), "二(一)2"),
    (ZHENJIANG, "ordinary", "C", (800, 500), (80, 80), "二(一)2"),
    (ZHENJIANG, "inpatient", "P", (400, 200), (85, 90), "三(一)2"),
    (ZHENJIANG, "inpatient", "A", (1200, 600), (85, 90), "三(一)2"),
    (ZHENJIANG, "inpatient", "B", (800, 400), (85, 90), "三(一)2"),
    (ZHENJIANG, "inpatient", "C", (400, 200), (85, 90), "三(一)2"),
    (CHANGCHUN, "ordinary", "level 1", (100, 100), (60, 62), "三(三)"),
    (CHANGCHUN, "ordinary", "level 2", (200, 200), (55, 57), "三(三)"),
    (CHANGCHUN, "ordinary", "level 3 city", (300, 300), (50, 52), "三(三)"),
    (CHANGCHUN, "ordinary", "level 3 province", (300, 300), (50, 52), "三(三)"),
    (CHANGCHUN, "chronic", "level 1", (100, 100), (70, 70), "三(四)"),
    (CHANGCHUN, "chronic", "level 2", (200, 200), (70, 70), "三(四)"),
    (CHANGCHUN, "chronic", "level 3 city", (300, 300), (70, 70), "三(四)"),
    (CHANGCHUN, "chronic", "level 3 province", None, None, None),
    (CHONGQING, "ordinary", "level 3", (200, 100), (50, 60), "二(二)1"),
    (CHONGQING, "ordinary", "level 2", (200, 100), (60, 70), "二(二)1"),
    (CHONGQING, "ordinary", "level 1", (200, 100), (70, 80), "二(二)1"),
]


@pytest.mark.parametrize(("versions", "benefit", "tier", "deductibles", "rates", "clause"), CELLS)
def test_deductible_and_rate(versions, benefit, tier, deductibles, rates, clause):
    assert versions
    for key in versions:
        terms = TERMS[key]
        for place, status in enumerate((E, R)):
            cell = terms.benefits[benefit].cells.get((tier, status))
            if deductibles is None:
                assert cell is None
                continue
            assert cell.deductible.value == deductibles[place] * 100
            assert cell.rate.value == rates[place] * 100
            assert terms.cites[cell.rate.cite].clause == clause


MODES = [
    (YANTAI, "ordinary", "annual", "ordinary", "二(一)1"),
    (KAIFENG, "ordinary", "daily_institution", "ordinary", "第九条"),
    (ZHENJIANG, "ordinary", "annual", "ordinary", "二(一)1"),
    (ZHENJIANG, "inpatient", "admission", "inpatient", "三(一)1"),
    (CHANGCHUN, "ordinary", "annual", "outpatient", "三(三)"),
    (CHANGCHUN, "chronic", "annual", "outpatient", "三(四)"),
    (CHANGCHUN, "special", "annual", "special", "三(五)"),
    (CHANGCHUN, "day_surgery", "none", "", "三(七)"),
    (CHONGQING, "ordinary", "annual", "ordinary", "二(二)1"),
]


@pytest.mark.parametrize(("versions", "benefit", "mode", "pool", "clause"), MODES)
def test_how_the_deductible_is_counted(versions, benefit, mode, pool, clause):
    for key in versions:
        rule = TERMS[key].benefits[benefit]
        assert (rule.deductible_mode, rule.deductible_pool) == (mode, pool)
        assert TERMS[key].cites[rule.deductible_cite].clause == clause


# version, benefit, status, disease → {(pool, period, basis): yuan, or what it waits for}
LIMITS = [
    (("370600", "2022-07-01"), "ordinary", E, "", {("ordinary", "year", "fund_payment"): 900}),
    (("370600", "2022-07-01"), "ordinary", R, "", {("ordinary", "year", "fund_payment"): 900}),
    (("370600", "2023-01-01"), "ordinary", R, "", {("ordinary", "year", "fund_payment"): 1800}),
    (("370600", "2024-01-01"), "ordinary", E, "", {("ordinary", "year", "fund_payment"): 1800}),
    (
        ("410200", "2022-07-01"),
        "ordinary",
        E,
        "",
        {("ordinary", "month", "fund_payment"): 150, ("ordinary", "year", "fund_payment"): 500},
    ),
    (
        ("410200", "2022-07-01"),
        "ordinary",
        R,
        "",
        {("ordinary", "month", "fund_payment"): 200, ("ordinary", "year", "fund_payment"): 750},
    ),
    (
        ("410200", "2023-01-01"),
        "ordinary",
        E,
        "",
        {("ordinary", "month", "fund_payment"): 150, ("ordinary", "year", "fund_payment"): 1000},
    ),
    (
        ("410200", "2023-01-01"),
        "ordinary",
        R,
        "",
        {("ordinary", "month", "fund_payment"): 200, ("ordinary", "year", "fund_payment"): 1500},
    ),
    (("321100", "2023-01-01"), "ordinary", E, "", {("ordinary", "year", "eligible_expense"): 10000}),
    (("321100", "2024-01-01"), "inpatient", R, "", {("inpatient", "year", "eligible_expense"): 500000}),
    (("220100", "2023-01-01"), "ordinary", E, "", {("ordinary", "year", "fund_payment"): 2000}),
    (
        ("220100", "2024-01-01"),
        "special",
        R,
        "",
        {("pooled", "year", "fund_payment"): "职工医保统筹基金年度最高支付限额规定"},
    ),
    (
        ("220100", "2023-01-01"),
        "day_surgery",
        E,
        "K80",
        {("pooled", "year", "fund_payment"): "职工医保统筹基金年度最高支付限额规定"},
    ),
    (("500000", "2023-01-01"), "ordinary", E, "", {("ordinary", "year", "fund_payment"): 3000}),
    (("500000", "2023-01-01"), "ordinary", R, "", {("ordinary", "year", "fund_payment"): 4000}),
]


@pytest.mark.parametrize(("version", "benefit", "status", "disease", "wanted"), LIMITS)
def test_limits(version, benefit, status, disease, wanted):
    expense, fund = TERMS[version].limits_for(benefit, status, disease)
    found = {(x.pool, x.period, x.basis): x.amount for x in (*expense, *fund)}
    assert found.keys() == wanted.keys()
    for key, amount in found.items():
        said = amount.waits_for if isinstance(amount, Unset) else amount.value // 100
        assert said == wanted[key]


def test_changchun_chronic_has_its_limit_and_one_for_each_disease_that_is_unset():
    terms = TERMS["220100", "2023-01-01"]
    chronic = [x for x in terms.limits if "chronic" in x.benefits]
    assert [(x.pool, x.disease, isinstance(x.amount, Unset)) for x in chronic] == [
        ("chronic", "", False),
        ("chronic", "*", True),
    ]
    assert chronic[0].amount.value == 650_000


# S set, N not offered at every tier, U unset (whole or in its cells), O by ordinary rules
STATE = {
    "370600": {"ordinary": "S", "chronic": "U", "special": "U", "emergency": "O", "day_surgery": "U"},
    "410200": {"ordinary": "S", "chronic": "U", "special": "U", "emergency": "O", "day_surgery": "U"},
    "321100": {"ordinary": "S", "chronic": "U", "special": "U", "emergency": "O", "day_surgery": "U"},
    "220100": {"ordinary": "S", "chronic": "S", "special": "U", "emergency": "I", "day_surgery": "U"},
    "500000": {"ordinary": "S", "chronic": "U", "special": "U", "emergency": "O", "day_surgery": "U"},
}


@pytest.mark.parametrize("key", TERMS)
def test_which_benefit_stands_how(key):
    terms = TERMS[key]
    inpatient = "S" if key[0] == "321100" else "U"
    for benefit, state in {**STATE[key[0]], "inpatient": inpatient, "negotiated_drug": "U"}.items():
        rule = terms.benefits[benefit]
        if benefit == "emergency":
            found = "O" if rule.as_inpatient is None else "I"
        elif rule.unset is not None:
            found = "U"
        else:
            rates = [cell.rate for cell in rule.cells.values()]
            found = "S" if all(isinstance(rate, Figure) for rate in rates) else "U"
        assert (benefit, found) == (benefit, state)
    assert (terms.critical_illness is not None) == (key[0] == "321100")


OUT_OF_AREA = {
    "370600": (0, 1000),
    "410200": (0, None),
    "321100": ("unset", "unset"),
    "220100": (0, None),
    "500000": ("unset", "unset"),
}


@pytest.mark.parametrize("key", TERMS)
def test_out_of_area(key):
    for kind, wanted in zip(("resident", "temporary"), OUT_OF_AREA[key[0]], strict=True):
        term = TERMS[key].out_of_area[kind]
        found = "unset" if isinstance(term, Unset) else term.upfront and term.upfront.value
        assert found == wanted


COORDINATION = {
    "370600": {"ordinary": ["in_hospital", "ltc_specialised_care"]},
    "410200": {"ordinary": ["in_hospital"]},
    "321100": {},
    "220100": {"ordinary": ["in_hospital"], "chronic": ["in_hospital"], "special": ["in_hospital"]},
    "500000": {},
}


@pytest.mark.parametrize("key", TERMS)
def test_when_benefits_are_not_paid(key):
    found = {name: [s for s, _cite in rule.not_paid_while] for name, rule in TERMS[key].benefits.items()}
    assert {name: given for name, given in found.items() if given} == COORDINATION[key[0]]


ENTITLEMENT = {
    "370600": (True, {}),
    "410200": (False, {}),
    "321100": (True, {"employee": 1, "flexible": 2}),
    "220100": (True, {}),
    "500000": (True, {}),
}


@pytest.mark.parametrize("key", TERMS)
def test_entitlement(key):
    rule = TERMS[key].entitlement
    assert (rule.back_payment_restores, {k: v.value for k, v in rule.waiting.items()}) == ENTITLEMENT[key[0]]


# version, status, employment, plan, age → method, value (rate in ten-thousandths or fen; text: waits for it)
CREDITS = [
    ("370600", "2022-07-01", E, "employee", "combined", 40, "base_rate", "2022年底前的现行划入标准"),
    ("370600", "2022-07-01", R, "employee", "combined", 70, "age_factor", 150),
    ("370600", "2022-07-01", E, "flexible", "combined", 40, "none", None),
    ("370600", "2023-01-01", E, "employee", "combined", 34, "base_rate", 215),
    ("370600", "2023-01-01", E, "employee", "combined", 35, "base_rate", 235),
    ("370600", "2023-01-01", E, "employee", "combined", 44, "base_rate", 235),
    ("370600", "2023-01-01", E, "employee", "combined", 45, "base_rate", 270),
    ("370600", "2023-01-01", R, "flexible", "combined", 61, "age_factor", 150),
    ("370600", "2024-01-01", E, "employee", "combined", 50, "base_rate", 200),
    ("370600", "2024-01-01", R, "employee", "combined", 69, "fixed", "2023年度职工月平均基本养老金（2%）"),
    ("370600", "2024-01-01", R, "employee", "combined", 70, "fixed", "2023年度职工月平均基本养老金（2.5%）"),
    ("410200", "2022-07-01", E, "flexible", "combined", 30, "base_rate", 200),
    ("410200", "2023-01-01", R, "employee", "combined", 66, "fixed", 6000),
    ("321100", "2023-01-01", E, "flexible", "combined", 30, "base_rate", 200),
    ("321100", "2023-01-01", R, "employee", "combined", 66, "own_amount", None),
    (
        "321100",
        "2024-01-01",
        R,
        "employee",
        "combined",
        66,
        "fixed",
        "实施改革当年基本养老金平均水平（2.5%）",
    ),
    ("220100", "2023-01-01", E, "employee", "combined", 30, "base_rate", 200),
    ("220100", "2023-01-01", R, "employee", "combined", 66, "fixed", 10900),
    ("220100", "2024-01-01", R, "employee", "combined", 66, "fixed", 7800),
    ("500000", "2023-01-01", E, "employee", "combined", 30, "base_rate", 200),
    ("500000", "2023-01-01", E, "flexible", "combined", 30, "base_rate", "职工医保门诊共济保障实施细则"),
    (
        "500000",
        "2023-01-01",
        R,
        "employee",
        "combined",
        66,
        "fixed",
        "实施改革当年退休人员基本养老金平均水平（2%）",
    ),
    *((c, d, s, "employee", "pooled_only", 50, "none", None) for c, d in TERMS for s in (E, R)),
]


@pytest.mark.parametrize(("city", "day", "status", "employment", "plan", "age", "method", "value"), CREDITS)
def test_account_credit(city, day, status, employment, plan, age, method, value):
    rule = next(
        rule
        for rule in TERMS[city, day].credit_rules
        if rule.status == status
        and rule.employment in (None, employment)
        and rule.plan in (None, plan)
        and rule.age_from <= age
        and (rule.age_to is None or age < rule.age_to)
    )
    found = rule.value.waits_for if isinstance(rule.value, Unset) else rule.value and rule.value.value
    assert (rule.method, found) == (method, value)


@pytest.mark.parametrize(
    ("city", "change"),
    [
        ("370600", "same_month"),
        ("410200", "same_month"),
        ("220100", "next_month"),
        ("321100", None),
        ("500000", None),
    ],
)
def test_change_of_the_account_at_retirement(city, change):
    assert {t.status_change for t in TERMS.values() if t.city == city} == {change}


# city, relation → premiums that the account may pay
PREMIUMS = {
    ("370600", "self"): set(),
    ("370600", "spouse"): {"premium_resident", "premium_long_term_care", "premium_commercial"},
    ("410200", "self"): {"premium_large_amount"},
    ("410200", "parent"): {"premium_resident"},
    ("321100", "self"): {"premium_critical_illness", "premium_long_term_care"},
    ("321100", "child"): {"premium_resident"},
    ("220100", "self"): {"premium_large_amount", "premium_long_term_care"},
    ("220100", "spouse"): {"premium_resident", "premium_large_amount", "premium_long_term_care"},
    ("500000", "self"): {"premium_large_amount"},
    ("500000", "child"): {"premium_resident"},
}


@pytest.mark.parametrize(("city", "relation"), PREMIUMS)
def test_premiums_that_an_account_may_pay(city, relation):
    for terms in (t for t in TERMS.values() if t.city == city):
        uses = [u for u in terms.account_uses if u.relation == relation and u.purpose.startswith("premium_")]
        assert {u.purpose for u in uses if u.allowed} == PREMIUMS[city, relation]


def test_chongqing_accounts_pay_large_amount_premiums_of_retired_owners_only():
    terms = TERMS["500000", "2023-01-01"]
    assert terms.premium_use("self", "premium_large_amount", R).allowed
    assert terms.premium_use("self", "premium_large_amount", E) is None


@pytest.mark.parametrize("key", TERMS)
def test_what_an_account_never_pays(key):
    never = {"public_health", "fitness", "wellness"} | ({"health_checkup"} if key[0] == "370600" else set())
    for relation in ("self", "spouse", "parent", "child"):
        uses = TERMS[key].account_uses
        assert {u.purpose for u in uses if u.relation == relation and not u.allowed} == never


@pytest.mark.parametrize("key", TERMS)
def test_what_an_account_pays_of_a_claim(key):
    terms = TERMS[key]
    own, family = terms.account_permit("self", "pharmacy"), terms.account_permit("child", "pharmacy")
    assert own.policy_range[0] is True  # any item
    assert own.burden[0] is False  # drugs, devices, consumables
    assert family.policy_range is None
    assert family.burden[0] is False
    assert terms.account_permit("spouse", "institution").burden[0] is True
    assert terms.account_permit("other", "institution").burden is None


def test_flexible_contribution_rates_of_yantai():
    found = [TERMS[key].contribution_rates["flexible"] for key in sorted(YANTAI)]
    assert isinstance(found[0], Unset)
    assert [x.value for x in found[1:]] == [630, 700]


def test_zhenjiang_admissions_and_critical_illness():
    terms = TERMS["321100", "2023-01-01"]
    assert [(n, factor) for n, factor, _cite in terms.admission_factors] == [(1, 10_000), (2, 5_000), (3, 0)]
    rule = terms.critical_illness
    bands = [(band.above, band.upto, band.rate) for band in rule.bands]
    assert bands == [(0, 600_000, 0), (600_000, 6_000_000, 6_000), (6_000_000, None, 7_000)]
    assert (rule.bonus_status, rule.bonus_per_year, rule.bonus_max) == (R, 100, 500)
    assert terms.cites[rule.bonus_cite].clause == "三(三)3"
    assert {"ordinary", "inpatient"} <= rule.benefits


# city, level, kind, affiliation, in the city, name → tier
INSTITUTIONS = [
    ("370600", 0, "clinic", "other", True, "", "level 1"),
    ("370600", 2, "general", "city", False, "", "level 2"),
    ("370600", 3, "pharmacy", "other", True, "", None),
    ("410200", 3, "community", "other", True, "", "level 1"),
    ("410200", 2, "township", "other", True, "", "level 1"),
    ("410200", 1, "general", "other", True, "", "level 1"),
    ("410200", 0, "clinic", "other", True, "", None),
    ("410200", 0, "station", "other", True, "", None),
    ("410200", 3, "general", "city", True, "", "level 3"),
    ("321100", 3, "community", "other", True, "", "P"),
    ("321100", 0, "station", "other", True, "", "P"),
    ("321100", 3, "general", "city", True, "镇江市第一人民医院", "A"),
    ("321100", 3, "general", "other", True, "江苏大学附属医院", "A"),
    ("321100", 3, "general", "city", False, "", "A"),
    ("321100", 3, "general", "city", True, "镇江市第四人民医院", "B"),
    ("321100", 2, "general", "city", False, "", "B"),
    ("321100", 1, "general", "other", True, "", "C"),
    ("321100", 0, "clinic", "other", True, "", "C"),
    ("220100", 0, "clinic", "other", True, "", "level 1"),
    ("220100", 3, "general", "city", True, "", "level 3 city"),
    ("220100", 3, "general", "province", True, "", "level 3 province"),
    ("500000", 3, "general", "city", True, "", "level 3"),
    ("500000", 1, "clinic", "other", True, "", "level 1"),
]


@pytest.mark.parametrize(("city", "level", "kind", "affiliation", "in_city", "name", "tier"), INSTITUTIONS)
def test_tiers(city, level, kind, affiliation, in_city, name, tier):
    for terms in (t for t in TERMS.values() if t.city == city):
        found = terms.tier(level, kind, affiliation, in_city, "H1", name)
        assert (found and found.code) == tier


def test_changchun_rules_between_benefits():
    terms = TERMS["220100", "2023-01-01"]
    chronic, special = terms.benefits["chronic"], terms.benefits["special"]
    for rule in (chronic, special):
        assert terms.cites[rule.preferred].clause == "三(九)"
        assert terms.cites[rule.yields_to_negotiated].clause == "三(九)"
    assert [(x.disease, x.waits_for) for x in special.special_rules] == [
        ("E70.0", "吉医保联〔2019〕12号"),
        ("Z49", "长医保办〔2020〕9号"),
    ]
    facts = {"general 2": (2, "general"), "general 1": (1, "general"), "specialist 1": (1, "specialist")}
    fits = {
        name: any(c.fits(level, kind, "city", True, "", "") for c in special.conditions)
        for name, (level, kind) in facts.items()
    }
    assert fits == {"general 2": True, "general 1": False, "specialist 1": True}
    assert ("level 2", E) not in terms.benefits["day_surgery"].cells


@pytest.mark.parametrize(("city", "clause"), [("321100", "二(一)4"), ("500000", "二(二)2"), ("410200", None)])
def test_external_prescriptions(city, clause):
    for terms in (t for t in TERMS.values() if t.city == city):
        cite = terms.benefits["ordinary"].external_prescription
        assert ((cite is not None and terms.cites[cite].clause) or None) == clause


# Readings: I-n → a citation of the version carries it
READINGS = {
    "I-1": YANTAI[:2],
    "I-2": KAIFENG + CHANGCHUN,
    "I-3": KAIFENG,
    "I-4": ZHENJIANG,
    "I-5": KAIFENG,
    "I-6": KAIFENG + ZHENJIANG,
    "I-7": CHONGQING,
    "I-8": YANTAI + ZHENJIANG + CHANGCHUN + CHONGQING,
    "I-9": ZHENJIANG,
    "I-10": YANTAI + ZHENJIANG + CHANGCHUN + CHONGQING,
}


@pytest.mark.parametrize("reading", READINGS)
def test_readings_are_noted_where_they_are_used(reading):
    for key in READINGS[reading]:
        assert any(cite.note.startswith(f"{reading} ") for cite in TERMS[key].cites), key


def test_what_is_no_quotation_says_so():
    for key in CHANGCHUN:
        assert TERMS[key].cites[0].kind == "assumed"
    terms = TERMS[CHONGQING[0]]
    figures = [x for cell in terms.benefits["ordinary"].cells.values() for x in (cell.rate, cell.deductible)]
    assert {terms.cites[x.cite].kind for x in figures} == {"illustrative"}
    assert {terms.cites[x.amount.cite].kind for x in terms.limits} == {"illustrative"}
    for key in YANTAI + KAIFENG + ZHENJIANG:
        assert {cite.kind for cite in TERMS[key].cites} == {"text"}


def test_every_citation_is_of_a_registered_document():
    numbers = {document.number for document in library.read_register().documents}
    assert {cite.document for terms in TERMS.values() for cite in terms.cites} <= numbers
