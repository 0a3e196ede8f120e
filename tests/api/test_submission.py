"""One claim's JSON is taken exactly, or refused with every fault at its place."""

import json
from datetime import date
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.content import Content, ContentLine, decode, digest, encode
from claims.engine.steps import EN, ZH
from claims.faults import Refused
from claims.strict import MAX_FAULTS
from claims.submission import parse_claim, read_nothing, read_reversal_reason
from tests.api.bodies import claim, emergency, encoded, line, stay


def parsed(body):
    return parse_claim(body if isinstance(body, bytes) else encoded(body), is_institution={"H1"}.__contains__)


def faults_of(body) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        parsed(body)
    return sorted((fault.pointer, fault.code) for fault in refused.value.faults)


def test_the_claim_of_the_specification_is_read_to_integers():
    submission = parsed(claim())
    assert submission.claim_number == "HN-2023-000017"
    assert submission.content == Content(
        member_number="370600198005010017",
        benefit="ordinary",
        service_date=date(2023, 3, 1),
        lines=(ContentLine("A10BA02", "二甲双胍", 20_000, 165_000, 3300),),
        total=3300,
    )
    assert decode(encode(submission.content)) == submission.content


def test_what_may_be_left_out_has_its_default():
    names = ("claim_number", "member_number", "benefit", "service_date", "lines")
    short = {name: claim()[name] for name in names}
    assert parsed(short).content == parsed(claim(total=None)).content


@pytest.mark.parametrize(
    "other",
    [
        claim(total="33", lines=[line(quantity="2.0000", unit_price="16.5", amount="33.0")]),
        dict(reversed(claim().items())),
        json.dumps(claim(), ensure_ascii=True, indent=3).encode(),
    ],
)
def test_the_same_content_is_the_same_however_it_is_written(other):
    assert parsed(other) == parsed(claim())


def test_listed_claims_are_a_set():
    assert parsed(stay(lists=["b", "a"])) == parsed(stay(lists=["a", "b"]))


def test_emergency_care_of_which_nothing_is_said_ended_in_discharge():
    said = emergency(emergency={"disposition": "discharged"})
    assert parsed(emergency(emergency=None)).content == parsed(said).content


def test_other_content_has_another_digest():
    assert digest(parsed(claim()).content) != digest(parsed(claim(use_account=True)).content)


