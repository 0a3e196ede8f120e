"""Problems of the API (RFC 9457) as its description has them, and the faults of a query for published versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException


@extend_schema_serializer(component_name="Fault")
class FaultSerializer(serializers.Serializer):
    pointer = serializers.CharField(
        required=False, help_text="出错位置（JSON Pointer）。Where in the body, as a JSON pointer."
    )
    parameter = serializers.CharField(required=False, help_text="出错的查询参数。The query parameter.")
    code = serializers.CharField(help_text="错误代码。The rule that was broken.")
    detail = serializers.CharField(help_text="说明。What is wrong and how to mend it.")


@extend_schema_serializer(component_name="Problem")
class ProblemSerializer(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField(help_text="问题类型（URI）。The kind of problem.")
    title = serializers.CharField(help_text="标题。The status in words.")
    status = serializers.IntegerField(help_text="HTTP 状态码。The HTTP status.")
    detail = serializers.CharField(help_text="说明。What happened and how to go on.")
    errors = FaultSerializer(many=True, help_text="全部错误。Every fault of the request.")


_SENTENCES = {
    "unknown_parameter": {"zh": "没有这个参数。", "en": "There is no such parameter."},
    "repeated": {"zh": "同一参数只能给一次。", "en": "A parameter can be given only once."},
    "invalid_city": {
        "zh": "须为六位行政区划代码，如 370600。",
        "en": "Write a division code of six digits, such as 370600.",
    },
    "invalid_date": {
        "zh": "须为真实存在的日期，写作 YYYY-MM-DD，如 2023-03-01。",
        "en": "Write a date that exists as YYYY-MM-DD, such as 2023-03-01.",
    },
    "invalid_cursor": {"zh": "须为 next 给出的值。", "en": "Use the value that next gives."},
}


@dataclass(frozen=True)
class QueryFault:
    """What is wrong with one parameter; its name is "" where it could be anything."""

    parameter: str
    code: str

    def view(self, language: str) -> dict[str, str]:
        return {"parameter": self.parameter, "code": self.code, "detail": _SENTENCES[self.code][language]}


class BadQuery(APIException):
    """400: with all faults of the query at once."""

    status_code = 400

    def __init__(self, faults: Sequence[QueryFault]):
        super().__init__()
        self.faults = list(faults)
