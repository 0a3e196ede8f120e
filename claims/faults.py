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
    "unknown_batch": {ZH: "本机构没有这个批次。", EN: "This institution has no such batch."},
    "invalid_page_size": {ZH: "须为 1 至 {most} 的整数。", EN: "Write a whole number from 1 to {most}."},
    # Batches: the file as a whole.
    "malformed_array": {
        ZH: "文件不是合法的 JSON 数组（UTF-8 编码）；数组应完整，以 [ 开头、以 ] 结尾。",
        EN: "The file is no well-formed JSON array in UTF-8; it must be whole, from [ to ].",
    },
    "no_array": {
        ZH: "批量申报须为 JSON 数组，即使只有一笔申报：[{{…}}, {{…}}]。",
        EN: "A batch is a JSON array, also with one claim: [{{…}}, {{…}}].",
    },
    "no_claims": {ZH: "文件中没有申报。", EN: "The file has no claims."},
    "too_many_claims": {
        ZH: "一个文件最多 {most} 笔申报，请分成几个文件。",
        EN: "A file may have {most} claims at most. Divide it.",
    },
    "too_many_rows": {
        ZH: "一个文件最多 {most} 行，请分成几个文件。",
        EN: "A file may have {most} rows at most. Divide it.",
    },
    "too_many_columns": {
        ZH: "第 {row} 行在第 {most} 列以后还有内容。请删除表格右侧的内容。",
        EN: "Row {row} has content after column {most}. Delete what stands to the right of the table.",
    },
    "unsupported_format": {
        ZH: "Content-Type 须为以下之一，且内容不压缩：{allowed}。",
        EN: "Send the file uncompressed, with one of these as its Content-Type: {allowed}.",
    },
    "incomplete_body": {
        ZH: "文件没有传完，什么都没有保存。请重新发送。",
        EN: "The file was cut off on its way, and nothing of it was stored. Send it again.",
    },
    "unknown_charset": {
        ZH: "Content-Type 中的 charset 须为 utf-8、utf-16、gbk、gb2312 或 gb18030。",
        EN: "The charset in Content-Type must be utf-8, utf-16, gbk, gb2312 or gb18030.",
    },
    "wrong_charset": {
        ZH: "文件的编码与 Content-Type 中的 charset 不符。请更正，或省略 charset。",
        EN: "The file is not in the charset that Content-Type names. Correct it, or leave it out.",
    },
    "unreadable_text": {
        ZH: "文件既不是 UTF-8 也不是 GBK 编码的文本。请在表格软件中另存为“CSV UTF-8”。",
        EN: "The file is text neither in UTF-8 nor in GBK. Save it as “CSV UTF-8”.",
    },
    "malformed_csv": {
        ZH: "第 {row} 行不是合法的 CSV：引号没有成对，或含有空字符，或一行过长。",
        EN: "Row {row} is no well-formed CSV: a quotation mark is not closed, or there is a null byte, or no end.",
    },
    "unknown_columns": {
        ZH: "第一行须为列名；以下各列的列名不认识：{columns}。可用的列名见接口说明或上传页面的模板。",
        EN: "The first row must have the columns' names; those of these columns are not known: {columns}. The names "
        "are in the API's description and in the template of the upload page.",
    },
    "columns_twice": {
        ZH: "以下各列的列名与前面的列重复：{columns}。",
        EN: "These columns have the name of an earlier one: {columns}.",
    },
    "columns_missing": {ZH: "缺少以下各列：{columns}。", EN: "These columns are missing: {columns}."},
    "no_workbook": {
        ZH: "文件不是完好的 XLSX 工作簿。请用表格软件打开，另存为“Excel 工作簿 (*.xlsx)”。",
        EN: "The file is no intact XLSX workbook. Open it in a spreadsheet and save it as *.xlsx.",
    },
    "old_or_locked_workbook": {
        ZH: "文件是旧格式 (*.xls)，或设有密码。请去掉密码，另存为“Excel 工作簿 (*.xlsx)”。",
        EN: "The file is in the old format (*.xls), or has a password. Save it as *.xlsx without one.",
    },
    "workbook_too_large": {
        ZH: "工作簿解压后过大（上限 {most} MB）。请删除表格下方和右侧的空行空列，或另存为 CSV。",
        EN: "The workbook is too large once unpacked (at most {most} MB). Delete the empty rows and columns around "
        "the table, or save it as CSV.",
    },
    "workbook_with_entities": {
        ZH: "工作簿含有文档类型声明或实体，不予读取。请用表格软件另存后再发送。",
        EN: "The workbook declares a document type or entities, and is not read. Save it anew in a spreadsheet.",
    },
    "invalid_idempotency_key": {
        ZH: "Idempotency-Key 须为 1 至 {most} 个可见的 ASCII 字符。",
        EN: "An Idempotency-Key has 1 to {most} visible ASCII characters.",
    },
    "duplicate_batch": {
        ZH: "本机构已用这个 Idempotency-Key 发送过其他内容，本次什么都没有保存。另一个文件请换一个。",
        EN: "This institution has sent another file under this Idempotency-Key; nothing was stored. Give another "
        "file another key.",
    },
    # Batches: cells of a table.
    "differs": {
        ZH: "与同一申报第 {row} 行的值不同。同一申报各行的这一列须相同，或只填在第一行。",
        EN: "Differs from row {row} of the same claim. Repeat the value, or leave it to the first row.",
    },
    "wrong_width": {
        ZH: "此行在没有列名的列中有内容。",
        EN: "This row has content in columns without a name.",
    },
    "formula": {
        ZH: "单元格是公式。请复制后以“值”的方式粘贴。",
        EN: "The cell is a formula. Copy it and paste it as a value.",
    },
    "error": {ZH: "单元格是错误值（如 #N/A）。", EN: "The cell is an error, such as #N/A."},
    "mangled": {
        ZH: "号码被表格软件改成了数值（如 3.7E+17），末几位已丢失。请将此列设为“文本”格式，重新填入原号码。",
        EN: "A spreadsheet turned this number into a figure such as 3.7E+17 and lost its last digits. Format the "
        "column as text and enter the number anew.",
    },
    "not_text": {
        ZH: "号码和编码须存为文本，否则开头的 0 会丢失。请将此列设为“文本”格式后重新填写。",
        EN: "Numbers and codes must be stored as text, or leading zeros are lost. Format the column as text and enter "
        "it anew.",
    },
    "fullwidth": {
        ZH: "含有全角数字或字母，请改用半角。",
        EN: "Contains digits or letters of full width; use plain ones.",
    },
    "cell_amount": {
        ZH: "须为小数点前最多十位、后最多 {places} 位的数，不带符号、分隔符或单位。",
        EN: "This must be a number with at most ten digits before the point and {places} after it, without sign, "
        "separator or unit.",
    },
    "cell_date": {
        ZH: "须为日期，如 2023-03-01、2023/3/1 或 20230301，不带时间。",
        EN: "This must be a date such as 2023-03-01, 2023/3/1 or 20230301, without time of day.",
    },
    "cell_flag": {ZH: "须为“是”或“否”。", EN: "This must be yes or no."},
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
        if "allowed" in shown:
            shown["allowed"] = ("、" if language == ZH else ", ").join(shown["allowed"])
        if "columns" in shown:
            shown["columns"] = ("、" if language == ZH else ", ").join(shown["columns"])
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
