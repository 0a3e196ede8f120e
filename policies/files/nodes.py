"""Reading a YAML value with its path: every fault is noted in words, none stops the reading."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from policies import money

MISSING = object()


@dataclass(frozen=True)
class Fault:
    """What is wrong at `path`; `message` is a template (translatable) for `params`."""

    path: str
    message: str
    params: dict = field(default_factory=dict)

    def __str__(self):
        text = str(self.message) % self.params
        return f"{self.path}: {text}" if self.path else text


class FileFaults(ValueError):
    """A file that cannot be read as what it should be: all its faults at once."""

    def __init__(self, faults: list[Fault], name: str = ""):
        self.faults = faults
        self.name = name
        super().__init__(name)

    def __str__(self):
        return "\n".join(f"{self.name}: {fault}" if self.name else str(fault) for fault in self.faults)


class Node:
    """A value in a file. Readers return a default where the value is missing or faulty, and note why."""

    def __init__(self, value, path: str = "", faults: list[Fault] | None = None):
        self.value = value
        self.path = path
        self.faults = [] if faults is None else faults

    def fault(self, message: str, **params) -> None:
        self.faults.append(Fault(self.path, message, params))

    def child(self, key) -> "Node":
        """The value under `key`; its `value` is MISSING where there is none."""
        inside = self.value if isinstance(self.value, dict) else {}
        return Node(inside.get(key, MISSING), f"{self.path}.{key}" if self.path else str(key), self.faults)

    def __contains__(self, key) -> bool:
        return isinstance(self.value, dict) and key in self.value

    @property
    def missing(self) -> bool:
        return self.value is MISSING or self.value is None

    def mapping(self, *known: str) -> bool:
        """Whether this is a mapping; keys that are not `known` are faults (no `known`: any text key is)."""
        if not isinstance(self.value, dict):
            self.fault(_("must be a block of “key: value”"))
            return False
        for key in self.value:
            if known and key not in known:
                self.child(key).fault(
                    _("this key is not known here; known: %(known)s"), known=", ".join(known)
                )
        return True

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        """(key, value) of a mapping with free keys, which are read as text; nothing where it is missing."""
        if self.missing or not self.mapping():
            return
        for key in self.value:
            if not isinstance(key, str) or not key:
                self.child(key).fault(_("the key must be text (quote it)"))
            else:
                yield key, self.child(key)

    def items(self) -> Iterator["Node"]:
        """The items of a list; a value that is no list counts as a list of one; nothing where it is missing."""
        if self.missing:
            return
        values = self.value if isinstance(self.value, list) else [self.value]
        for number, value in enumerate(values, 1):
            path = f"{self.path}[{number}]" if isinstance(self.value, list) else self.path
            yield Node(value, path, self.faults)

    def text(self, default: str | None = "", *, max_length: int = 300) -> str:
        """Text. Without a default it is required."""
        if self.missing:
            if default is None:
                self.fault(_("is missing"))
            return default or ""
        if not isinstance(self.value, str):
            self.fault(_("must be text (quote it)"))
            return default or ""
        if len(self.value) > max_length:
            self.fault(_("must have at most %(count)s characters"), count=max_length)
        return self.value

    def choice(self, choices, default: str | None = None) -> str:
        """One of `choices`. Without a default it is required."""
        if self.missing and default is not None:
            return default
        if self.missing:
            self.fault(_("is missing"))
        elif self.value not in choices:
            self.fault(_("must be one of: %(choices)s"), choices=", ".join(choices))
        else:
            return self.value
        return default if default is not None else choices[0]

    def choices(self, choices) -> list[str]:
        """A list of some of `choices`, or one of them."""
        nodes = list(self.items())
        if len({str(node.value) for node in nodes}) < len(nodes):
            self.fault(_("names something twice"))
        return [node.choice(choices) for node in nodes]

    def texts(self, *, max_length: int = 100) -> list[str]:
        return [node.text(None, max_length=max_length) for node in self.items()]

    def flag(self, default: bool | None) -> bool | None:
        if self.missing:
            return default
        if not isinstance(self.value, bool):
            self.fault(_("must be true or false"))
            return default
        return self.value

    def whole(self, default: int | None = None, *, high: int) -> int | None:
        """A whole number from 0 to `high`."""
        if self.missing:
            return default
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not 0 <= self.value <= high:
            self.fault(_("must be a whole number from 0 to %(high)s"), high=high)
            return default
        return self.value

    def fen(self, default: int | None = None) -> int | None:
        """Fen from an amount in yuan, at most two decimals."""
        message = _("must be an amount in yuan with at most two decimals")
        return self._exact(money.fen, money.MAX_FEN, message, default)

    def rate(self, default: int | None = None) -> int | None:
        """Ten-thousandths from a fraction between 0 and 1, at most four decimals."""
        message = _("must be a fraction from 0 to 1 with at most four decimals")
        return self._exact(money.rate, money.RATE_UNIT, message, default)

    def _exact(self, convert: Callable[[Decimal], int], high: int, message: str, default):
        if self.missing:
            return default
        try:
            if isinstance(self.value, bool) or not isinstance(self.value, (int, Decimal)):
                raise money.MoneyError(str(self.value))
            value = convert(self.value)
            if not 0 <= value <= high:
                raise money.MoneyError(str(self.value))
        except money.MoneyError:
            self.fault(message)
            return default
        return value

    def day(self) -> date | None:
        """A date written 2022-07-01; None where it is missing."""
        if self.missing:
            return None
        try:
            if not isinstance(self.value, str) or len(self.value) != 10:
                raise ValueError(self.value)
            return date.fromisoformat(self.value)
        except ValueError:
            self.fault(_("must be a date such as 2022-07-01"))
            return None
