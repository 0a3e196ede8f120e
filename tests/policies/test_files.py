"""Policy files: reading reports every fault with its place; writing and reading are each other's inverse."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import library, rows, terms
from policies.files import FileFaults, read_version, write_version
from tests.policies.build import content

FILES = library.version_files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_project_file_is_what_its_version_exports_as(path):
    assert write_version(library.read_path(path)) == path.read_text(encoding="utf-8")


def test_there_is_one_file_per_document_and_date():
    assert [path.stem for path in FILES] == [
        "220100-2023-01-01",
        "220100-2024-01-01",
        "321100-2023-01-01",
        "321100-2024-01-01",
        "370600-2022-07-01",
        "370600-2023-01-01",
        "370600-2024-01-01",
        "410200-2022-07-01",
        "410200-2023-01-01",
        "500000-2023-01-01",
    ]
    for path in FILES:
        version = library.read_path(path)
        assert path.stem == f"{version.city}-{version.effective_from}"


def faults(text: str) -> list[str]:
    with pytest.raises(FileFaults) as caught:
        read_version(text)
    return [str(fault) for fault in caught.value.faults]


FAULTY = """
city: Yantai
document: 12
efective: {from: 2022-07-01}
effective: {from: 2022-7-1, cite: guessed}
tiers:
  level 1: {name_en: L, fits: {level: [2, 1], kinds: [hospital]}}
benefits:
  ordinary:
    deductible: {mode: weekly}
    not_paid_while: {asleep: {}}
    terms:
      level 1: {employed: {deductible: 1.005, rate: 70}, both: not_offered}
      level 2: {employed: {deductible: -5, rate: 0.00001}}
      level 3: {employed: {deductible: "5", rate: 0.7%}}
  dental: {}
  chronic: {follows: ordinary}
  emergency: {clause: 1}
limits:
  - {benefits: [ordinary, ordinary], pool: p, period: week, basis: fund_payment, amount: 1e30}
account_uses:
  - {for: [self, self], purpose: [policy_range], allowed: maybe}
account_credits:
  - {status: employed, method: base_rate, amount: 5.00}
  - {method: none}
