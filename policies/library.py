"""The project's own policy files: versions, and the cities, documents and bounds that they refer to.

Pure: needs no database, so that worked cases run on a fresh clone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from policies import rows, terms
from policies.compiler import compile_terms
from policies.files import FileFaults, read_version
from policies.files.nodes import Node
from policies.files.reading import city_code, load_node

DATA = Path(__file__).parent / "data"
DOCUMENTS = DATA / "documents.yaml"
DOCUMENT_KINDS = ("framework", "implementing", "consultation", "cited")
BOUND_RULES = MIN_RATE, RETIRED_TILT, LATEST_DATE = "min_rate", "retired_tilt", "latest_date"


@dataclass(frozen=True)
class CityEntry:
    code: str
    name: str
    name_en: str


@dataclass(frozen=True)
class DocumentEntry:
    number: str
    title: str
    issuer: str
    issued_on: date | None
    kind: str
    city: str
    available: bool
    # Its text as a file, beside the register; None where that is not at hand.
    text: Path | None = None


@dataclass(frozen=True)
class BoundEntry:
    """What a framework demands of a city's versions: see `FrameworkBound`."""

    city: str
    rule: str
    benefit: str
    status: str
    value: int | None
    on: date | None
    document: str
    clause: str
    note: str


@dataclass(frozen=True)
class Register:
    cities: tuple[CityEntry, ...]
    documents: tuple[DocumentEntry, ...]
    bounds: tuple[BoundEntry, ...]


def version_files() -> list[Path]:
    """The project's version files, by city and date."""
    return sorted(path for path in DATA.glob("*.yaml") if path != DOCUMENTS)


def read_path(path: Path | str) -> rows.VersionRows:
    """The version in a file. Raises FileFaults (with the file's name), or OSError."""
    return read_version(Path(path).read_bytes(), str(path))


def project_terms(extra_files: Iterable[Path | str] = ()) -> dict[str, list[terms.Terms]]:
    """Each city's terms by ascending effective date, drafts included with the dates and figures assumed.

    A file of `extra_files` replaces the version of its city and date, else adds one. Raises FileFaults,
    GapsError or OSError for a file that cannot be used.
    """
    found = dict(_project())
    for path in extra_files:
        compiled = compile_terms(read_path(path))
        found[compiled.city, compiled.effective_from] = compiled
    by_city: dict[str, list[terms.Terms]] = {}
    for (city, _day), compiled in sorted(found.items()):
        by_city.setdefault(city, []).append(compiled)
    return by_city


@cache
def _project() -> dict[tuple[str, date], terms.Terms]:
    compiled = [compile_terms(read_path(path)) for path in version_files()]
    return {(x.city, x.effective_from): x for x in compiled}


def read_register(path: Path | str = DOCUMENTS) -> Register:
    """The cities, documents and framework bounds of a register file. Raises FileFaults, or OSError."""
    node = load_node(Path(path).read_bytes(), str(path))
    node.mapping("cities", "documents", "bounds")
    register = Register(
        cities=tuple(_city(entry) for entry in _by_code(node.child("cities"))),
        documents=tuple(
            _document(number, entry, Path(path).parent) for number, entry in node.child("documents").entries()
        ),
        bounds=tuple(_bound(entry) for entry in node.child("bounds").items()),
    )
    if node.faults:
        raise FileFaults(node.faults, str(path))
    return register


def _by_code(node: Node) -> Iterable[tuple[str, Node]]:
    for code in node.value if isinstance(node.value, dict) else ():
        yield city_code(Node(code, f"{node.path}.{code}", node.faults)), node.child(code)


def _city(entry: tuple[str, Node]) -> CityEntry:
    code, node = entry
    node.mapping("name", "name_en")
    return CityEntry(
        code, node.child("name").text(None, max_length=40), node.child("name_en").text(max_length=60)
    )


def _optional_city(node: Node) -> str:
    return "" if node.missing else city_code(node)


def _document(number: str, node: Node, folder: Path) -> DocumentEntry:
    node.mapping("title", "issuer", "issued_on", "kind", "city", "available", "text")
    if len(number) > 60:
        node.fault(_("must have at most %(count)s characters"), count=60)
    return DocumentEntry(
        number=number,
        title=node.child("title").text(max_length=200),
        issuer=node.child("issuer").text(max_length=100),
        issued_on=node.child("issued_on").day(),
        kind=node.child("kind").choice(DOCUMENT_KINDS),
        city=_optional_city(node.child("city")),
        available=node.child("available").flag(True),
        text=None if node.child("text").missing else folder / node.child("text").text(None),
    )


def _bound(node: Node) -> BoundEntry:
    node.mapping("city", "rule", "benefit", "status", "rate", "on", "document", "clause", "note")
    needed = {MIN_RATE: "rate", LATEST_DATE: "on"}.get(node.child("rule").value)
    if needed and node.child(needed).missing:
        node.child(needed).fault(_("is missing"))
    return BoundEntry(
        city=city_code(node.child("city")),
        rule=node.child("rule").choice(BOUND_RULES),
        benefit=node.child("benefit").choice(terms.BENEFITS, ""),
        status=node.child("status").choice(terms.STATUSES, ""),
        value=node.child("rate").rate(),
        on=node.child("on").day(),
        document=node.child("document").text(None, max_length=60),
        clause=node.child("clause").text(None, max_length=60),
        note=node.child("note").text(),
    )
