"""The calls on published versions, as the API's description has them, in Chinese and English."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from policies.api.problems import ProblemSerializer
from policies.terms import CITE_KINDS

_PROBLEM = "application/problem+json"


class PolicyCitySerializer(serializers.Serializer):
    code = serializers.CharField(help_text="行政区划代码。Division code (GB/T 2260).")
    name = serializers.CharField(help_text="名称。Its name.")
    name_en = serializers.CharField(help_text="英文名称。Its name in English.")


class PolicyDocumentSerializer(serializers.Serializer):
    number = serializers.CharField(help_text="文号。Document number.")
    title = serializers.CharField(help_text="标题。Its title.")


class PolicyLinksSerializer(serializers.Serializer):
    self = serializers.CharField(help_text="本版本。The version with its parameters.")


class PolicySummarySerializer(serializers.Serializer):
    """A published version. 已发布的政策版本。"""

    id = serializers.IntegerField(help_text="版本标识。The version's identity.")
    city = PolicyCitySerializer(help_text="统筹地区。The city.")
    effective_from = serializers.DateField(help_text="施行日期。From when it applies.")
    effective_to = serializers.DateField(
        allow_null=True,
        help_text="最后适用日（由下一版本推得）；尚无后续版本时为 null。"
        "The last day, by the next version; null while none follows.",
    )
    effective_basis = serializers.ChoiceField(
        CITE_KINDS, help_text="日期依据。On what basis the date stands."
    )
    effective_clause = serializers.CharField(help_text="日期所依据的条款。The clause that dates it.")
    revision = serializers.IntegerField(help_text="同一日期的第几次发布。Which publication for that date.")
    corrected = serializers.BooleanField(
        help_text="已被同一日期的更正取代。A later revision of the same date has taken its place."
    )
    document = PolicyDocumentSerializer(help_text="政策文件。The document.")
    note = serializers.CharField(help_text="对该版本的说明。A note on the version, or empty.")
    published_at = serializers.DateTimeField(help_text="发布时间。When it was published.")
    fingerprint = serializers.CharField(help_text="内容的 SHA-256。SHA-256 of the content.")
    links = PolicyLinksSerializer(help_text="相关地址。Addresses.")


class PolicySerializer(PolicySummarySerializer):
    """With all parameters. 含全部参数。"""

    parameters = serializers.DictField(
        help_text="各类参数，键名同政策文件（YAML）；金额为元、比例为小数的字符串；"
        "每项的 source 为文号、条款、依据和理解说明；数值为 null 时见 waits_for。"
        "All parameters by block, named as in the policy files; amounts in yuan and rates as strings; source says "
        "document, clause, basis and interpretation note of each; where a figure is null, waits_for names what it "
        "waits for."
    )


class PolicyPageSerializer(serializers.Serializer):
    results = PolicySummarySerializer(many=True, help_text="版本。The versions.")
    next = serializers.CharField(
        allow_null=True, help_text="下一页地址。The next page; null where this is the last."
    )


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, description=description)


def _query(name: str, description: str, kind=OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description)


_CONDITION = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="上次应答的 ETag：内容未变时返回 304。The ETag of an earlier answer: 304 where nothing has changed.",
)
_NOT_MODIFIED = {304: OpenApiResponse(description="内容未变。Nothing has changed.")}
_TOO_MANY = {(429, _PROBLEM): _problem("请求过于频繁，见 Retry-After。Too many requests; see Retry-After.")}

list_policies = extend_schema(
    operation_id="list_policies",
    tags=["policies"],
    summary="已发布的政策版本 · Published versions",
    description="公开，可缓存。Public, and may be cached. With `on` the version of each city that applies on that day.",
    parameters=[
        _query("city", "行政区划代码。Division code."),
        _query("on", "在该日适用的版本。The version that applies on that day.", OpenApiTypes.DATE),
        _query("cursor", "由 next 给出。As given by next."),
        _CONDITION,
    ],
    responses={
        200: PolicyPageSerializer,
        **_NOT_MODIFIED,
        (400, _PROBLEM): _problem("参数有误，errors 一次列出全部错误。errors lists all faults at once."),
        **_TOO_MANY,
    },
    auth=[],
)
read_policy = extend_schema(
    operation_id="read_policy",
    tags=["policies"],
    summary="一个版本及其全部参数 · A version with its parameters",
    description="公开，可缓存。每项参数注明文号和条款。"
    "Public, and may be cached. Every parameter says where it stands.",
    parameters=[_CONDITION],
    responses={
        200: PolicySerializer,
        **_NOT_MODIFIED,
        (404, _PROBLEM): _problem("没有此已发布版本。There is no such published version."),
        **_TOO_MANY,
    },
    auth=[],
)
