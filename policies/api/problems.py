"""Faults of a query, in the form that config.problems gives to all problems of the API."""

from collections.abc import Sequence
from dataclasses import dataclass

from rest_framework.exceptions import APIException

_SENTENCES = {
    "unknown_field": {"zh": "没有这个参数。", "en": "There is no such parameter."},
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
    """What is wrong with one parameter. `pointer`: "?city"."""

    pointer: str
    code: str

    def view(self, language: str) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": _SENTENCES[self.code][language]}


class BadQuery(APIException):
    """400: with all faults of the query at once."""

    status_code = 400

    def __init__(self, faults: Sequence[QueryFault]):
        super().__init__()
        self.faults = list(faults)
