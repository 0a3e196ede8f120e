"""CSV registers: any usual encoding and header, and a bad row keeps no good row out."""

import io
from datetime import date

import pytest

from policies.csv_import import Column, FileError, Line, print_report, read_csv, write_report

COLUMNS = (
    Column("code", ("code", "编码"), required=True),
    Column("name", ("name", "名称")),
    Column("day", ("day", "日期")),
    Column("paid", ("paid", "缴费")),
    Column("kind", ("kind",)),
)


def parse(line: Line):
    kind = line.choice("kind", {"a": 1, "甲": 1, "b": 2})
    return line.text("code", 5), line.text("name"), line.day("day"), line.flag("paid"), kind


def read(text: str | bytes, progress=iter):
    return read_csv(text if isinstance(text, bytes) else text.encode(), COLUMNS, parse, progress)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_text_in_any_usual_encoding(encoding):
    found = read("编码,名称\nX1,二甲双胍\n".encode(encoding))
    assert found.good == [(2, ("X1", "二甲双胍", None, False, None))]
    assert found.faults == []


@pytest.mark.parametrize(
    "text",
    [
        "code,name\nX1,n\n",
        "CODE,Name\r\nX1,n\r\n",
        "\n\ncode,name\n\nX1,n\n",
        'name,code\n"n",X1',
        "code\tname\nX1\tn",
        "code;name\nX1;n",
        "code , name\n X1 , n ,\n",
        "code,name\n,\nX1,n\n,,,\n",
    ],
)
def test_forms_of_the_same_file(text):
    found = read(text)
    assert [values[:2] for _line, values in found.good] == [("X1", "n")]
    assert (found.total, found.faults) == (1, [])


BAD = """code,name,day,paid,kind
X1,ok,2023-01-01,yes,a
,no code,,,
X2,x,2023-13-01,maybe,z
TOOLONG,x,20230101,,
X3,"open,2023-01-01,,
X4,x
X5,"a, b",2023-02-28,是,甲
"""


def test_each_bad_row_is_reported_and_keeps_no_good_row_out():
    found = read(BAD)
    assert found.total == 7
    assert found.bad == 5
    assert [(number, values[0]) for number, values in found.good] == [(2, "X1"), (8, "X5")]
    assert found.good[1][1] == ("X5", "a, b", date(2023, 2, 28), True, 1)
    assert [(f.line, f.column, f.code) for f in found.faults] == [
        (3, "code", "required"),
        (4, "kind", "unknown_value"),
        (4, "day", "not_a_date"),
        (4, "paid", "not_a_flag"),
        (5, "code", "too_long"),
        (5, "day", "not_a_date"),
        (6, "", "unreadable"),
        (7, "", "wrong_width"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("name,day\nx,y", "Missing columns: code"),
        ("code,colour\nx,y", "Unknown columns: colour. Known: code / 编码"),
        ("code,编码\nx,y", "stands twice"),
        (b"\xff\xfe\x00\x81", "neither UTF-8 nor GBK"),
        (b"code,name\nX\x00,n", "null bytes"),
    ],
)
def test_a_file_that_is_unusable_as_a_whole(text, said):
    with pytest.raises(FileError, match=said):
        read(text)


def test_progress_sees_every_line():
    seen = []
    read("code\nX1\nX2", progress=lambda lines: seen.extend(lines) or lines)
    assert [number for number, _text in seen] == [2, 3]


def test_reports_name_line_column_and_value():
    found = read(BAD)
    stream = io.StringIO()
    write_report(found.faults, stream)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "line,column,code,message,value"
    assert len(lines) == 1 + len(found.faults)
    assert lines[3].startswith("4,day,not_a_date,")
    assert lines[3].endswith(",2023-13-01")
    shown = []
    print_report(found, type("Out", (), {"write": staticmethod(shown.append)}), limit=2)
    assert shown[0].startswith("line 3, code: ")
    assert str(shown[2]) == "… and 6 more faults"
