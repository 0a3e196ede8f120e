"""The fast reader of claims gives what the slow one gives, or leaves the claim to it."""

import json
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.faults import Refused
from claims.quick import read_quickly
from claims.submission import parse_claim
from tests.api.bodies import claim, emergency, encoded, line, stay

NAMELESS = {name: value for name, value in line().items() if name != "name"}
WHOLE = (
    claim(),
    claim(total=..., name=..., lists=..., emergency=..., out_of_area="resident", use_account=True),
    stay(lists=["E2", "E1"], prescribed_by="H1", disease_code="I10"),
    stay(benefit="day_surgery", discharged_on=None, lines=[line(), NAMELESS]),
    emergency(),
)


def slowly(body: bytes):
    try:
        return parse_claim(body, is_institution=lambda code: True)
    except Refused:
        return None


def agree(body: bytes) -> None:
    found = read_quickly(body)
    assert found is None or found == slowly(body)


def test_usual_claims_are_read_quickly():
    quick = [read_quickly(encoded(body)) for body in WHOLE]
    assert [found is not None for found in quick] == [True, True, True, True, False]
    for body in WHOLE:
        agree(encoded(body))


def test_of_what_is_printable_only_the_space_is_white():
    white = [c for c in map(chr, range(sys.maxunicode + 1)) if c.isprintable() and c.isspace()]
    assert white == [" "]


def test_names_given_twice_are_left_to_the_slow_reader():
    twice = encoded(claim())[:-1]
    for more in (b', "use_account": true}', b',"use_account" : true}', b', "\\u0075se_account": true}'):
        assert read_quickly(twice + more) is None
    inner = encoded(claim()).replace(b'"quantity": "2"', b'"quantity": "2", "quantity": "2"')
    assert read_quickly(inner) is None


texts = st.sampled_from(
    [
        "",
        " ",
        "a",
        " a",
        "a ",
        "A:1",
        "a\tb",
        "\u200b",
        "\u3000x",
        "\ud800",
        "x" * 64,
        "x" * 65,
        "x" * 201,
        "药",
    ]
)
amounts = st.sampled_from(
    [
        "0",
        "1",
        "1.5",
        "1.55",
        "1.555",
        "1.55555",
        "01",
        "+1",
        "1e2",
        "９",
        "",
        " 1",
        "9999999999.99",
        "10000000000",
    ]
)
days = st.sampled_from(
    [
        "2023-03-01",
        "2023-02-29",
        "1989-12-31",
        "2101-01-01",
        "2023-3-1",
        "20230301",
        "2023-03-01T00:00:00",
        "",
        "x",
    ]
)
odd = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, amounts, days)
value = st.one_of(odd, st.lists(odd, max_size=3), st.dictionaries(texts, odd, max_size=2))
lines = st.lists(
    st.one_of(
        st.builds(
            line,
            item_code=texts,
            name=st.one_of(st.none(), texts),
            quantity=amounts,
            unit_price=amounts,
            amount=amounts,
        ),
        st.dictionaries(st.sampled_from([*line(), "other"]), odd, max_size=2).map(lambda d: line(**d)),
        odd,
    ),
    max_size=3,
)
likely = {
    "claim_number": texts,
    "member_number": texts,
    "benefit": st.sampled_from(["ordinary", "inpatient", "day_surgery", "emergency", "chronic", "x"]),
    "service_date": st.one_of(days, st.none()),
    "admitted_on": st.one_of(days, st.none()),
    "discharged_on": st.one_of(days, st.none()),
    "disease_code": st.one_of(texts, st.none()),
    "prescribed_by": st.one_of(texts, st.none()),
    "out_of_area": st.sampled_from(["none", "resident", "elsewhere", "", None]),
    "use_account": st.one_of(st.booleans(), st.none()),
    "emergency": st.one_of(st.none(), st.just({"disposition": "died"}), st.just({})),
    "lists": st.lists(texts, max_size=3),
    "total": st.one_of(amounts, st.none()),
    "lines": lines,
    "other": odd,
}


@st.composite
def bodies(draw) -> bytes:
    fields = dict(draw(st.sampled_from(WHOLE)))
    for name in draw(st.lists(st.sampled_from([*likely]), max_size=3)):
        if draw(st.booleans()):
            fields[name] = draw(st.one_of(likely[name], value))
        else:
            fields.pop(name, None)
    return json.dumps(
        fields, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    ).encode("utf-8", "surrogatepass")


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies())
def test_both_readers_take_exactly_the_same(body):
    agree(body)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(WHOLE), st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3))
def test_both_take_the_same_of_bytes_gone_wrong(body, at, gone, come):
    data = encoded(body)
    agree(data[:at] + come + data[at + gone :])
