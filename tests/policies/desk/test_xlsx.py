"""A version as a workbook: written and read back the same, faults at their cells, nothing run or unpacked at will."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from policies import library
from policies.files import FileFaults, read_upload, read_xlsx, write_xlsx
from policies.files.xlsx_reading import MAX_BYTES
from policies.rows import BandRow, CriticalIllnessRow
from tests.policies.build import ZHENJIANG, cell, content


def changed(*changes, found=None) -> bytes:
    """A version's workbook with cells set: (sheet, cell, value)."""
    book = load_workbook(BytesIO(write_xlsx(found or content())))
    for sheet, place, value in changes:
        book[sheet][place] = value
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def faults(data: bytes) -> list[str]:
    with pytest.raises(FileFaults) as caught:
        read_xlsx(data, "版本.xlsx")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("path", library.version_files(), ids=lambda path: path.stem)
def test_every_project_version_is_read_back_as_it_was(path):
    version = library.read_path(path)
    assert read_xlsx(write_xlsx(version)) == version


def test_an_unfinished_version_is_read_back_too():
    version = content(
        effective_from=None,
        limits=[],
        entitlement=None,
        account_uses=[],
        critical_illness=CriticalIllnessRow(
            document=content().document, bands=[BandRow(document=content().document, above=0, rate=0)]
        ),
    )
    version.tiers[0].conditions.clear()
    cell(version, "ordinary", "level 1", "employed").rate = None
    assert read_xlsx(write_xlsx(version)) == version


def test_conditions_that_cite_elsewhere_keep_their_clause():
    version = content(ZHENJIANG, "2023-01-01")
    version.tiers[1].conditions[0].clause = "另条"
    version.tiers[1].conditions[0].note = "说明"
    version.limits[0].document = "另文"
    assert read_xlsx(write_xlsx(version)) == version


def test_figures_are_in_yuan_and_percent_as_people_read_them():
    book = load_workbook(BytesIO(write_xlsx(content())))
    sheet = book["terms"]
    columns = [entry.value for entry in sheet[1]]
    rate, deductible = (sheet.cell(2, columns.index(name) + 1) for name in ("rate", "deductible"))
    assert (rate.value, rate.number_format) == (0.7, "0.##%")
    assert (deductible.value, deductible.number_format) == (500, "#,##0.00")


@pytest.mark.parametrize(
    ("typed", "shape", "rate"),
    [
        (0.63, "0%", 6_300),
        (0.063, "0.0%", 630),
        (63, "General", 6_300),
        ("63", "General", 6_300),
        ("63%", "General", 6_300),
        ("6.3 %", "General", 630),
        (0, "0%", 0),
    ],
)
def test_a_percentage_may_be_typed_in_every_usual_way(typed, shape, rate):
    book = load_workbook(BytesIO(write_xlsx(content())))
    book["terms"]["G2"] = typed
    book["terms"]["G2"].number_format = shape
    stream = BytesIO()
    book.save(stream)
    found = read_xlsx(stream.getvalue())
    assert cell(found, "ordinary", "level 1", "employed").rate == rate


@pytest.mark.parametrize(("typed", "fen"), [(1800, 180_000), ("1,800.00", 180_000), (0.1, 10), ("0", 0)])
def test_an_amount_may_be_typed_in_every_usual_way(typed, fen):
    assert read_xlsx(changed(("limits", "G2", typed))).limits[0].amount == fen


def test_every_fault_is_named_with_its_cell_at_once():
    found = faults(
        changed(
            ("terms", "G2", 170),
            ("terms", "C3", "pensioner"),
            ("limits", "G2", "abc"),
            ("limits", "D2", "week"),
            ("version", "B1", "37"),
            ("version", "B3", "someday"),
            ("tiers", "A2", None),
            ("provisions", "A2", "anything"),
        )
    )
    places = {fault.split(" ")[0].rstrip(":") for fault in found}
    expected = {"terms!G2", "limits!G2", "limits!D2", "version!B1", "version!B3", "tiers!A2", "provisions!A2"}
    assert expected <= places
    assert any(place.startswith("terms!") and place.endswith("3") for place in places)


def test_unknown_sheets_columns_and_keys_are_faults():
    book = load_workbook(BytesIO(write_xlsx(content())))
    book.create_sheet("备注")["A1"] = "x"
    book["limits"]["Z1"] = "ceiling"
    book["version"]["A12"] = "author"
    stream = BytesIO()
    book.save(stream)
    found = "\n".join(faults(stream.getvalue()))
    assert "备注" in found
    assert "limits!Z1" in found
    assert "version!A12" in found


def test_what_stands_twice_is_a_fault():
    book = load_workbook(BytesIO(write_xlsx(content())))
    sheet = book["terms"]
    sheet.append([entry.value for entry in sheet[2]])
    stream = BytesIO()
    book.save(stream)
    assert any(fault.startswith("terms!A8") for fault in faults(stream.getvalue()))


def test_a_text_that_looks_like_a_formula_stays_text():
    version = content(note="=1+1")
    data = write_xlsx(version)
    assert load_workbook(BytesIO(data))["version"]["B6"].data_type == "s"
    assert read_xlsx(data).note == "=1+1"


def test_a_formula_is_not_computed():
    """Only the value that was stored with it counts; this one has none."""
    assert read_xlsx(changed(("limits", "G2", "=900*2"))).limits[0].amount is None


def packed(name: str, data: bytes) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no XLSX workbook"),
        (b"city: 370600", "is no XLSX workbook"),
        (packed("a.txt", b"x"), "is no XLSX workbook"),
        (packed("xl/worksheets/sheet1.xml", b"0" * 50_000_000), "too large once unpacked"),
        (b"PK" + b"0" * MAX_BYTES, "is larger than"),
    ],
)
def test_what_is_no_workbook_or_too_large_is_refused(data, said):
    assert said in faults(data)[0]


def test_a_damaged_workbook_is_refused():
    data = bytearray(write_xlsx(content()))
    data[len(data) // 2 : len(data) // 2 + 200] = b"\x00" * 200
    assert "is no XLSX workbook" in faults(bytes(data))[0]


def test_too_many_rows_are_refused():
    book = Workbook()
    sheet = book.active
    sheet.title = "provisions"
    sheet.append(["topic", "text"])
    for _ in range(2001):
        sheet.append(["budget", "x"])
    stream = BytesIO()
    book.save(stream)
    assert any("has more than 2000 rows" in fault for fault in faults(stream.getvalue()))


def test_a_file_is_read_by_its_name():
    data = write_xlsx(content())
    assert read_upload(data, "版本.XLSX") == content()
    with pytest.raises(FileFaults, match=r"must be a \.yaml or \.xlsx file"):
        read_upload(data, "版本.xls")
    with pytest.raises(FileFaults):
        read_upload(data, "版本.yaml")
