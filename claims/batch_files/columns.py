"""The columns of a table of claims: their headers in English and Chinese, and what their cells hold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from claims.faults import Fault, Refused

ID, TEXT, DATE, CHOICE, FLAG, LIST, AMOUNT, FINE = (
    "id",
    "text",
    "date",
    "choice",
    "flag",
    "list",
    "amount",
    "fine",
)


class Column(NamedTuple):
    """`field`: the API's name, also the English header. `pointer`: where it stands in a claim's JSON.

    `words`: Chinese for the API's values, beside these themselves. `line`: it belongs to a line, not to the claim.
    """

    field: str
    headers: tuple[str, ...]
    kind: str
    required: bool = False
    line: bool = False
    words: Mapping[str, str] = {}
    pointer: str = ""


_BENEFITS = {
    "普通门诊": "ordinary",
    "门诊慢性病": "chronic",
    "门诊特殊疾病": "special",
    "急诊抢救": "emergency",
    "日间手术": "day_surgery",
    "住院": "inpatient",
    "双通道": "negotiated_drug",
}
_AREAS = {
    "无": "none",
    "否": "none",
    "异地长期居住": "resident",
    "临时外出": "temporary",
    "临时外出就医": "temporary",
}
_DISPOSITIONS = {"转入院": "admitted", "死亡": "died", "无床位": "no_bed", "离院": "discharged"}

COLUMNS = (
    Column("claim_number", ("申报号",), ID, required=True),
    Column("member_number", ("人员编号",), ID, required=True),
    Column("benefit", ("待遇类别",), CHOICE, required=True, words=_BENEFITS),
    Column("service_date", ("就诊日期", "服务日期"), DATE),
    Column("admitted_on", ("入院日期",), DATE),
    Column("discharged_on", ("出院日期",), DATE),
    Column("disease_code", ("病种编码",), ID),
    Column("out_of_area", ("异地就医",), CHOICE, words=_AREAS),
    Column("prescribed_by", ("开方机构编码",), ID),
    Column("use_account", ("使用个人账户",), FLAG),
    Column("emergency", ("急诊去向",), CHOICE, words=_DISPOSITIONS, pointer="/emergency/disposition"),
    Column("emergency_statement", ("急诊情况说明",), FLAG, pointer="/emergency/statement"),
    Column("lists", ("并入申报号",), LIST),
    Column("total", ("医疗费总额", "总额"), AMOUNT),
    Column("item_code", ("医保目录编码", "项目编码"), ID, required=True, line=True),
    Column("name", ("项目名称",), TEXT, line=True),
    Column("quantity", ("数量",), FINE, required=True, line=True),
    Column("unit_price", ("单价",), FINE, required=True, line=True),
    Column("amount", ("金额",), AMOUNT, required=True, line=True),
)
MOST_COLUMNS = 100
_BY_HEADER = {header: column for column in COLUMNS for header in (column.field, *column.headers)}


def read_header(cells: Sequence) -> dict[str, int]:
    """Field → place in a row. Raises Refused with everything that is wrong with a header.

    A header that is not known is named by its column, never repeated: in a table without headers it is data.
    """
    places: dict[str, int] = {}
    unknown, twice = [], []
    for place, cell in enumerate(cells):
        header = "".join(cell.split()).lower() if isinstance(cell, str) else None
        if header == "":
            continue
        column = _BY_HEADER.get(header)
        if column is None:
            unknown.append(letter(place))
        elif column.field in places:
            twice.append(letter(place))
        else:
            places[column.field] = place
    missing = [f"{c.field} / {c.headers[0]}" for c in COLUMNS if c.required and c.field not in places]
    faults = [
        Fault("", code, {"columns": names})
        for code, names in (
            ("unknown_columns", unknown),
            ("columns_twice", twice),
            ("columns_missing", missing),
        )
        if names
    ]
    if faults:
        raise Refused(faults)
    return places


def letter(place: int) -> str:
    """A, B, … as spreadsheets name their columns, from 0."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
