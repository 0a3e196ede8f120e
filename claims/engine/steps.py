"""The steps of a settlement: their figures by name and unit, and the sentence that each makes in both languages.

A compact step is (rule, cite or None, figures in the order of FIGURES). Reading it needs the terms that the
settlement names, for the document and clause behind each cite.
"""

from policies.money import fraction, grouped_yuan, percent, yuan
from policies.terms import Cite, Terms

FEN, RATE, COUNT, WORD, TEXT = "fen", "rate", "count", "word", "text"
ZH, EN = "zh", "en"

# rule: ((figure, unit), …)
FIGURES: dict[str, tuple[tuple[str, str], ...]] = {
    "split": (
        ("total", FEN),
        ("self_funded", FEN),
        ("over_price", FEN),
        ("upfront_self_pay", FEN),
        ("result", FEN),
    ),
    "merged": (("result", FEN),),
    "emergency_inpatient": (("disposition", WORD),),
    "emergency_ordinary": (("disposition", WORD),),
    "registered_as": (("claimed", WORD), ("benefit", WORD), ("disease", TEXT)),
    "not_registered": (("claimed", WORD), ("disease", TEXT)),
    "preferred": (("benefit", WORD), ("disease", TEXT)),
    "negotiated_first": (("claimed", WORD),),
    "prescription": (("prescriber", TEXT),),
    "tier": (("tier", TEXT),),
    "back_payment": (("month", TEXT),),
    "no_fund_payment": (("reason", WORD), ("about", TEXT)),
    "out_of_area": (("kind", WORD), ("base", FEN), ("rate", RATE), ("result", FEN)),
    "limit_unset": (("pool", WORD), ("waits_for", TEXT)),
    "expense_limit": (
        ("pool", WORD),
        ("period", WORD),
        ("limit", FEN),
        ("used_before", FEN),
        ("result", FEN),
    ),
    "deductible": (("threshold", FEN), ("borne_before", FEN), ("base", FEN), ("result", FEN)),
    "admission": (("ordinal", COUNT), ("full", FEN), ("rate", RATE), ("threshold", FEN), ("result", FEN)),
    "rate": (("base", FEN), ("rate", RATE), ("result", FEN)),
    "fund_limit": (
        ("pool", WORD),
        ("period", WORD),
        ("limit", FEN),
        ("used_before", FEN),
        ("base", FEN),
        ("result", FEN),
    ),
    "day_surgery": (
        ("standard", FEN),
        ("total", FEN),
        ("rate", RATE),
        ("result", FEN),
        ("personal", FEN),
        ("institution_share", FEN),
    ),
    "account_refused": (),
    "account": (("balance", FEN), ("result", FEN)),
    "family_account": (("relation", WORD), ("balance", FEN), ("result", FEN)),
    "critical_bonus": (("years", COUNT), ("rate", RATE)),
    "critical_illness": (("used_before", FEN), ("base", FEN), ("result", FEN)),
    "cash": (("result", FEN),),
}