ONE_FAULT = {
    # Amounts
    "a float": (claim(total=33.0), "/total", "wrong_type"),
    "an integer": (claim(total=33), "/total", "wrong_type"),
    "three decimals": (claim(total="33.000"), "/total", "invalid_amount"),
    "an exponent": (claim(total="3e1"), "/total", "invalid_amount"),
    "NaN in a string": (claim(total="NaN"), "/total", "invalid_amount"),
    "infinity": (claim(total="Infinity"), "/total", "invalid_amount"),
    "a minus": (claim(total="-33.00"), "/total", "invalid_amount"),
    "a plus": (claim(total="+33.00"), "/total", "invalid_amount"),
    "fullwidth digits": (claim(total="３３.00"), "/total", "invalid_amount"),
    "Arabic digits": (claim(total="٣٣"), "/total", "invalid_amount"),
    "a separator": (claim(total="1,033.00"), "/total", "invalid_amount"),
    "an underscore": (claim(total="1_0"), "/total", "invalid_amount"),
    "a space": (claim(total="33.00 "), "/total", "invalid_amount"),
    "a newline": (claim(total="33.00\n"), "/total", "invalid_amount"),
    "no digit before the point": (claim(total=".5"), "/total", "invalid_amount"),
    "no digit after the point": (claim(total="33."), "/total", "invalid_amount"),
    "a leading zero": (claim(total="033.00"), "/total", "invalid_amount"),
    "an empty amount": (claim(total=""), "/total", "invalid_amount"),
    "eleven digits": (claim(total="10000000000"), "/total", "invalid_amount"),
    "a true total": (claim(total=True), "/total", "wrong_type"),
    "a line's three decimals": (claim(lines=[line(amount="33.001")]), "/lines/0/amount", "invalid_amount"),
    "five decimals of quantity": (
        claim(lines=[line(quantity="2.00001")]),
        "/lines/0/quantity",
        "invalid_amount",
    ),
    "a number as price": (claim(lines=[line(unit_price=16.5)]), "/lines/0/unit_price", "wrong_type"),
    "no amount": (
        claim(lines=[{k: v for k, v in line().items() if k != "amount"}]),
        "/lines/0/amount",
        "required",
    ),
    "a sum past the largest figure": (
        claim(total=None, lines=[line(amount="9999999999.99")] * 2),
        "/lines",
        "sum_too_large",
    ),
    # Dates
    "no such day": (claim(service_date="2023-02-29"), "/service_date", "invalid_date"),
    "a compact date": (claim(service_date="20230301"), "/service_date", "invalid_date"),
    "a week date": (claim(service_date="2023-W09-3"), "/service_date", "invalid_date"),
    "a time": (claim(service_date="2023-03-01T08:00:00"), "/service_date", "invalid_date"),
    "a day of one digit": (claim(service_date="2023-3-1"), "/service_date", "invalid_date"),
    "fullwidth digits in a date": (claim(service_date="２０２３-03-01"), "/service_date", "invalid_date"),
    "a number as date": (claim(service_date=20230301), "/service_date", "wrong_type"),
    "before 1990": (claim(service_date="1989-12-31"), "/service_date", "date_out_of_range"),
    "after 2100": (claim(service_date="2101-01-01"), "/service_date", "date_out_of_range"),
    # Which dates a benefit has
    "a visit without a date": (claim(service_date=None), "/service_date", "required"),
    "a visit with an admission": (claim(admitted_on="2023-03-01"), "/admitted_on", "only_for_stay"),
    "a visit with a discharge": (claim(discharged_on="2023-03-01"), "/discharged_on", "only_for_stay"),
    "a stay with a service date": (stay(service_date="2023-03-09"), "/service_date", "not_for_stay"),
    "day surgery with a service date": (
        stay(benefit="day_surgery", service_date="2023-03-09"),
        "/service_date",
        "not_for_stay",
    ),
    "an emergency without a date": (emergency(service_date=None), "/service_date", "service_date_or_stay"),
    "an emergency without its discharge": (
        emergency(admitted_on="2023-03-01"),
        "/discharged_on",
        "service_date_or_stay",
    ),
    "an emergency without its admission": (
        emergency(discharged_on="2023-03-01"),
        "/admitted_on",
        "service_date_or_stay",
    ),
    "an emergency dated otherwise than its discharge": (
        emergency(admitted_on="2023-03-01", discharged_on="2023-03-02"),
        "/service_date",
        "not_the_discharge",
    ),
    # Choices
    "an unknown benefit": (claim(benefit="dental"), "/benefit", "invalid_choice"),
    "no benefit": (claim(benefit=...), "/benefit", "required"),
    "a null benefit": (claim(benefit=None), "/benefit", "required"),
    "a list as benefit": (claim(benefit=["ordinary"]), "/benefit", "wrong_type"),
    "an unknown kind of area": (claim(out_of_area="abroad"), "/out_of_area", "invalid_choice"),
    "a null area": (claim(out_of_area=None), "/out_of_area", "wrong_type"),
    "a word as boolean": (claim(use_account="true"), "/use_account", "wrong_type"),
    "a number as boolean": (claim(use_account=1), "/use_account", "wrong_type"),
    "a null boolean": (claim(use_account=None), "/use_account", "wrong_type"),
    # Text
    "no claim number": (claim(claim_number=...), "/claim_number", "required"),
    "an empty claim number": (claim(claim_number=""), "/claim_number", "empty"),
    "a number as claim number": (claim(claim_number=17), "/claim_number", "wrong_type"),
    "a long claim number": (claim(claim_number="N" * 65), "/claim_number", "too_long"),
    "a long member number": (claim(member_number="3" * 31), "/member_number", "too_long"),
    "no member": (claim(member_number=None), "/member_number", "required"),
    "NUL": (claim(claim_number="A\x00B"), "/claim_number", "forbidden_characters"),
    "a newline in a name": (claim(lines=[line(name="a\nb")]), "/lines/0/name", "forbidden_characters"),
    "a C1 control": (claim(lines=[line(name="a\x9bb")]), "/lines/0/name", "forbidden_characters"),
    "right-to-left override": (claim(claim_number="A\u202eB"), "/claim_number", "forbidden_characters"),
    "a zero-width space": (claim(claim_number="A\u200bB"), "/claim_number", "forbidden_characters"),
    "a non-character": (claim(claim_number="A\uffffB"), "/claim_number", "forbidden_characters"),
    "space before": (claim(member_number=" 3706"), "/member_number", "surrounding_space"),
    "wide space after": (claim(member_number="3706\u3000"), "/member_number", "surrounding_space"),
    "an empty disease": (claim(disease_code=""), "/disease_code", "empty"),
    "an empty item": (claim(lines=[line(item_code="")]), "/lines/0/item_code", "empty"),
    "no item": (claim(lines=[line(item_code=None)]), "/lines/0/item_code", "required"),
    "an unknown prescriber": (claim(prescribed_by="H2"), "/prescribed_by", "unknown_institution"),
    # Lines
    "no lines": (claim(lines=[]), "/lines", "too_few"),
    "lines left out": (claim(lines=...), "/lines", "required"),
    "null lines": (claim(lines=None), "/lines", "required"),
    "an object as lines": (claim(lines={}), "/lines", "wrong_type"),
    "a string as line": (claim(lines=["x"]), "/lines/0", "wrong_type"),
    "501 lines": (claim(total=None, lines=[line()] * 501), "/lines", "too_many"),
    # Fields
    "an unknown field": (claim(note="x"), "/note", "unknown_field"),
    "an unknown field of a line": (claim(lines=[line(price="1")]), "/lines/0/price", "unknown_field"),
    "an unknown field of the emergency": (
        emergency(emergency={"disposition": "died", "doctor": "x"}),
        "/emergency/doctor",
        "unknown_field",
    ),
    "a person's number as field": (claim(**{"370600198005010017": "x"}), "", "unknown_field"),
    # Emergency and listed claims
    "an emergency on a visit": (claim(emergency={"disposition": "died"}), "/emergency", "only_for_emergency"),
    "an emergency without disposition": (emergency(emergency={}), "/emergency/disposition", "required"),
    "an unknown disposition": (
        emergency(emergency={"disposition": "lost"}),
        "/emergency/disposition",
        "invalid_choice",
    ),
    "a word as emergency": (emergency(emergency="died"), "/emergency", "wrong_type"),
    "a word as statement": (
        emergency(emergency={"disposition": "died", "statement": "yes"}),
        "/emergency/statement",
        "wrong_type",
    ),
    "listed claims on a visit": (claim(lists=["E1"]), "/lists", "only_for_inpatient"),
    "a word as listed claims": (stay(lists="E1"), "/lists", "wrong_type"),
    "null listed claims": (stay(lists=None), "/lists", "wrong_type"),
    "a number as listed claim": (stay(lists=[1]), "/lists/0", "wrong_type"),
    "a claim listed twice": (stay(lists=["E1", "E1"]), "/lists/1", "repeated"),
    "too many listed claims": (stay(lists=[f"E{n}" for n in range(51)]), "/lists", "too_many"),
    # The whole
    "an array": ([claim()], "", "wrong_type"),
    "null": (None, "", "wrong_type"),
    "a string": ("claim", "", "wrong_type"),
    "no JSON": (b"claim", "", "malformed_json"),
    "half a claim": (encoded(claim())[:-1], "", "malformed_json"),
    "two claims": (encoded(claim()) * 2, "", "malformed_json"),
    "nothing": (b"", "", "malformed_json"),
    "NaN": (encoded(claim(total=float("nan"))), "", "malformed_json"),
    "Latin-1": (encoded(claim()).replace(b"HN", b"\xe9"), "", "malformed_json"),
    "UTF-16": (json.dumps(claim()).encode("utf-16"), "", "malformed_json"),
    "a byte-order mark": (b"\xef\xbb\xbf" + encoded(claim()), "", "malformed_json"),
    "a raw NUL": (encoded(claim()).replace(b"HN", b"\x00"), "", "malformed_json"),
    "deep arrays": (b"[" * 100_000, "", "too_deep"),
    "deep objects": (b'{"a":' * 100_000, "", "too_deep"),
    "a huge exponent": (
        encoded(claim(total=None)).replace(b'"33.00"', b"1e400"),
        "/lines/0/amount",
        "wrong_type",
    ),
    "a huge integer": (
        encoded(claim(total=None)).replace(b'"2"', b"9" * 5000),
        "/lines/0/quantity",
        "wrong_type",
    ),
    "a lone surrogate": (
        encoded(claim()).replace(b"HN", rb"\ud800"),
        "/claim_number",
        "forbidden_characters",
    ),
    "a field twice": (
        encoded(claim()).replace(b'"total"', b'"benefit": "ordinary", "total"'),
        "/benefit",
        "duplicate_key",
    ),
    "a line's field twice": (
        encoded(claim()).replace(b'"name"', rb'"amount": "33.00", "name"'),
        "/lines/0/amount",
        "duplicate_key",
    ),
    "a field twice, once escaped": (
        encoded(claim()).replace(b'"total"', rb'"benefi\u0074": "chronic", "total"'),
        "/benefit",
        "duplicate_key",
    ),
}


