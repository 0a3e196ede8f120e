"""Why a claim is rejected, pended or settled without payment, as a sentence: what, where, and how to mend it.

A code comes with a detail, the list of what its sentence names (claims.engine and the services give both).
API, admin and worked cases all read them here. An outcome's code is the same in every language.
"""

import re
from collections.abc import Sequence

from claims.engine.steps import EN, ZH, word
from policies.money import grouped_yuan

SENTENCES: dict[str, dict[str, str]] = {
    # Rejected (spec 2.1): the institution corrects and sends a new claim.
    "unknown_member": {
        ZH: "没有这个人员编号的参保人，或服务日期当天未参保。请核对人员编号和日期，更正后以新的申报号重新申报。",
        EN: "No member has this number, or none who was enrolled on the service date. Check the number and the date, "
        "and send the corrected claim under a new number.",
    },
    "future_service_date": {
        ZH: "服务日期 {0} 晚于收到日期 {1}。请核对日期，更正后以新的申报号重新申报。",
        EN: "The service date {0} is after the day of receipt, {1}. Correct the date and send the claim under a new "
        "number.",
    },
    "amount_mismatch.line": {
        ZH: "第 {1} 行的金额与数量×单价相差超过 0.01 元。请更正后以新的申报号重新申报。",
        EN: "The amount of line {1} differs from quantity × unit price by more than 0.01. Correct it and send the "
        "claim under a new number.",
    },
    "amount_mismatch.total": {
        ZH: "申报总额 {1} 元与各行金额之和 {2} 元不符。请更正后以新的申报号重新申报。",
        EN: "The stated total is {1} yuan, the lines add up to {2}. Correct it and send the claim under a new number.",
    },
    "invalid_stay.incomplete": {
        ZH: "住院和日间手术须同时填写入院日期和出院日期。请补全后以新的申报号重新申报。",
        EN: "Inpatient care and day surgery need both an admission and a discharge date. Complete them and send the "
        "claim under a new number.",
    },
    "invalid_stay.reversed": {
        ZH: "入院日期 {1} 晚于出院日期 {2}。请更正后以新的申报号重新申报。",
        EN: "The admission on {1} is after the discharge on {2}. Correct the dates and send the claim under a new "
        "number.",
    },
    "area_mismatch": {
        ZH: "申报为{0}，但机构在参保人自己的统筹地区。请将 out_of_area 改为 none，以新的申报号重新申报。",
        EN: "The claim says {0}, but the institution is in the member's own city. Set out_of_area to none and send "
        "the claim under a new number.",
    },
    "unknown_listed_claim": {
        ZH: "lists 中的 {0} 不是本机构为该参保人申报、正在等待住院申报的急诊抢救申报。"
        "请核对申报号后以新的申报号重新申报。",
        EN: "{0} in lists is not an emergency claim of this institution for this member that awaits an inpatient "
        "claim. Check the number and send the claim under a new one.",
    },
    "review_refused": {
        ZH: "经人工审核，不予支付：{0}。如有异议，请联系经办机构。",
        EN: "Refused after review: {0}. Objections go to the insurance bureau.",
    },
    # Pended (spec 2.2): it is adjudicated again when its cause is gone; the institution need not send it again.
    "no_policy_in_force": {
        ZH: "统筹地区 {0} 在 {1} 没有已发布的政策版本。版本发布后自动结算，无需重新申报。",
        EN: "City {0} has no published policy version in force on {1}. The claim is settled once there is one; it "
        "need not be sent again.",
    },
    "parameter_missing": {
        ZH: "政策尚缺所需参数：{0}。参数发布后自动结算，无需重新申报。",
        EN: "The policy lacks what this claim needs: {0}. The claim is settled once that is published; it need not "
        "be sent again.",
    },
    "awaiting_inpatient": {
        ZH: "急诊抢救后转入院，等待本机构的住院申报在 lists 中列出此申报号，一并结算。",
        EN: "Emergency care that ended in admission: waits for this institution's inpatient claim to list its number, "
        "and is settled with it.",
    },
    "special_rule": {
        ZH: "病种 {0} 执行另行规定（{1}），尚未配置。配置后自动结算，无需重新申报。",
        EN: "{0} is governed by rules of its own ({1}), which are not configured yet. The claim is settled once they "
        "are; it need not be sent again.",
    },
    "review": {
        ZH: "按核查规则（{0}）等待人工审核。审核后自动处理，无需重新申报。",
        EN: "Waits for a reviewer, by the rule: {0}. It goes on when that is decided; it need not be sent again.",
    },
    # Settled, but the fund pays nothing (spec 2.4 to 2.7): the member pays by account or cash.
    "no_prescription": {
        ZH: "零售药店购药没有外配处方，统筹基金不予支付。如有处方，请撤销后填写 prescribed_by，以新的申报号重新申报。",
        EN: "A pharmacy claim without an external prescription: the pooled fund does not pay. If there is one, reverse "
        "this claim and send it under a new number with prescribed_by.",
    },
    "institution_not_covered": {
        ZH: "该机构在服务日期不在本待遇的支付范围内（无对应档次或支付比例，或未定点），统筹基金不予支付。",
        EN: "On the service date the institution is not covered for this benefit (no tier or rate, or not designated): "
        "the pooled fund does not pay.",
    },
    "not_entitled_arrears": {
        ZH: "服务月份的医保费未按时缴纳，统筹基金不予支付。",
        EN: "The contribution of the service month is in arrears: the pooled fund does not pay.",
    },
    "waiting_period": {
        ZH: "服务日期在待遇等待期内，统筹基金不予支付。",
        EN: "The service date falls within the waiting period: the pooled fund does not pay.",
    },
    "in_hospital": {
        ZH: "服务日期在住院期间，不重复享受本待遇，统筹基金不予支付。",
        EN: "The service date falls within a hospital stay, during which this benefit is not paid.",
    },
    "ltc_specialised_care": {
        ZH: "服务日期在享受长期护理保险医疗专护期间，不重复享受本待遇，统筹基金不予支付。",
        EN: "The service date falls within specialised long-term care, during which this benefit is not paid.",
    },
    "out_of_area": {
        ZH: "异地就医未备案，或该类异地就医不在支付范围内，统筹基金不予支付。",
        EN: "Care in another city without a filing, or of a kind that is not covered: the pooled fund does not pay.",
    },
}

