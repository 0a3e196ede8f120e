"""The catalogue's CSV: its columns, in English or Chinese, and what a row must look like."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policies import money
from policies.csv_import import Column, Line, ReadCsv
from policies.services.catalogue import Item

COLUMNS = (
    Column("code", ("item code", "code", "item_code", "项目编码", "医保编码", "编码"), required=True),
    Column("name", ("name", "项目名称", "名称")),
    Column("kind", ("kind", "项目类别", "类别")),
    Column("item_class", ("class", "item_class", "目录等级", "等级", "甲乙类"), required=True),
    Column("upfront", ("upfront", "先行自付比例", "自付比例")),
    Column("ceiling", ("ceiling", "最高限价", "限价")),
    Column("negotiated", ("negotiated", "谈判药品", "双通道")),
    Column("valid_from", ("valid_from", "valid from", "生效日期", "开始日期"), required=True),
)
_SHARE = gettext_lazy("must be a share such as 0.1 or 10%, from 0 to 1 with at most four decimals")
_PRICE = gettext_lazy("must be a price in yuan with at most four decimals")
_KINDS = {
    **{kind: kind for kind in ("drug", "device", "consumable", "service")},
    "药品": "drug",
    "医疗器械": "device",
    "器械": "device",
    "医用耗材": "consumable",
    "耗材": "consumable",
    "诊疗项目": "service",
    "医疗服务": "service",
    "服务": "service",
}
_CLASSES = {
    "a": "A",
    "b": "B",
    "c": "C",
    "甲": "A",
    "乙": "B",
    "丙": "C",
    "甲类": "A",
    "乙类": "B",
    "丙类": "C",
}


def parse_item(line: Line) -> Item:
    """One row. Faults are noted on the line."""
    item_class = line.choice("item_class", _CLASSES, "")
    upfront = line.convert("upfront", _share, "not_a_share", _SHARE)
    if upfront and item_class not in ("B", ""):
        line.fault("upfront", "upfront_not_class_b", _("only class B has an upfront share"))
    return Item(
        code=line.text("code", 50),
        name=line.text("name", 200),
        kind=line.choice("kind", _KINDS, "drug"),
        item_class=item_class,
        upfront=upfront,
        ceiling=line.convert("ceiling", money.parse_fine, "not_a_price", _PRICE),
        negotiated=line.flag("negotiated"),
        valid_from=line.day("valid_from"),
    )


def refuse_contradictions(read: ReadCsv[Item]) -> list[Item]:
    """The good items; where rows of one code and date contradict each other, none of them counts."""
    by_key: dict[tuple, list[tuple[int, Item]]] = {}
    for number, item in read.good:
        by_key.setdefault((item.code, item.valid_from), []).append((number, item))
    good = []
    for rows in by_key.values():
        if all(item == rows[0][1] for _number, item in rows):
            good.append(rows[0][1])
            continue
        lines = ", ".join(str(number) for number, _item in rows)
        for number, item in rows:
            message = _("lines %(lines)s say different things for one code and date") % {"lines": lines}
            read.fault(number, COLUMNS[0].headers[0], "contradiction", message, item.code)
    return good


def _share(text: str) -> int:
    """Ten-thousandths from "0.1" or "10%"."""
    if not text.endswith("%"):
        share = money.parse_fine(text)
    else:
        share, rest = divmod(money.parse_fine(text[:-1]), 100)
        if rest:
            raise money.MoneyError(text)
    if share > money.RATE_UNIT:
        raise money.MoneyError(text)
    return share
