"""The order of clauses as the documents number them: 二(一)2, 第九条, 三(五)–(七)."""

import re

_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = re.compile(r"[〇零一二三四五六七八九十百]+|[0-9]+")
LAST = (10_000,)


def clause_order(clause: str) -> tuple[int, ...]:
    """A key that sorts clauses as they stand in their document; what has no number comes last.

    Of a range or a list of clauses the first counts.
    """
    first = re.split(r"[–、,，;；]", clause, maxsplit=1)[0]
    return tuple(_number(text) for text in _NUMBER.findall(first)) or LAST


def _number(text: str) -> int:
    """12 from "12" or "十二", 110 from "一百一十"."""
    if text.isdigit():
        return int(text)
    total = current = 0
    for sign in text:
        if sign in _DIGITS:
            current = _DIGITS[sign]
        else:
            total += (current or 1) * (10 if sign == "十" else 100)
            current = 0
    return total + current
