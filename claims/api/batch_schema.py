"""The calls about batches, as the API's description has them; see claims.api.schema."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from claims.api import examples
from claims.api.batch_shapes import BatchResultsSerializer, BatchSerializer
from claims.api.schema import LANGUAGE, query, responses
from claims.api.shapes import ClaimRequestSerializer
from claims.batch_files.columns import COLUMNS
from claims.batch_files.entries import MAX_CLAIMS
from claims.batch_files.tables import MAX_ROWS

_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NDJSON = "application/x-ndjson"

_COLUMN_TABLE = "\n".join(
    f"| `{column.field}` | {' / '.join(column.headers)} | {'✓' if column.required else ''} | "
    f"{'、'.join(f'{word}＝{value}' for word, value in column.words.items())} |"
    for column in COLUMNS
)
_DESCRIPTION = f"""\
一个文件最多 {MAX_CLAIMS} 笔申报、20 MB（表格最多 {MAX_ROWS} 行）。合格的受理，不合格的逐行逐列报告，互不影响；
返回前已保存。整个文件不是合法的 JSON、CSV 或 XLSX 时全部退回（400），什么都不保存。改正后的文件可整个重发：
此前已受理且内容相同的记为 same，只增加此前未受理的。Idempotency-Key：相同键、相同内容返回同一批次（200），
相同键、不同内容返回 409；传输中断时用同一个键重发即可。

Up to {MAX_CLAIMS} claims and 20 MB a file ({MAX_ROWS} rows of a table). The good claims are taken, the others
reported by row, column and code; the batch is stored before the answer is sent. A file that is not well-formed is
refused whole (400) and nothing of it stored. A mended file is sent again whole: what was taken before counts as
`same`. Under one Idempotency-Key the same content is the same batch (200), other content a conflict (409).

CSV、XLSX：第一行为列名（中文或英文，次序不限），此后一行一条费用明细；申报号相同的行为同一笔申报，不必相邻；申报级的列可只填在
该申报的第一行，或各行相同。CSV 可为 UTF-8（有无 BOM 均可）、UTF-16 或 GBK/GB18030。XLSX 只读第一个可见的工作表。
号码和编码列须为文本；公式、被改成 3.7E+17 的号码逐格报告，不作猜测；金额、数量、日期中的全角数字按半角读。
日期可为 2023-03-01、2023/3/1、2023年3月1日、20230301 或 Excel 日期；`lists` 各号以分号分隔；
是/否列可写 是/否、true/false、1/0。

CSV and XLSX: the first row has the columns' names (Chinese or English, in any order), then a row is a line. Rows with
the same claim number are one claim, wherever they stand; the claim's own columns may be filled in its first row
alone. CSV may be UTF-8 (with or without BOM), UTF-16 or GBK/GB18030. Of a workbook the first visible sheet is read.
Numbers and codes must be text: formulas and numbers that became 3.7E+17 are reported, never guessed.

| 英文列名 column | 中文列名 | 必填 required | 取值 values |
|---|---|---|---|
{_COLUMN_TABLE}
"""
_CSV_EXAMPLE = (
    "申报号,人员编号,待遇类别,就诊日期,医保目录编码,项目名称,数量,单价,金额\n"
    "HN-2023-000017,370600198005010017,普通门诊,2023-03-01,A10BA02,二甲双胍,2,16.50,33.00\n"
    "HN-2023-000017,,,,A11,阿司匹林,1,5.00,5.00\n"
)

send_batch = extend_schema(
    operation_id="send_claim_batch",
    tags=["claim-batches"],
    summary="批量申报 · Send a file of claims",
    description=_DESCRIPTION,
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="1 至 200 个可见 ASCII 字符，机构内唯一。1 to 200 visible ASCII characters, one a file.",
        ),
        LANGUAGE,
        OpenApiParameter(
            "Location",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            response=[200, 202],
            description="批次地址。The batch.",
        ),
    ],
    request={
        "application/json": ClaimRequestSerializer(many=True),
        _NDJSON: OpenApiTypes.STR,
        _CSV: OpenApiTypes.STR,
        _XLSX: OpenApiTypes.BINARY,
    },
    responses=responses(
        {
            200: OpenApiResponse(
                BatchSerializer, description="此前已收到的同一文件。The same, received before."
            ),
            202: OpenApiResponse(BatchSerializer, description="已收到并保存。Received and stored."),
        },
        400,
        409,
        411,
        413,
        415,
    ),
    examples=[
        OpenApiExample("JSON", value=[examples.ORDINARY], request_only=True, media_type="application/json"),
        OpenApiExample("CSV", value=_CSV_EXAMPLE, request_only=True, media_type=_CSV),
        OpenApiExample("已收到 · received", value=examples.BATCH, response_only=True, status_codes=["202"]),
    ],
)
read_batch = extend_schema(
    operation_id="read_claim_batch",
    tags=["claim-batches"],
    summary="查询批次 · Read a batch",
    description="各受理结果的笔数和结算进度。Counts by outcome, and how far adjudication is.",
    parameters=[LANGUAGE],
    responses=responses({200: BatchSerializer}, 404),
    examples=[OpenApiExample("批次 · batch", value=examples.BATCH, response_only=True, status_codes=["200"])],
)
read_results = extend_schema(
    operation_id="read_claim_batch_results",
    tags=["claim-batches"],
    summary="批次结果 · Results of a batch",
    description="按文件次序逐笔列出，JSON、CSV 或 XLSX（由 format 参数或 Accept 决定）；"
    "表格中每个错误一行，写明如何更正。"
    "Claim by claim in the order of the file, as JSON, CSV or XLSX (by `format` or Accept); in a table each fault "
    "has a row that says how to mend it.",
    parameters=[
        query("format", "结果格式。The format.", enum=["json", "csv", "xlsx"], default="json"),
        LANGUAGE,
    ],
    responses=responses(
        {
            (200, "application/json"): BatchResultsSerializer,
            (200, _CSV): OpenApiTypes.STR,
            (200, _XLSX): OpenApiTypes.BINARY,
        },
        400,
        404,
    ),
    examples=[
        OpenApiExample(
            "结果 · results",
            value=examples.BATCH_RESULTS,
            response_only=True,
            status_codes=["200"],
            media_type="application/json",
        )
    ],
)
