"""CSV and XLSX as they come from spreadsheets in China."""

import datetime
from io import BytesIO

import openpyxl
import pytest

from claims.batch_files import read_entries
from claims.faults import SENTENCES, Refused
from policies.terms import BENEFITS

HEADER = "申报号,人员编号,待遇类别,就诊日期,使用个人账户,医保目录编码,项目名称,数量,单价,金额"
ROW = "C1,M1,普通门诊,2023-03-01,,A1,阿司匹林,1,1.5,1.50"


def read(data: bytes, format="csv", charset=""):
    return list(read_entries(BytesIO(data), format, registered=set, charset=charset))


def table(*rows, header=HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def faults(data: bytes, format="csv") -> list[tuple]:
    return [(fault.row, fault.column, fault.code) for entry in read(data, format) for fault in entry.faults]


def only(data: bytes, format="csv"):
    [entry] = read(data, format)
    assert entry.faults == ()
    return entry.submission


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_gives_the_same_claim(encoding, end):
    found = only((HEADER + "\n" + ROW).replace("\n", end).encode(encoding))
    assert found == only(table(ROW))
    assert found.content.lines[0].name == "阿司匹林"


@pytest.mark.parametrize("charset", ["GBK", "gb2312", "gb18030"])
def test_a_named_charset_is_used(charset):
    [entry] = read(table(ROW).decode().encode("gbk"), charset=charset)
    assert entry.submission == only(table(ROW))


def test_a_charset_that_is_not_the_files_is_refused():
    with pytest.raises(Refused, match="wrong_charset"):
        read(table(ROW).decode().encode("gbk"), charset="utf-8")


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters(delimiter):
    assert only(table(ROW).replace(b",", delimiter.encode())) == only(table(ROW))


def test_headers_in_english_in_any_order_with_blank_rows():
    rows = (
        "\n,,,,,,,,\n\namount,claim_number,Benefit,member_number,service_date,item_code,unit_price,quantity\n"
        ",,,,,,,\n1.50,C1,ordinary,M1,2023-03-01,A1,1.5,1\n,,,\n"
    )
    found = only(rows.encode())
    assert (found.claim_number, found.content.lines[0].amount) == ("C1", 150)


def test_rows_of_a_claim_need_not_stand_together():
    second = "C2,M2,普通门诊,2023-03-01,,A1,,1,1.5,1.50"
    more = "C1,,,,,A2,,1,2,2.00"
    first, other = read(table(ROW, second, more))
    assert [line.item for line in first.submission.content.lines] == ["A1", "A2"]
    assert (first.row, other.row) == (2, 3)


def test_a_row_that_says_otherwise_of_its_claim_is_a_fault():
    assert faults(table(ROW, ROW.replace("M1", "M2"))) == [(3, "member_number", "differs")]


def test_a_fault_keeps_no_other_claim_out():
    entries = read(table(ROW, "C2,M2,普通门诊,2023-03-01,,A1,,1,1.5,1.555", ROW.replace("C1", "C3")))
    assert [entry.submission is not None for entry in entries] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023/3/1", "2023-03-01"),
        ("2023/03/01 0:00", "2023-03-01"),
        ("2023.3.1", "2023-03-01"),
        ("2023年3月1日", "2023-03-01"),
        ("20230301", "2023-03-01"),
        ("２０２３－０３－０１", "2023-03-01"),
    ],
)
def test_dates_with_the_year_first_are_read(text, day):
    assert only(table(ROW.replace("2023-03-01", text))).content.service_date.isoformat() == day


@pytest.mark.parametrize(
    "text", ["3/1/2023", "1/3/23", "44986", "2023-02-30", "2023-03-01 10:30", "三月一日"]
)
def test_other_dates_are_told(text):
    assert faults(table(ROW.replace("2023-03-01", text))) == [(2, "service_date", "cell_date")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"C1": "C１"}, ("claim_number", "fullwidth")),
        ({"M1": "3.70600198005E+17"}, ("member_number", "mangled")),
        ({"M1": "3.7E17"}, ("member_number", "mangled")),
        ({"M1": '"=""370600"""'}, ("member_number", "formula")),
        ({"A1": "Ａ1"}, ("item_code", "fullwidth")),
        ({"普通门诊": "门诊"}, ("benefit", "invalid_choice")),
        ({"1.50": '"1,500.00"'}, ("amount", "cell_amount")),
        ({"1.50": "1.50元"}, ("amount", "cell_amount")),
        ({"1.50": "-1.50"}, ("amount", "cell_amount")),
        ({"1.50": "1.505"}, ("amount", "cell_amount")),
        ({"M1": ""}, ("member_number", "required")),
    ],
)
def test_a_cell_that_a_spreadsheet_or_a_hand_spoiled_is_told(cells, expected):
    [(old, new)] = cells.items()
    assert faults(table(ROW.replace(old, new, 1))) == [(2, *expected)]