entitlement: {back_payment_restores: "true"}
"""


def test_every_fault_of_a_file_is_reported_with_its_place():
    found = faults(FAULTY)
    places = [
        "city",
        "document",
        "efective",
        "effective.from",
        "effective.cite",
        "tiers.level 1.name",
        "tiers.level 1.fits.level",
        "tiers.level 1.fits.kinds[1]",
        "benefits.ordinary.deductible.mode",
        "benefits.ordinary.not_paid_while.asleep",
        "benefits.ordinary.terms.level 1",
        "benefits.ordinary.terms.level 2.employed.deductible",
        "benefits.ordinary.terms.level 2.employed.rate",
        "benefits.ordinary.terms.level 3.employed.deductible",
        "benefits.ordinary.terms.level 3.employed.rate",
        "benefits.dental",
        "benefits.chronic.follows",
        "benefits.emergency",
        "limits[1].benefits",
        "limits[1].period",
        "account_uses[1].for",
        "account_uses[1].allowed",
        "account_credits[1].amount",
        "account_credits[2].status",
        "entitlement.back_payment_restores",
    ]
    missed = [place for place in places if not any(line.startswith(f"{place}: ") for line in found)]
    assert not missed, "\n".join(found)


def test_a_number_that_cannot_be_kept_exactly_is_a_fault_of_the_file():
    found = faults("city: 1e300\ndocument: A\ndocument: B")
    assert found[:2] == [
        "line 1, column 7: '1e300' is not a number that can be kept exactly",
        "line 3, column 1: the key 'document' stands twice",
    ]
    assert "city: " in found[2]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice"),
        ("[", "did not find expected"),
        ("- 1", "must be a block"),
        ("", "must be a block"),
        ("city: 370600", "document: is missing"),
    ],
)
def test_what_is_no_version_at_all_is_refused_in_words(text, fault):
    assert any(fault in line for line in faults(text)), faults(text)


def test_the_file_is_named_in_its_faults(tmp_path):
    path = tmp_path / "city.yaml"
    path.write_text("city: 1")
    with pytest.raises(FileFaults, match=r"city\.yaml: city: "):
        library.read_path(path)


@pytest.mark.parametrize("value", ["0.70001", "1.01", "-0.1", "true", "'0.7'", "[0.7]", "{a: 1}"])
def test_a_rate_is_a_fraction_of_at_most_four_decimals(value):
    text = write_version(content()).replace("rate: 0.70}", f"rate: {value}}}", 1)
    assert any("terms.level 1.employed.rate" in line for line in faults(text))


def test_amounts_are_read_exactly():
    text = write_version(content()).replace("deductible: 500.00", "deductible: 500.07", 1)
    assert read_version(text).benefits[0].terms[0].deductible == 50_007


def test_an_unfinished_version_is_exported_and_read_again():
    version = content(effective_from=None, entitlement=None, limits=[])
    version.benefits[0].terms[0].rate = None
    assert read_version(write_version(version)) == rows.canonical(version)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
clauses = st.sampled_from(
    ["", "二(一)1", "第九条", "a: b", "- x", "'", '"', "true", "1.50", "#1", "{x}", "a #b", "*"]
)
cites = st.fixed_dictionaries(
    {
        "document": st.sampled_from(["A号", "B号"]),
        "clause": clauses,
        "cite_kind": st.sampled_from(terms.CITE_KINDS),
        "note": clauses | names,
    }
)
waiting = st.sampled_from(["", "某号", "null"])


def row(kind, **fields):
    return st.builds(lambda cite, more: kind(**cite, **more), cites, st.fixed_dictionaries(fields))


terms_rows = row(
    rows.TermRow,
    tier=st.sampled_from(["T", "1", "level: 2"]),
    status=st.sampled_from(terms.STATUSES),
    offered=st.booleans(),
    deductible=st.none() | st.integers(0, 10**12),
    deductible_waits_for=waiting,
    deductible_clause=clauses,
    rate=st.none() | st.integers(0, 10_000),
    rate_waits_for=waiting,
)
conditions = row(
    rows.ConditionRow,
    level_min=st.none() | st.integers(0, 1),
    level_max=st.none() | st.integers(1, 3),
    kinds=st.lists(st.sampled_from(terms.INSTITUTION_KINDS), unique=True, max_size=2),
    affiliation=st.sampled_from(["", *terms.AFFILIATIONS]),
    in_city=st.none() | st.booleans(),
    named=st.lists(names, max_size=2),
)
benefits = row(
    rows.BenefitRow,
    benefit=st.sampled_from([b for b in terms.BENEFITS if b != "emergency"]),
    waits_for=waiting,
    deductible_mode=st.sampled_from(terms.DEDUCTIBLE_MODES),
    deductible_pool=st.sampled_from(["", "ordinary"]),
    deductible_clause=clauses,
    deductible_note=clauses,
    preferred_clause=clauses,
    negotiated_clause=clauses,
    conditions=st.lists(conditions, max_size=2),
    coordinations=st.lists(
        row(rows.CoordinationRow, situation=st.sampled_from(terms.SITUATIONS)),
        unique_by=lambda x: x.situation,
    ),
    terms=st.lists(terms_rows, max_size=4, unique_by=lambda x: (x.tier, x.status)),
)
uses = row(
    rows.AccountUseRow,
    relation=st.sampled_from(["self", "spouse", "child"]),
    purpose=st.sampled_from(["policy_range", "personal_burden", "fitness"]),
    place=st.sampled_from(terms.PLACES),
    item_kinds=st.just([]) | st.just(["drug", "device"]),
    allowed=st.booleans(),
)
credit_rows = row(
    rows.CreditRow,
    status=st.sampled_from(terms.STATUSES),
    employment=st.sampled_from(["", *terms.EMPLOYMENTS]),
    plan=st.sampled_from(["", *terms.PLANS]),
    age_from=st.integers(0, 40),
    age_to=st.none() | st.integers(41, 99),
    method=st.sampled_from(terms.CREDIT_METHODS),
    value=st.none() | st.integers(0, 10_000),
    waits_for=waiting,
)


@settings(max_examples=150, deadline=None)
@given(
    benefits=st.lists(benefits, max_size=3, unique_by=lambda x: x.benefit),
    uses=st.lists(uses, max_size=6, unique_by=lambda x: (x.relation, x.purpose, x.place)),
    credits=st.lists(credit_rows, max_size=4),
    note=names,
)
def test_any_content_is_read_as_it_was_written(benefits, uses, credits, note):
    version = content(benefits=benefits, account_uses=uses, account_credits=credits, note=note)
    text = write_version(version)
    again = read_version(text)
    assert again == rows.canonical(version)
    assert write_version(again) == text


def test_canonical_order_does_not_depend_on_the_order_of_entry():
    version = content("321100", "2023-01-01")
    shuffled = deepcopy(version)
    shuffled.benefits.reverse()
    shuffled.admission_factors.reverse()
    shuffled.critical_illness.bands.reverse()
    for benefit in shuffled.benefits:
        benefit.terms.reverse()
    assert rows.canonical(shuffled) == version
    assert rows.fingerprint(shuffled) == rows.fingerprint(version)


def test_an_extra_file_replaces_the_version_of_its_date_or_adds_one(tmp_path):
    text = write_version(content()).replace("amount: 900.00", "amount: 901.00")
    (tmp_path / "same.yaml").write_text(text, encoding="utf-8")
    later = text.replace("from: 2022-07-01", "from: 2025-01-01")
    (tmp_path / "later.yaml").write_text(later, encoding="utf-8")
    found = library.project_terms([tmp_path / "same.yaml", tmp_path / "later.yaml"])["370600"]
    assert [x.effective_from.isoformat() for x in found] == [
        "2022-07-01",
        "2023-01-01",
        "2024-01-01",
        "2025-01-01",
    ]
    assert [x.limits[0].amount.value for x in found] == [90_100, 180_000, 180_000, 90_100]
    assert library.project_terms()["370600"][0].limits[0].amount.value == 90_000
