"""Files that mean harm, or come from a spreadsheet that has been used for years."""

import io
import json
import zipfile

from tests.api.bodies import claim

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="t" Target="worksheets/sheet1.xml"/></Relationships>'
)
_HEADER = (
    "claim_number", "member_number", "benefit", "service_date", "item_code", "quantity", "unit_price", "amount",
)  # fmt: skip
_CELLS = ("C1", "M1", "ordinary", "2023-03-01", "A1", "1", "1", "1")
HEAD = '<?xml version="1.0"?>'
OPEN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = "</sheetData></worksheet>"


def row(number: int, cells) -> str:
    told = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{told}</row>'


def book(*pieces: str, shared: tuple = (), extra: dict | None = None) -> bytes:
    """A workbook whose sheet is made of pieces, written as they come."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("xl/workbook.xml", _BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _LINKS)
        _write(archive, "xl/worksheets/sheet1.xml", pieces)
        if shared:
            _write(archive, "xl/sharedStrings.xml", shared)
        for name, data in (extra or {}).items():
            _write(archive, name, data)
    return out.getvalue()


def _write(archive, name, pieces) -> None:
    with archive.open(name, "w") as part:
        for piece in pieces:
            part.write(piece.encode())


def good_rows() -> str:
    return row(1, _HEADER) + row(2, _CELLS)


def million_empty_rows() -> bytes:
    blocks = (
        "".join(f'<row r="{n}" spans="1:8" ht="14.25"/>' for n in range(at, at + 1000))
        for at in range(3, 1_000_003, 1000)
    )
    last = row(1_048_576, ("C2", *_CELLS[1:]))
    return book(HEAD, OPEN, good_rows(), *blocks, last, CLOSE)


def million_rows_of_styled_cells() -> bytes:
    cells = "".join(f'<c r="{letter}@" s="1"/>' for letter in "ABCDEFGH")
    blocks = (
        "".join(f'<row r="{n}">{cells}</row>'.replace("@", str(n)) for n in range(at, at + 1000))
        for at in range(3, 1_000_003, 1000)
    )
    return book(HEAD, OPEN, good_rows(), *blocks, CLOSE)


def bomb() -> bytes:
    """A sheet of spaces: half a gigabyte in half a megabyte."""
    return book(HEAD, OPEN, *[" " * 2**20] * 512, CLOSE)


def bomb_that_lies() -> bytes:
    """The same, whose directory says that it is small."""
    data = bytearray(bomb())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x05\x06"))
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


def shared_texts() -> bytes:
    """Texts by the million, none of them used."""
    items = "<si><t>1</t></si>" * 10_000
    return book(HEAD, OPEN, good_rows(), CLOSE, shared=(HEAD, "<sst>", *[items] * 1000, "</sst>"))


def laughs() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return book(HEAD, f"<!DOCTYPE x [{entities}]>", OPEN, row(1, ["&i;"]), CLOSE)


def outside() -> bytes:
    return book(HEAD, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', OPEN, row(1, ["&a;"]), CLOSE)


def far_cell() -> bytes:
    return book(
        HEAD, OPEN, good_rows(), '<row r="9"><c r="XFD9" t="inlineStr"><is><t>x</t></is></c></row>', CLOSE
    )


def wide_csv() -> bytes:
    return b"," * (19 * 2**20)


def many_rows() -> bytes:
    return (",".join(_HEADER) + "\n").encode() + b"C,M,o,,A,,,\n" * 1_500_000


def many_elements() -> bytes:
    return b"[" + b"1," * (9 * 2**20) + b"1]"


def one_long_text() -> bytes:
    return b'[{"claim_number":"' + b"x" * (19 * 2**20) + b'"}]'


def many_faults() -> bytes:
    bad = claim(lines=[{"x": 1}] * 60)
    return json.dumps([bad] * 10_000, ensure_ascii=False, separators=(",", ":")).encode()[: 20 * 2**20]


def full() -> bytes:
    """Ten thousand claims of twenty lines, no two rows of a claim beside each other."""
    rows = (
        f"C{n},37060019800501{n:04d},ordinary,2023-03-01,A{m},1,1,1\n"
        for m in range(20)
        for n in range(10_000)
    )
    return (",".join(_HEADER) + "\n" + "".join(rows)).encode()