def test_fullwidth_figures_are_read_where_they_can_mean_nothing_else():
    wide = ROW.replace("1,1.5,1.50", "１,１.５,１．５０")
    assert only(table(wide)) == only(table(ROW))


@pytest.mark.parametrize(
    ("text", "flag"), [("是", True), ("否", False), ("TRUE", True), ("0", False), ("", False)]
)
def test_yes_and_no(text, flag):
    assert only(table(ROW.replace("2023-03-01,", f"2023-03-01,{text}"))).content.use_account is flag


def test_a_row_with_more_cells_than_headers_is_told():
    assert faults(table(ROW + ",备注")) == [(2, "", "wrong_width")]
    assert faults(table(ROW + ",备注", header=HEADER + ",")) == [(2, "", "wrong_width")]


def test_rows_without_a_number_are_told_each():
    rows = [ROW.replace("C1", "", 1)] * 2
    assert faults(table(*rows)) == [(2, "claim_number", "required"), (3, "claim_number", "required")]


def test_emergencies_and_lists():
    header = HEADER + ",急诊去向,急诊情况说明,并入申报号"
    emergency = ROW.replace("普通门诊", "急诊抢救") + ",死亡,是,"
    stay = "C2,M1,住院,,,A1,,1,1,1,,,C1；C3"
    first, second = read(table(emergency, stay, header=header))
    assert (first.submission.content.disposition, first.submission.content.statement) == ("died", True)
    assert second.submission.content.lists == ("C1", "C3")


def test_every_benefit_has_its_chinese_word():
    from claims.batch_files.columns import COLUMNS

    [column] = [column for column in COLUMNS if column.field == "benefit"]
    assert set(column.words.values()) == set(BENEFITS)


def test_every_sentence_is_in_both_languages_and_says_something():
    for code, told in SENTENCES.items():
        assert set(told) == {"zh", "en"}, code
        assert told["zh"].endswith("。"), code
        assert told["en"].endswith("."), code


# --- XLSX ----------------------------------------------------------------------------------------


def workbook(*rows, header=HEADER, prepare=None) -> bytes:
    book, out = openpyxl.Workbook(), BytesIO()
    sheet = book.active
    for row in (header.split(","), *rows):
        sheet.append(row)
    if prepare:
        prepare(book)
    book.save(out)
    return out.getvalue()


CELLS = ["C1", "M1", "普通门诊", "2023-03-01", "", "A1", "阿司匹林", "1", "1.5", "1.50"]


def changed(**places):
    cells = list(CELLS)
    for place, value in places.items():
        cells["abcdefghij".index(place)] = value
    return cells


def test_a_workbook_of_texts_is_the_same_claim():
    assert only(workbook(CELLS), "xlsx") == only(table(ROW))


@pytest.mark.parametrize("day", [datetime.date(2023, 3, 1), datetime.datetime(2023, 3, 1)])
def test_numbers_and_dates_of_a_spreadsheet_are_exact(day):
    typed = changed(d=day, e=False, h=1, i=1.5, j=1.50)
    assert only(workbook(typed), "xlsx") == only(table(ROW))
    assert only(workbook(changed(h=3, i=0.1, j=0.30)), "xlsx").content.lines[0].amount == 30


def test_days_counted_from_1904():
    def mac(book):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    data = workbook(changed(d=datetime.date(2023, 3, 1)), prepare=mac)
    assert only(data, "xlsx").content.service_date == datetime.date(2023, 3, 1)


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("b", 370600198005010017, ("member_number", "mangled")),
        ("b", 1001, ("member_number", "not_text")),
        ("a", 17, ("claim_number", "not_text")),
        ("f", 86901, ("item_code", "not_text")),
        ("j", "=H2*I2", ("amount", "formula")),
        ("j", 1.505, ("amount", "cell_amount")),
        ("j", 0.1 + 0.7, ("amount", "cell_amount")),
        ("j", "#N/A", ("amount", "error")),
        ("d", datetime.datetime(2023, 3, 1, 10, 30), ("service_date", "cell_date")),
        ("d", 44986, ("service_date", "cell_date")),
        ("d", True, ("service_date", "cell_date")),
    ],
)
def test_what_a_spreadsheet_cannot_say_exactly_is_told(place, value, expected):
    found = faults(workbook(changed(**{place: value})), "xlsx")
    assert found == [(2, *expected)]


def test_the_first_sheet_that_is_shown_is_read():
    def hide(book):
        book.create_sheet("说明").append(["请勿填写"])
        hidden = book.create_sheet("参数", 0)
        hidden.sheet_state = "hidden"

    assert only(workbook(CELLS, prepare=hide), "xlsx") == only(table(ROW))