SENTENCES: dict[str, dict[str, str]] = {
    "split": {
        ZH: "总费用 {total} 元，其中自费 {self_funded} 元、超限价 {over_price} 元、先行自付 {upfront_self_pay} 元，"
        "政策范围内费用 {result} 元。",
        EN: "Of {total} yuan, {self_funded} is self-funded, {over_price} over price, {upfront_self_pay} upfront "
        "self-payment; {result} is eligible.",
    },
    "merged": {
        ZH: "并入转住院前的急诊抢救费用 {result} 元，按住院规定结算。",
        EN: "Emergency care before admission, {result} yuan, is taken up and settled by inpatient rules.",
    },
    "emergency_inpatient": {
        ZH: "急诊抢救后未转入院（{disposition}），医疗机构已说明情况，视同一次住院。",
        EN: "Emergency care without admission ({disposition}), with the institution's statement, counts as one "
        "inpatient admission.",
    },
    "emergency_ordinary": {
        ZH: "急诊（{disposition}）按普通门诊规定结算。",
        EN: "Emergency care ({disposition}) is settled by ordinary outpatient rules.",
    },
    "registered_as": {
        ZH: "病种 {disease} 未认定为{claimed}，已认定为{benefit}，按{benefit}结算。",
        EN: "{disease} is registered not as {claimed} but as {benefit}, and is settled as that.",
    },
    "not_registered": {
        ZH: "病种 {disease} 没有{claimed}的有效认定，按普通门诊结算。",
        EN: "There is no valid {claimed} registration for {disease}: settled as ordinary outpatient care.",
    },
    "preferred": {
        ZH: "病种 {disease} 已认定，优先享受{benefit}待遇。",
        EN: "{disease} is registered, and {benefit} goes before ordinary outpatient care.",
    },
    "negotiated_first": {
        ZH: "{claimed}用药属于国家谈判药品，执行“双通道”药品政策。",
        EN: "A drug of this {claimed} claim is a negotiated drug: the dual-channel rules apply.",
    },
    "prescription": {
        ZH: "外配处方，按开方机构 {prescriber} 的档次结算。",
        EN: "External prescription: settled at the tier of the prescriber, {prescriber}.",
    },
    "tier": {ZH: "机构档次：{tier}。", EN: "The institution's tier is {tier}."},
    "back_payment": {
        ZH: "{month} 的医保费已补缴，恢复当月待遇。",
        EN: "The contribution of {month} was paid late, which restores that month's benefits.",
    },
    "no_fund_payment": {
        ZH: "统筹基金不予支付：{reason}（{about}）。",
        EN: "The pooled fund does not pay: {reason} ({about}).",
    },
    "out_of_area": {
        ZH: "{kind}：政策范围内费用 {base} 元先由个人自付 {rate}，即 {result} 元。",
        EN: "{kind}: of {base} yuan eligible the member first bears {rate}, {result} yuan.",
    },
    "limit_unset": {
        ZH: "{pool}最高支付限额由 {waits_for} 另行规定，尚未设定，本次不受其限制。",
        EN: "The {pool} limit is left to {waits_for} and not set: it does not bind here.",
    },
    "expense_limit": {
        ZH: "{pool}{period}费用限额 {limit} 元，此前累计 {used_before} 元，本次限额内费用 {result} 元。",
        EN: "{pool} expense limit of the {period}: {limit} yuan, {used_before} used before; {result} is within it.",
    },
    "deductible": {
        ZH: "起付标准 {threshold} 元，此前已负担 {borne_before} 元；本次费用 {base} 元中个人负担起付 {result} 元。",
        EN: "Deductible {threshold} yuan, {borne_before} borne before; of {base} yuan the member bears {result}.",
    },
    "admission": {
        ZH: "本年度第 {ordinal} 次住院：起付标准 {full} 元的 {rate}，即 {threshold} 元；本次负担 {result} 元。",
        EN: "Admission {ordinal} of the year: {rate} of the deductible of {full} yuan, {threshold}; "
        "{result} is borne.",
    },
    "rate": {
        ZH: "起付标准以上 {base} 元，统筹基金支付 {rate}，即 {result} 元。",
        EN: "Above the deductible, {base} yuan: the pooled fund pays {rate}, {result} yuan.",
    },
    "fund_limit": {
        ZH: "{pool}{period}最高支付限额 {limit} 元，此前已支付 {used_before} 元；应付 {base} 元，实付 {result} 元。",
        EN: "{pool} payment limit of the {period}: {limit} yuan, {used_before} paid before; of {base} due, "
        "{result} is paid.",
    },
    "day_surgery": {
        ZH: "日间手术收费标准 {standard} 元，实际费用 {total} 元，支付比例 {rate}：基金支付 {result} 元，"
        "个人负担 {personal} 元，医疗机构 {institution_share} 元；基金支付不计入该机构总额控制指标。",
        EN: "Day surgery at a standard of {standard} yuan, {total} spent, rate {rate}: the fund's part is {result}, "
        "the member's {personal}, the institution's {institution_share}; outside the institution's budget.",
    },
    "account_refused": {
        ZH: "该机构在服务日没有定点协议，个人账户不能支付。",
        EN: "The institution had no agreement on the service date: personal accounts cannot pay.",
    },
    "account": {
        ZH: "个人账户余额 {balance} 元，支付 {result} 元。",
        EN: "The personal account, with {balance} yuan, pays {result}.",
    },
    "family_account": {
        ZH: "家庭共济（{relation}）账户余额 {balance} 元，支付 {result} 元。",
        EN: "A family account (for a {relation}), with {balance} yuan, pays {result}.",
    },
    "critical_bonus": {
        ZH: "缴费年限超过最低年限 {years} 年，大病保险支付比例提高 {rate}。",
        EN: "{years} contribution years above the minimum raise the critical-illness rates by {rate}.",
    },
    "critical_illness": {
        ZH: "本年度大病保险计入费用此前 {used_before} 元，本次个人现金负担 {base} 元，大病保险支付 {result} 元。",
        EN: "Critical-illness base {used_before} yuan before, {base} now: critical-illness insurance pays {result}.",
    },
    "cash": {ZH: "个人现金支付 {result} 元。", EN: "The member pays {result} yuan in cash."},
}