@pytest.mark.parametrize(("body", "pointer", "code"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_each_fault_is_told_at_its_place(body, pointer, code):
    assert faults_of(body) == [(pointer, code)]


def test_all_faults_are_told_at_once():
    body = claim(
        benefit="dental",
        service_date="2023-02-30",
        total=33.0,
        use_account="no",
        colour="red",
        lines=[line(), line(quantity="-1", amount=None), line(item_code="\x00")],
    )
    assert faults_of(body) == [
        ("/benefit", "invalid_choice"),
        ("/colour", "unknown_field"),
        ("/lines/1/amount", "required"),
        ("/lines/1/quantity", "invalid_amount"),
        ("/lines/2/item_code", "forbidden_characters"),
        ("/service_date", "invalid_date"),
        ("/total", "wrong_type"),
        ("/use_account", "wrong_type"),
    ]


def test_an_empty_claim_lacks_everything_required():
    required = ("benefit", "claim_number", "lines", "member_number")
    assert faults_of({}) == [(f"/{name}", "required") for name in required]


@pytest.mark.parametrize(
    "body",
    [
        stay(admitted_on=None),
        stay(discharged_on=None),
        stay(admitted_on=None, discharged_on=None, benefit="day_surgery"),
        stay(admitted_on="2023-03-10"),
        emergency(service_date=None, admitted_on="2023-03-05", discharged_on="2023-03-01"),
    ],
)
def test_a_stay_with_wrong_dates_is_for_adjudication_to_reject(body):
    assert parsed(body).content.benefit == body["benefit"]


@pytest.mark.parametrize(
    "dates",
    [
        {"service_date": "2023-03-01"},
        {"service_date": None, "admitted_on": "2023-03-01", "discharged_on": "2023-03-02"},
        {"service_date": "2023-03-02", "admitted_on": "2023-03-01", "discharged_on": "2023-03-02"},
    ],
)
def test_an_emergency_is_dated_by_visit_or_by_stay(dates):
    assert parsed(emergency(**dates)).content.settles_on is not None


def test_five_hundred_lines_are_taken():
    assert len(parsed(claim(total=None, lines=[line()] * 500)).content.lines) == 500


def test_a_flood_of_faults_is_cut_off():
    body = {"x" + "".join(name): 1 for name in product("abcdefghijklmnopqrst", repeat=3)}
    with pytest.raises(Refused) as refused:
        parsed(body)
    assert len(refused.value.faults) == MAX_FAULTS + 1
    assert refused.value.faults[-1].code == "too_many_faults"


@pytest.mark.parametrize(("body", "pointer", "code"), ONE_FAULT.values(), ids=ONE_FAULT)
def test_each_fault_is_a_sentence_in_both_languages_without_what_was_sent(body, pointer, code):
    with pytest.raises(Refused) as refused:
        parsed(body)
    [fault] = refused.value.faults
    for language in (ZH, EN):
        view = fault.view(language)
        assert (view["pointer"], view["code"]) == (pointer, code)
        assert view["detail"]
        assert "{" not in view["detail"]
        assert "370600198005010017" not in str(view)


def test_a_reversal_needs_its_reason_and_nothing_else():
    assert read_reversal_reason({"reversal_reason": "录入错误"}) == "录入错误"
    for raw in ({}, {"reversal_reason": ""}, {"reversal_reason": "x", "by": "y"}, []):
        with pytest.raises(Refused):
            read_reversal_reason(raw)


def test_a_withdrawal_says_nothing():
    read_nothing({})
    with pytest.raises(Refused):
        read_nothing({"reason": "x"})


# Building the strategies' tables takes seconds on a busy machine, which is no fault of the code.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
line_values = json_values | st.sampled_from(["1", "33.00"])
line_like = st.dictionaries(st.sampled_from(sorted(line())), line_values) | json_values


def taken(body: bytes):
    """The submission, or the faults for which it is refused."""
    try:
        return parsed(body)
    except Refused as refused:
        return refused.faults


@patiently
@given(
    changes=st.dictionaries(
        st.sampled_from([*claim(), "other"]), json_values | st.lists(line_like, max_size=3), max_size=6
    )
)
def test_whatever_is_sent_is_a_claim_or_refused(changes):
    result = taken(encoded(claim(**changes)))
    if isinstance(result, list):
        assert result
        assert all(fault.detail(EN) for fault in result)
    else:
        assert decode(encode(result.content)) == result.content


@patiently
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_whatever_bytes_are_sent_are_refused(body):
    assert isinstance(taken(body), list)
