"""What is wrong with a request's content: where, which rule, and a sentence that says how to mend it.

A sentence names the rule and never repeats what was sent: it may hold personal data.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from claims.engine.steps import EN, ZH

SENTENCES: dict[str, dict[str, str]] = {
    "malformed_json": {
        ZH: "请求体不是合法的 JSON（UTF-8 编码，不带 BOM）。",
        EN: "The body is not well-formed JSON in UTF-8 (without a byte-order mark).",
    },
    "too_deep": {ZH: "JSON 嵌套层次过深。", EN: "The JSON is nested too deeply."},
    "duplicate_key": {ZH: "同一字段出现了不止一次。", EN: "The same field is given more than once."},
    "unknown_field": {ZH: "没有这个字段。", EN: "There is no such field."},
    "required": {ZH: "此项必填。", EN: "This field is required."},
    "wrong_type": {ZH: "此项须为{expected}。", EN: "This must be {expected}."},
    "invalid_amount": {
        ZH: '须为字符串形式的十进制数，如 "33.00"：只用半角数字，小数点前最多十位、后最多 {places} 位，'
        "不带符号、空格、分隔符或指数。",
        EN: 'Write a decimal number in a string, such as "33.00": ASCII digits only, at most ten before the point '
        "and {places} after it, without sign, space, separator or exponent.",
    },
    "sum_too_large": {
        ZH: "各行金额之和超过一次申报的上限 {limit} 元。",
        EN: "The lines add up to more than one claim may have: {limit} yuan.",
    },
    "invalid_date": {
        ZH: '须为真实存在的日期，写作 YYYY-MM-DD，如 "2023-03-01"。',
        EN: 'Write a date that exists as YYYY-MM-DD, such as "2023-03-01".',
    },
    "date_out_of_range": {
        ZH: "日期须在 {first} 年至 {last} 年之间。",
        EN: "The date must lie in the years {first} to {last}.",
    },
    "invalid_choice": {ZH: "须为以下之一：{allowed}。", EN: "This must be one of: {allowed}."},
    "empty": {
        ZH: "不能为空字符串；没有内容时请省略此项。",
        EN: "This must not be empty; leave the field out where there is nothing to say.",
    },
    "too_long": {ZH: "最多 {most} 个字符。", EN: "At most {most} characters."},
    "forbidden_characters": {
        ZH: "含有控制字符、不可见字符或不成对的代理码位。",
        EN: "Contains control characters, invisible characters or lone surrogates.",
    },
    "surrounding_space": {ZH: "开头或结尾不能有空白。", EN: "Must not begin or end with white space."},
    "too_few": {ZH: "至少 {least} 项。", EN: "At least {least}."},
    "too_many": {ZH: "最多 {most} 项。", EN: "At most {most}."},
    "repeated": {ZH: "与前面的一项重复。", EN: "Repeats an earlier entry."},
    "not_for_stay": {
        ZH: "住院和日间手术以出院日期为服务日期，此项须为空。",
        EN: "Inpatient care and day surgery are dated by their discharge: leave this null.",
    },
    "only_for_stay": {
        ZH: "仅住院、日间手术和急诊抢救可填入院、出院日期。",
        EN: "Only inpatient, day surgery and emergency claims have admission and discharge dates.",
    },
    "service_date_or_stay": {
        ZH: "急诊抢救须填服务日期，或同时填入院日期和出院日期。",
        EN: "An emergency claim needs a service date, or both an admission and a discharge date.",
    },
    "not_the_discharge": {
        ZH: "服务日期须等于出院日期，或留空。",
        EN: "The service date must be the discharge date, or null.",
    },
    "only_for_inpatient": {
        ZH: "仅住院申报可并入急诊抢救申报。",
        EN: "Only an inpatient claim takes up emergency claims.",
    },
    "only_for_emergency": {
        ZH: "仅急诊抢救申报可填此项。",
        EN: "Only for claims of the benefit emergency.",
    },
    "unknown_institution": {
        ZH: "没有登记这个编码的定点医药机构。",
        EN: "No institution is registered under this code.",
    },
    "duplicate": {
        ZH: "本机构已用这个申报号申报过其他内容，本次未予受理。请核对；若是另一笔费用，请换一个申报号。",
        EN: "This institution has sent another claim under this number; nothing was stored. If it is another claim, "
        "give it another number.",
    },
    "not_settled": {
        ZH: "只有已结算的申报可以撤销结算；此申报的状态为 {status}。尚未结算的申报可以撤回。",
        EN: "Only a settled claim can be reversed; this one is {status}. A claim not yet settled can be withdrawn.",
    },
    "already_reversed": {ZH: "此申报的结算已撤销。", EN: "This claim has been reversed already."},
    "not_withdrawable": {
        ZH: "只有尚未结算的申报可以撤回；此申报的状态为 {status}。已结算的申报可以撤销结算。",
        EN: "Only a claim that is not settled yet can be withdrawn; this one is {status}. A settled claim can be "
        "reversed.",
    },
    "unknown_parameter": {ZH: "没有这个查询参数。", EN: "There is no such query parameter."},
    "invalid_time": {
        ZH: "须为带时区的时间或日期，如 2023-03-01T08:00:00+08:00 或 2023-03-01。",
        EN: "Write a time with its offset, or a date, such as 2023-03-01T08:00:00+08:00 or 2023-03-01.",
    },
    "invalid_cursor": {
        ZH: "无效的游标。请使用上一页给出的 next 地址，不加改动。",
        EN: "No such place in the list. Use the address that the page before gave as next, unchanged.",
    },
    "invalid_page_size": {ZH: "须为 1 至 {most} 的整数。", EN: "Write a whole number from 1 to {most}."},
    "too_many_faults": {
        ZH: "错误过多，其余未列出。",
        EN: "There are more faults than are listed here.",
    },
}

# What a field must be, for wrong_type.
KINDS: dict[str, tuple[str, str]] = {
    "object": ("对象", "an object"),
    "array": ("数组", "an array"),
    "string": ("字符串", "a string"),
    "boolean": ("布尔值 true 或 false", "true or false"),
}


class Fault(Struct, frozen=True):
    """One fault. `figures` fill the sentence.

    `pointer` is the JSON pointer (RFC 6901) of its place in the body, or "?name" for a query parameter.
    """

    pointer: str
    code: str
    figures: Mapping[str, Any] = {}

    def detail(self, language: str) -> str:
        """The sentence, in "zh" or "en"."""
        shown = dict(self.figures)
        if self.code == "wrong_type":
            shown["expected"] = KINDS[shown["expected"]][0 if language == ZH else 1]
        if self.code == "invalid_choice":
            shown["allowed"] = ("、" if language == ZH else ", ").join(shown["allowed"])
        return SENTENCES[self.code][language].format(**shown)

    def view(self, language: str) -> dict[str, str]:
        """As the API answers it: pointer (or parameter), code, detail."""
        place = {"pointer": self.pointer}
        if self.pointer.startswith("?"):
            place = {"parameter": self.pointer[1:]}
        return place | {"code": self.code, "detail": self.detail(language)}


class Refused(Exception):
    """Content that cannot be taken: all its faults."""

    def __init__(self, faults: list[Fault]):
        super().__init__(", ".join(sorted({fault.code for fault in faults})))
        self.faults = faults
