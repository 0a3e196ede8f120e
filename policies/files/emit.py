"""Plain values as YAML 1.2 text: one line where it fits, text quoted only where it must be."""

import re
from decimal import Decimal

from policies import yaml12

_WIDTH = 160  # a longer line becomes a block of lines
_SAFE = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~][^\[\]{},\"]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Figure(str):
    """A number as it is to stand in the file."""


class Flow:
    """A value that always stands on one line, however long."""

    def __init__(self, value):
        self.value = value


def entry(key: str, value, indent: int, flow: bool = False) -> list[str]:
    """`key: value`: a mapping or list in a line of its own each at the top, on one line below where it fits."""
    head = f"{'  ' * indent}{_scalar(key)}:"
    forced = isinstance(value, Flow)
    value = value.value if forced else value
    if not isinstance(value, (dict, list)):
        return [f"{head} {_scalar(value)}"]
    line = f"{head} {_inline(value)}"
    if forced or flow or (indent and not _tall(value) and len(line) <= _WIDTH):
        return [line]
    if isinstance(value, dict):
        return [head, *(text for k, v in value.items() for text in entry(k, v, indent + 1))]
    return [head, *(text for item in value for text in _item(item, indent + 1))]


def _item(value, indent: int) -> list[str]:
    line = f"{'  ' * indent}- {_inline(value)}"
    if len(line) <= _WIDTH or not isinstance(value, dict):
        return [line]
    lines = [text for k, v in value.items() for text in entry(k, Flow(v), indent + 1)]
    return [f"{'  ' * indent}- {lines[0].lstrip()}", *lines[1:]]


def _tall(value) -> bool:
    """Whether a mapping holds blocks that people compare line by line."""
    return isinstance(value, dict) and any(
        key in value for key in ("terms", "bands", "waiting", "other_rules")
    )


def _inline(value) -> str:
    value = value.value if isinstance(value, Flow) else value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal, Figure)):
        return str(value)
    return value if _stays_text(value) else _quoted(value)


def _stays_text(text: str) -> bool:
    """Whether the text, unquoted, is read back as itself, in a block and between braces."""
    if (
        not text.isprintable()
        or not _SAFE.fullmatch(text)
        or ": " in text
        or " #" in text
        or text[-1] in " :"
    ):
        return False
    try:
        return yaml12.plain_value(text) == text
    except ValueError:
        return False


def _quoted(text: str) -> str:
    parts = (_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
    return '"' + "".join(parts) + '"'
