"""A page as a browser without scripts sees it: its forms, filled in and sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form of a page: its address, and the boxes with what they hold (several values for several ticks)."""

    action: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.values[name][0]

    def __setitem__(self, name: str, value) -> None:
        self.values[name] = value if isinstance(value, list) else [value]

    def __contains__(self, name: str) -> bool:
        return name in self.values


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self._select = self._area = None
        self._first: str | None = None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        if not self.forms or (not (name := given.get("name")) and tag not in ("option",)):
            return
        form = self.forms[-1]
        if tag == "input":
            self._input(form, name, given)
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            value = given.get("value", "")
            self._first = value if self._first is None else self._first
            if "selected" in given:
                form.values.setdefault(self._select, []).append(value)
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))

    @staticmethod
    def _input(form: Form, name: str, given: dict) -> None:
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind not in ("file", "submit"):
            form.values.setdefault(name, []).append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag):
        if tag == "select" and self._select:
            # A list box always sends something: its first choice where none is marked.
            self.forms[-1].values.setdefault(self._select, [self._first or ""])
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.forms[-1].values[self._area][0] += data.removeprefix("\n")


def forms_of(response) -> list[Form]:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader.forms


def form_with(response, name: str) -> Form:
    """The first form of a page that has a box of this name."""
    return next(form for form in forms_of(response) if name in form)


def send(client, address: str, form: Form, **pressed):
    """Sends a form, by the button that `pressed` names if one is given."""
    return client.post(address, {**form.values, **pressed})


def cell_prefix(benefit: str, tier: int, status: str) -> str:
    """How the boxes of a cell begin, by the place of its tier."""
    return f"{benefit}-cell-{tier}-{status}"
