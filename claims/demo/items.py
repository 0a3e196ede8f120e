"""The sample catalogue: some thirty things that doctors prescribe and do, the same in every city.

Codes have the shape of real ones (ATC for drugs, the national list for services); prices are invented.
"""

from dataclasses import dataclass

DRUG, DEVICE, CONSUMABLE, SERVICE = "drug", "device", "consumable", "service"


@dataclass(frozen=True, slots=True)
class Item:
    """`upfront` and `ceiling` as the catalogue file writes them, "" for none; `price` is what is charged."""

    code: str
    name: str
    kind: str
    item_class: str
    price: str
    upfront: str = ""
    ceiling: str = ""
    negotiated: bool = False


ITEMS = (
    Item("A10BA02", "盐酸二甲双胍片", DRUG, "A", "16.50"),
    Item("C08CA01", "苯磺酸氨氯地平片", DRUG, "A", "12.80"),
    Item("C09AA02", "马来酸依那普利片", DRUG, "A", "9.60"),
    Item("J01CA04", "阿莫西林胶囊", DRUG, "A", "14.20"),
    Item("R05CB06", "盐酸氨溴索口服溶液", DRUG, "A", "23.40"),
    Item("B01AC06", "阿司匹林肠溶片", DRUG, "A", "15.70"),
    Item("C10AA05", "阿托伐他汀钙片", DRUG, "B", "38.60", upfront="0.10"),
    Item("A02BC02", "泮托拉唑钠肠溶胶囊", DRUG, "B", "27.30", upfront="0.05"),
    Item("R03AK07", "布地奈德福莫特罗粉吸入剂", DRUG, "B", "186.00", upfront="0.10", ceiling="172.00"),
    Item("A10AE04", "甘精胰岛素注射液", DRUG, "B", "72.50", upfront="0.10"),
    Item("A10BJ06", "司美格鲁肽注射液", DRUG, "B", "478.50", upfront="0.20", negotiated=True),
    Item("A11CC05", "维生素D滴剂", DRUG, "C", "36.00"),
    Item("110200001", "普通门诊诊察费", SERVICE, "A", "12.00"),
    Item("110200002", "专家门诊诊察费", SERVICE, "B", "30.00", upfront="0.10", ceiling="25.00"),
    Item("250101015", "血细胞分析", SERVICE, "A", "20.00"),
    Item("250302001", "葡萄糖测定", SERVICE, "A", "6.00"),
    Item("250305007", "肝功能检查", SERVICE, "A", "85.00"),
    Item("310701001", "常规心电图检查", SERVICE, "A", "18.00"),
    Item("220301001", "彩色多普勒超声常规检查", SERVICE, "A", "110.00"),
    Item("210300001", "X线计算机体层（CT）平扫", SERVICE, "A", "260.00"),
    Item("210200001", "磁共振平扫", SERVICE, "B", "540.00", upfront="0.05"),
    Item("120400006", "静脉输液", SERVICE, "A", "14.00"),
    Item("310903005", "纤维结肠镜检查", SERVICE, "A", "320.00"),
    Item("330604010", "腹腔镜下胆囊切除术", SERVICE, "A", "2600.00"),
    Item("110900001", "普通病房床位费", SERVICE, "A", "48.00"),
    Item("330802003", "冠状动脉搭桥术", SERVICE, "A", "6800.00"),
    Item("120100002", "重症监护", SERVICE, "A", "480.00"),
    Item(
        "C01010100", "冠状动脉药物洗脱支架", CONSUMABLE, "B", "12600.00", upfront="0.10", ceiling="10000.00"
    ),
    Item("C14080100", "一次性使用输液器", CONSUMABLE, "B", "5.80", upfront="0.10", ceiling="5.00"),
    Item("C02010700", "可吸收缝合线", CONSUMABLE, "B", "96.00", upfront="0.10"),
    Item("D07230100", "家用电子血压计", DEVICE, "C", "238.00"),
)

BY_CODE = {item.code: item for item in ITEMS}