# Words of the engine's parameter names that steps.WORDS does not have.
_PARTS: dict[str, tuple[str, str]] = {
    "employed": ("在职", "employed"),
    "retired": ("退休", "retired"),
    "rate": ("支付比例", "rate"),
    "deductible": ("起付标准", "deductible"),
    "upfront share": ("先行自付比例", "upfront share"),
    "out_of_area": ("异地就医先行自付比例", "upfront share out of area"),
    "day_surgery standard": ("日间手术收费标准", "day surgery standard"),
    "catalogue": ("医保目录", "catalogue"),
    "day surgery standards": ("日间手术病种收费标准", "day surgery standards"),
}
_SEPARATORS = re.compile(r"( / |: )")


def message(code: str, detail: Sequence, language: str) -> str:
    """The sentence of a reject, pend or reason code in "zh" or "en". Raises KeyError for a code without one."""
    if code == "parameter_missing":
        return SENTENCES[code][language].format(_parameters(detail, language))
    if code in ("amount_mismatch", "invalid_stay"):
        shown = [grouped_yuan(x) for x in detail[1:]] if detail[0] == "total" else detail[1:]
        return SENTENCES[f"{code}.{detail[0]}"][language].format(detail[0], *shown)
    if code == "area_mismatch":
        detail = [word(detail[0], language)]
    return SENTENCES[code][language].format(*detail)


def _parameters(detail: Sequence, language: str) -> str:
    """Every missing parameter and, where the text names it, the document or rule that it waits for."""
    return ("；" if language == ZH else "; ").join(
        _parameter(name, waits, language) for name, waits in detail
    )


def _parameter(name: str, waits_for: str, language: str) -> str:
    parts = (_part(part, language) for part in _SEPARATORS.split(name))
    shown = "".join(parts)
    if not waits_for:
        return shown
    waits_for = _part(waits_for, language)
    return f"{shown}（待{waits_for}）" if language == ZH else f"{shown} (left to {waits_for})"


def _part(part: str, language: str) -> str:
    """One word of a parameter's name; tiers, diseases and items stand as they are."""
    first, _, rest = part.partition(" ")
    if rest and first in ("catalogue", "out_of_area"):
        return f"{_part(first, language)} {_part(rest, language)}"
    if part == ": " and language == ZH:
        return "："
    found = _PARTS.get(part)
    return word(part, language) if found is None else found[0 if language == ZH else 1]
