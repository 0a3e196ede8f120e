"""Every code of the specification is a sentence in both languages that says what to do."""

import pytest

from claims.codes import LABELS
from claims.engine.steps import EN, ZH
from claims.messages import SENTENCES, message

REJECTED = {
    "unknown_member": [],
    "future_service_date": ["2023-03-02", "2023-03-01"],
    "amount_mismatch": ["line", 2],
    "invalid_stay": ["reversed", "2023-03-09", "2023-03-01"],
    "area_mismatch": ["resident"],
    "unknown_listed_claim": ["E1"],
}
PENDED = {
    "no_policy_in_force": ["370600", "2019-03-01"],
    "parameter_missing": [["inpatient / level 3 / employed: rate", "长医保办〔2020〕9号"]],
    "special_rule": ["E70.0", "苯丙酮尿症规定"],
    "review": ["单日费用异常"],
}
WITHOUT_PAYMENT = [
    "no_prescription",
    "institution_not_covered",
    "not_entitled_arrears",
    "waiting_period",
    "in_hospital",
    "ltc_specialised_care",
    "out_of_area",
]
ALL = (
    REJECTED
    | PENDED
    | {"awaiting_inpatient": [], "review_refused": ["材料不全"]}
    | {code: [] for code in WITHOUT_PAYMENT}
)


@pytest.mark.parametrize("code", ALL)
@pytest.mark.parametrize("language", [ZH, EN])
def test_every_code_is_a_finished_sentence(code, language):
    sentence = message(code, ALL[code], language)
    assert sentence.endswith("。" if language == ZH else ".")
    assert "{" not in sentence
    for named in ALL[code]:
        if code not in ("parameter_missing", "area_mismatch") and named not in ("line", "reversed"):
            assert str(named) in sentence


def test_every_code_has_sentence_and_short_name_and_there_are_no_others():
    assert {key.partition(".")[0] for key in SENTENCES} == set(ALL) == set(LABELS)


@pytest.mark.parametrize("code", REJECTED)
def test_a_rejection_says_to_send_the_corrected_claim_under_a_new_number(code):
    assert "新的申报号" in message(code, REJECTED[code], ZH)
    english = message(code, REJECTED[code], EN)
    assert "new number" in english or "new one" in english


@pytest.mark.parametrize("code", PENDED)
def test_a_pended_claim_need_not_be_sent_again(code):
    assert "无需重新申报" in message(code, PENDED[code], ZH)
    assert "need not be sent again" in message(code, PENDED[code], EN)


def test_a_mismatch_shows_yuan():
    sentence = message("amount_mismatch", ["total", 3300, 123456], EN)
    assert "33.00 yuan" in sentence
    assert "1,234.56" in sentence


@pytest.mark.parametrize(
    ("name", "waits_for", "chinese", "english"),
    [
        (
            "inpatient / level 3 / employed: deductible",
            "长医保办〔2020〕9号",
            "住院 / level 3 / 在职：起付标准（待长医保办〔2020〕9号）",
            "inpatient / level 3 / employed: deductible (left to 长医保办〔2020〕9号)",
        ),
        ("catalogue X1: upfront share", "", "医保目录 X1：先行自付比例", "catalogue X1: upfront share"),
        (
            "out_of_area: temporary",
            "",
            "异地就医先行自付比例：临时外出就医",
            "upfront share out of area: temporary stay elsewhere",
        ),
        ("special", "市规定", "门诊特殊疾病（待市规定）", "special disease (left to 市规定)"),
    ],
)
def test_a_missing_parameter_is_named_with_what_it_waits_for(name, waits_for, chinese, english):
    assert chinese in message("parameter_missing", [[name, waits_for]], ZH)
    assert english in message("parameter_missing", [[name, waits_for]], EN)


def test_all_missing_parameters_are_named():
    sentence = message("parameter_missing", [("chronic", ""), ("special", "")], ZH)
    assert "门诊慢性病；门诊特殊疾病" in sentence
