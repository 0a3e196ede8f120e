"""YAML 1.2 (core schema) as policy files and worked cases are written: exact, plain, nothing guessed.

Differs from PyYAML's own loaders, which speak YAML 1.1: `yes`, `no` and `on` are text, dates stay text,
numbers with a point are `Decimal`, `1:30` is no number, and a key that stands twice is refused.
Values are built straight from the parser's events, so no depth of nesting can exhaust the stack.
"""

import re
from decimal import Decimal, InvalidOperation

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Beyond this many digits a number is a typing error here, and arithmetic on it would no longer be exact.
_MAX_DIGITS = 24
_MAX_DEPTH = 100

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


class YamlError(ValueError):
    """A text that is not YAML 1.2, or says something twice; each fault with its line and column.

    `value` is what could be read all the same (None where the text is no YAML), to look for further faults.
    """

    def __init__(self, faults: list[str], value=None):
        self.faults = faults
        self.value = value
        super().__init__("\n".join(faults))


def load(text: str | bytes):
    """The one document of `text`: dict, list, str, int, bool, None, and Decimal for numbers with a point.

    Raises YamlError, which names every fault that it found with line and column.
    """
    builder = _Builder()
    try:
        value = builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlError([_at(error.problem_mark or error.context_mark, problem)]) from error
    except yaml.YAMLError as error:
        raise YamlError([str(error)]) from error
    if builder.faults:
        raise YamlError(builder.faults, value)
    return value


def _at(mark, problem: str) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


class _Builder:
    """Builds one document's value from events, collecting faults on the way."""

    def __init__(self):
        self.faults: list[str] = []
        self.anchors: dict[str, object] = {}

    def document(self, events):
        value, documents = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError([_at(event.start_mark, "a second document begins; one file holds one")])
            elif isinstance(event, yaml.NodeEvent):
                value = self.value(event, events, depth=0)
        return value

    def fault(self, event, problem: str) -> None:
        self.faults.append(_at(event.start_mark, problem))

    def value(self, event, events, depth: int):
        if depth > _MAX_DEPTH:
            raise YamlError([_at(event.start_mark, "too deeply nested")])
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                return self.fault(event, f"nothing complete is called &{event.anchor} before this")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(event, events, depth)
        else:
            value = self.mapping(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def sequence(self, start, events, depth: int) -> list:
        self.refuse_tag(start, "tag:yaml.org,2002:seq")
        found = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self.value(event, events, depth + 1))
        return found

    def mapping(self, start, events, depth: int) -> dict:
        self.refuse_tag(start, "tag:yaml.org,2002:map")
        found = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.value(event, events, depth + 1)
            value = self.value(next(events), events, depth + 1)
            if isinstance(key, (dict, list)):
                self.fault(event, "a key must be a plain value")
            elif key in found:
                self.fault(event, f"the key {key!r} stands twice")
            else:
                found[key] = value
        return found

    def refuse_tag(self, event, known: str) -> None:
        if event.tag not in (None, "!", known):
            self.fault(event, f"the tag {event.tag} is not known here")

    def scalar(self, event):
        if event.tag in _TEXT_TAGS:
            return event.value
        if event.tag is not None:
            return self.fault(event, f"the tag {event.tag} is not known here")
        return self.plain(event) if event.implicit[0] else event.value

    def plain(self, event):
        """The value of an unquoted scalar by the core schema."""
        try:
            return plain_value(event.value)
        except ValueError:
            return self.fault(event, f"{event.value!r} is not a number that can be kept exactly")


def plain_value(text: str) -> str | int | Decimal | bool | None:
    """What unquoted `text` means by the core schema. Raises ValueError for a number that is not kept exactly."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            raise ValueError(text)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return _decimal(text) if _FLOAT.fullmatch(text) else text


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
        digits, size = len(number.as_tuple().digits), abs(number.adjusted())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if digits > _MAX_DIGITS or size > _MAX_DIGITS or not number.is_finite():
        raise ValueError(text)
    return number