WORDS: dict[str, tuple[str, str]] = {
    "ordinary": ("普通门诊", "ordinary outpatient"),
    "chronic": ("门诊慢性病", "chronic disease"),
    "special": ("门诊特殊疾病", "special disease"),
    "emergency": ("急诊抢救", "emergency"),
    "day_surgery": ("日间手术", "day surgery"),
    "inpatient": ("住院", "inpatient"),
    "negotiated_drug": ("双通道药品", "negotiated drug"),
    "outpatient": ("门诊", "outpatient"),
    "pooled": ("统筹基金", "pooled fund"),
    "year": ("年度", "year"),
    "month": ("月度", "month"),
    "resident": ("异地长期居住", "filed resident elsewhere"),
    "temporary": ("临时外出就医", "temporary stay elsewhere"),
    "admitted": ("转入院", "admitted"),
    "died": ("死亡", "died"),
    "no_bed": ("无床位", "no bed"),
    "discharged": ("离院", "discharged"),
    "spouse": ("配偶", "spouse"),
    "parent": ("父母", "parent"),
    "child": ("子女", "child"),
    "other": ("其他", "other"),
    "no_prescription": ("零售药店购药没有外配处方", "a pharmacy claim without an external prescription"),
    "institution_not_covered": (
        "该机构不在本待遇的支付范围内",
        "the institution is not covered for this benefit",
    ),
    "not_entitled_arrears": ("服务月份欠费", "the contribution of the month is in arrears"),
    "waiting_period": ("待遇等待期内", "within the waiting period"),
    "in_hospital": ("住院期间", "during a hospital stay"),
    "ltc_specialised_care": (
        "享受长期护理保险医疗专护期间",
        "during specialised long-term care",
    ),
    "out_of_area": ("异地就医不在支付范围内", "care in another area is not covered"),
}


def word(code: str, language: str) -> str:
    """A code in words; the code itself where it is a name (a disease's pool)."""
    found = WORDS.get(code)
    return code if found is None else found[0 if language == ZH else 1]


def _shown(value, unit: str, language: str) -> str:
    if unit == FEN:
        return grouped_yuan(value)
    if unit == RATE:
        return percent(value)
    return word(value, language) if unit == WORD else str(value)


def _figure(value, unit: str) -> str | int:
    if unit == FEN:
        return yuan(value)
    return fraction(value, places=2) if unit == RATE else value


def cite_of(step, terms: Terms) -> Cite | None:
    return None if step[1] is None else terms.cites[step[1]]


def sentence(step, terms: Terms, language: str) -> str:
    """The step as a sentence in "zh" or "en"."""
    rule, _, *values = step
    shown = {name: _shown(v, unit, language) for (name, unit), v in zip(FIGURES[rule], values, strict=True)}
    if rule == "tier":
        found = next((t for t in terms.tiers if t.code == values[0]), None)
        if found is not None:
            shown["tier"] = found.name if language == ZH or not found.name_en else found.name_en
    text = SENTENCES[rule][language].format(**shown).replace("（）", "").replace(" ()", "")
    return text[:1].upper() + text[1:]


def readable(step, terms: Terms, language: str) -> dict:
    """The step as the API and the statement show it (spec 5): rule, text, figures, document, clause, basis, note."""
    rule, _, *values = step
    cite = cite_of(step, terms)
    return {
        "rule": rule,
        "text": sentence(step, terms, language),
        "figures": {name: _figure(v, unit) for (name, unit), v in zip(FIGURES[rule], values, strict=True)},
        "document": cite.document if cite else None,
        "clause": cite.clause if cite else None,
        "basis": cite.kind if cite else None,
        "note": cite.note if cite else "",
    }
