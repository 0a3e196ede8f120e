"""The API's calls, as its description (OpenAPI 3.1) has them, in Chinese and English."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from claims.api import examples
from claims.api.listing import LARGEST_PAGE, PAGE_SIZE
from claims.api.shapes import (
    ClaimPageSerializer,
    ClaimRequestSerializer,
    ClaimSerializer,
    EntitlementSerializer,
    QuestionSerializer,
    QuoteRequestSerializer,
    QuoteSerializer,
    ReversalRequestSerializer,
    SettlementSerializer,
)
from claims.models import Claim
from policies.api.problems import ProblemSerializer

PROBLEM = "application/problem+json"


class BearerKey(OpenApiAuthenticationExtension):
    target_class = "claims.api.access.KeyAuthentication"
    name = "institutionKey"

    def get_security_definition(self, auto_schema) -> dict:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "机构密钥，由经办机构在管理页面发放。A key of the institution, issued by the bureau.",
        }


_PROBLEMS = {
    400: "请求内容有误，errors 一次列出全部错误。The content is at fault; errors lists all faults at once.",
    401: "密钥缺失、无效、过期或已吊销。No key, or one that is unknown, expired or revoked.",
    404: "没有此申报或批次，或不属于本机构。No such claim or batch of this institution.",
    409: "与当前状态冲突。Conflicts with what the claim is.",
    411: "缺少内容长度。The body's length is not given.",
    413: "请求体过大。The body is over its limit.",
    415: "不支持的内容格式。The body is in no format that this address takes.",
    429: "请求过于频繁，见 Retry-After。Too many requests; see Retry-After.",
    503: "暂时不能受理，见 Retry-After。For the time being nothing can be taken or read; see Retry-After.",
}


def responses(good: dict, *problems: int) -> dict:
    """The good answers, and the problems that the call may give, besides those that all calls give."""
    bad = {
        (status, PROBLEM): OpenApiResponse(ProblemSerializer, description=_PROBLEMS[status])
        for status in (*problems, 401, 429, 503)
    }
    return good | bad


def query(name: str, description: str, type_=OpenApiTypes.STR, **options) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.QUERY, description=description, **options)


LANGUAGE = OpenApiParameter(
    "Accept-Language",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="zh 或 en：说明文字的语言，默认中文。Language of messages and steps; Chinese by default.",
)
_LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 202],
    description="申报地址。The claim.",
)
_APPLIED = OpenApiParameter(
    "Preference-Applied",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 202],
    description="实际等待的秒数上限。Given where the request waited.",
)

list_claims = extend_schema(
    operation_id="list_claims",
    tags=["claims"],
    summary="查询申报 · List claims",
    description="本机构的申报，最新收到的在前。The institution's claims, the newest received first.",
    parameters=[
        query("status", "状态。Where the claim stands.", enum=Claim.State.values),
        query("service_date_from", "服务日期起（含）。Inclusive.", OpenApiTypes.DATE),
        query("service_date_to", "服务日期止（含）。Inclusive.", OpenApiTypes.DATE),
        query("received_from", "收到时间起（含），时间或日期。A time with offset, or a date."),
        query("received_to", "收到时间止：早于该时间，或至该日结束。Before a time, or to the end of a date."),
        query("batch", "批次标识。Those that the batch stored or found there already.", OpenApiTypes.UUID),
        query(
            "page_size",
            "每页条数。Claims a page.",
            {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE},
        ),
        query("cursor", "由 next 给出。As given by next.", OpenApiTypes.UUID),
        LANGUAGE,
    ],
    responses=responses({200: ClaimPageSerializer}, 400),
)
send_claim = extend_schema(
    operation_id="send_claim",
    tags=["claims"],
    summary="申报一笔费用 · Send a claim",
    description="受理后异步结算。相同内容重发返回原申报（200）；同号不同内容返回 409。"
    "Accepted when stored, and settled by workers. The same content sent again returns the first claim (200), "
    "other content under the same number 409. With `Prefer: wait=N` (N up to 10) the answer waits for the "
    "settlement and is 200 where it came in time; with too many requests waiting it is 202 at once. "
    "[national: 2204 with 2207; 2301 with 2304]",
    parameters=[
        OpenApiParameter(
            "Prefer",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="wait=N：最多等待 N 秒（不超过 10）。Wait up to N seconds (RFC 7240).",
            examples=[OpenApiExample("wait", value="wait=5")],
        ),
        LANGUAGE,
        _LOCATION,
        _APPLIED,
    ],
    request={"application/json": ClaimRequestSerializer},
    responses=responses(
        {
            200: OpenApiResponse(
                ClaimSerializer, description="已结算，或此前已受理。Adjudicated in time, or received before."
            ),
            202: OpenApiResponse(ClaimSerializer, description="已受理，待结算。Accepted."),
        },
        400,
        409,
        413,
        415,
    ),
    examples=[
        OpenApiExample("普通门诊 · ordinary", value=examples.ORDINARY, request_only=True),
        OpenApiExample("住院 · inpatient", value=examples.INPATIENT, request_only=True),
        OpenApiExample("已结算 · settled", value=examples.SETTLED, response_only=True, status_codes=["200"]),
        OpenApiExample("已受理 · accepted", value=examples.QUEUED, response_only=True, status_codes=["202"]),
    ],
)
read_claim = extend_schema(
    operation_id="read_claim",
    tags=["claims"],
    summary="查询一笔申报 · Read a claim",
    description="状态和当前结算。Where the claim stands, and its current settlement. [national: 5203]",
    parameters=[LANGUAGE],
    responses=responses({200: ClaimSerializer}, 404),
    examples=[
        OpenApiExample("已结算 · settled", value=examples.SETTLED, response_only=True, status_codes=["200"])
    ],
)
list_settlements = extend_schema(
    operation_id="list_settlements",
    tags=["claims"],
    summary="全部结算修订 · All revisions",
    description="从第一次起的全部结算和撤销。Every settlement and reversal, the first one first.",
    parameters=[LANGUAGE],
    responses=responses({200: SettlementSerializer(many=True)}, 404),
)
withdraw_claim = extend_schema(
    operation_id="withdraw_claim",
    tags=["claims"],
    summary="撤回申报 · Withdraw",
    description="撤回尚未结算的申报。Takes back a claim that is not settled yet. [national: 2205, 2302]",
    parameters=[LANGUAGE],
    request=None,
    responses=responses({200: ClaimSerializer}, 400, 404, 409),
)
reverse_claim = extend_schema(
    operation_id="reverse_claim",
    tags=["claims"],
    summary="撤销结算 · Reverse",
    description="全额撤销已结算的申报，返回撤销结算。Takes back a settled claim in full; answers the reversing "
    "settlement. To send it again use a new number. [national: 2208, 2305]",
    parameters=[LANGUAGE],
    request={"application/json": ReversalRequestSerializer},
    responses=responses({200: SettlementSerializer}, 400, 404, 409, 413, 415),
)
quote = extend_schema(
    operation_id="quote_claim",
    tags=["questions"],
    summary="预结算 · Quote a claim",
    description="若此刻受理并结算这笔费用的结果；不保存任何内容，不占用申报号。该参保人尚在排队的申报不计入。"
    "What the claim would be settled as if it were adjudicated now. Nothing is stored and no number is used up; "
    "claims of the member that still wait are not counted. [national: 2206, 2303]",
    parameters=[LANGUAGE],
    request={"application/json": QuoteRequestSerializer},
    responses=responses({200: QuoteSerializer}, 400, 413, 415),
    examples=[
        OpenApiExample("普通门诊 · ordinary", value=examples.ORDINARY, request_only=True),
        OpenApiExample("可结算 · settled", value=examples.QUOTED, response_only=True, status_codes=["200"]),
    ],
)
entitlement = extend_schema(
    operation_id="ask_entitlement",
    tags=["questions"],
    summary="待遇资格及余额 · Entitlement",
    description="参保人某日在本机构能否享受某项待遇；起付线、限额和个人账户的总额、已用、剩余。不保存任何内容。"
    "零售药店的处方和异地就医备案须在申报时说明，此处不判断。"
    "Whether a member is entitled to a benefit at this institution on a day, with the total, used and left of "
    "deductible, limits and account. Nothing is stored. A pharmacy's prescription and a filing for care in "
    "another city are said with the claim, and not judged here. [national: 2001, 5206]",
    parameters=[LANGUAGE],
    request={"application/json": QuestionSerializer},
    responses=responses({200: EntitlementSerializer}, 400, 413, 415),
    examples=[
        OpenApiExample("普通门诊 · ordinary", value=examples.QUESTION, request_only=True),
        OpenApiExample(
            "可享受 · entitled", value=examples.ENTITLED, response_only=True, status_codes=["200"]
        ),
        OpenApiExample(
            "欠费 · in arrears", value=examples.IN_ARREARS, response_only=True, status_codes=["200"]
        ),
    ],
)
