"""Importing a catalogue: English or Chinese headers, idempotent, with history, bad rows reported."""

import io

import pytest
from django.core.management import CommandError, call_command

from policies.models import CatalogueItem
from tests.policies.build import YANTAI

pytestmark = pytest.mark.usefixtures("register")

CHINESE = """项目编码,名称,类别,目录等级,先行自付比例,最高限价,谈判药品,生效日期
A10BA02,二甲双胍,药品,甲类,,16.5,,2023-01-01
L01XC,曲妥珠单抗,药品,乙,10%,5500,是,2023-01-01
H001,敷料,耗材,丙,,,,2023-01-01
"""
ENGLISH = """item code,name,kind,class,upfront,ceiling,negotiated,valid_from
A10BA02,二甲双胍,drug,A,,16.50,no,2023-01-01
L01XC,曲妥珠单抗,drug,b,0.1,5500.00,yes,2023-01-01
H001,敷料,consumable,C,,,,2023-01-01
"""


@pytest.fixture
def imported(tmp_path):
    def run(text, *args, city=YANTAI, encoding="utf-8"):
        path = tmp_path / "catalogue.csv"
        path.write_bytes(text.encode(encoding))
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command("import_catalogue", path, *args, city=city, stdout=out, stderr=err)
        except SystemExit as stop:
            code = stop.code
        return code, out.getvalue(), err.getvalue()

    return run


def rows():
    fields = ("code", "name", "kind", "item_class", "upfront", "ceiling", "negotiated", "valid_from__year")
    return list(CatalogueItem.objects.filter(city=YANTAI).values_list(*fields))


WANTED = [
    ("A10BA02", "二甲双胍", "drug", "A", None, 165_000, False, 2023),
    ("H001", "敷料", "consumable", "C", None, None, False, 2023),
    ("L01XC", "曲妥珠单抗", "drug", "B", 1_000, 55_000_000, True, 2023),
]


@pytest.mark.parametrize(
    ("text", "encoding"), [(CHINESE, "utf-8"), (CHINESE, "gbk"), (CHINESE, "utf-8-sig"), (ENGLISH, "utf-8")]
)
def test_headers_and_values_in_chinese_or_english(imported, text, encoding):
    code, out, _err = imported(text, encoding=encoding)
    assert (code, out) == (0, "3 rows: 3 new, 0 changed, 0 as before, 0 bad\n")
    assert rows() == WANTED


def test_the_same_file_again_changes_nothing(imported):
    imported(CHINESE)
    code, out, _err = imported(ENGLISH)
    assert (code, out) == (0, "3 rows: 0 new, 0 changed, 3 as before, 0 bad\n")
    assert CatalogueItem.history.count() == 3


def test_a_correction_is_recorded_with_its_reason(imported):
    imported(CHINESE)
    _code, out, _err = imported(CHINESE.replace("10%", "15%"), "--reason", "鲁医保发〔2023〕1号")
    assert out == "3 rows: 0 new, 1 changed, 2 as before, 0 bad\n"
    item = CatalogueItem.objects.get(code="L01XC")
    assert item.upfront == 1_500
    changes = item.history.values_list("history_type", "history_change_reason", "upfront")
    assert list(changes) == [("~", "鲁医保发〔2023〕1号", 1_500), ("+", "Imported from catalogue.csv", 1_000)]


def test_a_later_date_is_a_row_of_its_own(imported):
    imported(CHINESE)
    imported(CHINESE.replace("2023-01-01", "2024-01-01"))
    assert CatalogueItem.objects.filter(code="L01XC").count() == 2


BAD = """item code,class,upfront,ceiling,kind,valid_from
X1,A,,1.5,,2023-01-01
X2,D,,,,2023-01-01
X3,B,1.5,,,2023-01-01
X4,B,10.001%,,,2023-01-01
X5,A,0.1,,,2023-01-01
X6,B,,１２,,2023-01-01
X7,B,,1.23456,,2023-01-01
X8,B,0.2,,robot,2023-01-01
X9,B,0.2,,,
Y1,B,0.2,,,2023-01-01
Y1,B,0.3,,,2023-01-01
Y2,B,0.2,,,2023-01-01
Y2,B,0.2,,,2023-01-01
"""


def test_bad_rows_are_reported_and_keep_no_good_row_out(imported, tmp_path):
    report = tmp_path / "faults.csv"
    code, out, err = imported(BAD, "--report", report)
    assert code == 1
    assert out == "13 rows: 2 new, 0 changed, 0 as before, 10 bad\n"
    assert [row[0] for row in rows()] == ["X1", "Y2"]
    lines = report.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [line.split(",")[:3] for line in lines] == [
        ["3", "class", "unknown_value"],
        ["4", "upfront", "not_a_share"],
        ["5", "upfront", "not_a_share"],
        ["6", "upfront", "upfront_not_class_b"],
        ["7", "ceiling", "not_a_price"],
        ["8", "ceiling", "not_a_price"],
        ["9", "kind", "unknown_value"],
        ["10", "valid_from", "required"],
        ["11", "item code", "contradiction"],
        ["12", "item code", "contradiction"],
    ]
    assert "line 3, class: " in err


@pytest.mark.slow
def test_twenty_thousand_rows_with_history(imported):
    text = "code,class,upfront,valid_from\n" + "".join(f"Z{n},B,0.1,2023-01-01\n" for n in range(20_000))
    assert imported(text)[:2] == (0, "20000 rows: 20000 new, 0 changed, 0 as before, 0 bad\n")
    changed = text.replace("0.1", "0.2")
    assert imported(changed)[1] == "20000 rows: 0 new, 20000 changed, 0 as before, 0 bad\n"
    assert CatalogueItem.history.filter(history_type="~", upfront=2_000).count() == 20_000


@pytest.mark.parametrize(
    ("text", "city", "said"),
    [(CHINESE, "999999", "Unknown city"), ("code\nx", YANTAI, "Missing columns"), ("", YANTAI, "empty")],
)
def test_what_cannot_be_imported_at_all(imported, text, city, said):
    with pytest.raises(CommandError, match=said):
        imported(text, city=city)
