"""RFC 9457: whatever goes wrong under /api/ is answered as application/problem+json, in the caller's language.

`answer` is REST framework's exception handler; `bad_request` and the others below are Django's, for what
fails outside its views. Pages for people keep Django's own. What an exception says may quote what was sent,
so only its kind and place are logged.
"""

import json
import math
from collections.abc import Sequence
from traceback import extract_tb

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.views import defaults
from rest_framework.exceptions import APIException

from claims.api.problems import Overloaded, current_language
from claims.engine.steps import EN, ZH
from claims.faults import Fault, Refused

log = structlog.get_logger(__name__)

_TITLES = {
    400: {ZH: "请求内容有误", EN: "Bad request"},
    401: {ZH: "未通过身份验证", EN: "Unauthorized"},
    403: {ZH: "不允许", EN: "Forbidden"},
    404: {ZH: "未找到", EN: "Not found"},
    405: {ZH: "不支持的方法", EN: "Method not allowed"},
    406: {ZH: "不支持的返回格式", EN: "Not acceptable"},
    409: {ZH: "与当前状态冲突", EN: "Conflict"},
    411: {ZH: "缺少内容长度", EN: "Length required"},
    413: {ZH: "请求体过大", EN: "Content too large"},
    415: {ZH: "不支持的内容格式", EN: "Unsupported media type"},
    429: {ZH: "请求过于频繁", EN: "Too many requests"},
    500: {ZH: "系统内部错误", EN: "Internal server error"},
    503: {ZH: "暂时不可用", EN: "Service unavailable"},
}
_DETAILS = {
    400: {ZH: "请求不能被理解。", EN: "The request cannot be understood."},
    401: {
        ZH: "请在 Authorization 请求头中以 Bearer 方式提供有效的机构密钥。",
        EN: "Send a live key of your institution: Authorization: Bearer <key>.",
    },
    403: {ZH: "没有进行此操作的权限。", EN: "This is not yours to do."},
    404: {
        ZH: "没有这个地址，或它不属于本机构。地址以斜杠结尾。",
        EN: "There is nothing at this address, or it is not yours. Addresses end with a slash.",
    },
    405: {ZH: "此地址支持的方法见 Allow 响应头。", EN: "The Allow header names the methods of this address."},
    406: {
        ZH: "此接口返回 application/json（批量结果还有 text/csv 和 XLSX）。",
        EN: "This address answers application/json (results of batches also text/csv and XLSX).",
    },
    411: {ZH: "请提供 Content-Length 请求头。", EN: "Send the body's length in Content-Length."},
    413: {ZH: "请求体最多 {most} 字节。", EN: "A body may have {most} bytes at most."},
    415: {
        ZH: "请求体须为 application/json，不压缩。",
        EN: "Send the body as application/json, uncompressed.",
    },
    429: {ZH: "请在 {seconds} 秒后重试。", EN: "Try again in {seconds} seconds."},
    500: {
        ZH: "错误在系统一方，已记录。重新发送前请先查询该申报是否已受理。",
        EN: "The fault is on our side and has been logged. Ask for the claim before sending it again.",
    },
    503: {
        ZH: "数据库暂时不可用，请稍后重试；重复发送同一申报不会重复受理。",
        EN: "The database cannot be reached. Try again; a claim sent twice is taken once.",
    },
}
_OVERLOADED = {
    ZH: "待结算的申报过多，本次未受理。请在 {seconds} 秒后重发；重复发送同一申报不会重复受理。",
    EN: "Too many claims wait to be settled: this one was not taken. Send it again in {seconds} seconds; a claim "
    "sent twice is taken once.",
}
_SEVERAL = {
    ZH: "请求中有 {count} 处错误，见 errors。",
    EN: "The request has {count} faults, listed in errors.",
}
_RETRY_SECONDS = 5


def answer(exc: Exception, context: dict) -> HttpResponse | None:
    """The problem that an exception of an API view is; None while developing, where Django's page shows a fault."""
    if isinstance(exc, Refused):
        return _faulty(400, exc.faults)
    if isinstance(exc, Http404):
        return problem(404)
    if isinstance(exc, PermissionDenied):
        return problem(403)
    if isinstance(exc, UnreadablePostError):
        return problem(400)
    if isinstance(exc, (OperationalError, InterfaceError)):
        log.error("database unavailable", error=type(exc).__name__)
        return problem(503, headers={"Retry-After": str(_RETRY_SECONDS)})
    if isinstance(exc, APIException):
        return _of_framework(exc)
    return None if settings.DEBUG else _fault_of_ours(exc, context)


def _fault_of_ours(exc: Exception, context: dict) -> HttpResponse:
    got_request_exception.send(sender=None, request=context["request"])
    frames = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(exc.__traceback__)[-8:]]
    log.error("request failed", error=type(exc).__name__, where=frames)
    return problem(500)


def _of_framework(exc: APIException) -> HttpResponse:
    if faults := getattr(exc, "faults", None):
        return _faulty(exc.status_code, faults)
    figures, headers = {"most": getattr(exc, "most", None)}, {}
    if authenticate := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if wait := getattr(exc, "wait", None):
        figures["seconds"] = math.ceil(wait)
        headers["Retry-After"] = str(figures["seconds"])
    if isinstance(exc, Overloaded):
        detail = _OVERLOADED[current_language()].format(**figures)
        return problem(503, kind="urn:mutual-aid:problem:overloaded", detail=detail, headers=headers)
    return problem(exc.status_code, figures=figures, headers=headers)


def _faulty(status: int, faults: Sequence[Fault]) -> HttpResponse:
    """One fault speaks for itself; several are counted, and listed."""
    language = current_language()
    views = [fault.view(language) for fault in faults]
    detail = views[0]["detail"] if len(views) == 1 else _SEVERAL[language].format(count=len(views))
    kind = faults[0].code if status == 409 else "invalid-request"
    return problem(status, kind=f"urn:mutual-aid:problem:{kind}", detail=detail, errors=views)


def problem(
    status: int,
    *,
    kind: str = "about:blank",
    detail: str | None = None,
    errors: Sequence[dict] = (),
    figures: dict | None = None,
    headers: dict | None = None,
) -> HttpResponse:
    """An answer of application/problem+json. `figures` fill the status's own sentence where there is no `detail`."""
    language = current_language()
    body = {
        "type": kind,
        "title": _TITLES[status][language],
        "status": status,
        "detail": detail or _DETAILS[status][language].format(**(figures or {})),
        "errors": list(errors),
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _is_api(request) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request, exception):
    return problem(400) if _is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request, exception):
    return problem(403) if _is_api(request) else defaults.permission_denied(request, exception)


def page_not_found(request, exception):
    return problem(404) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request):
    return problem(500) if _is_api(request) else defaults.server_error(request)
