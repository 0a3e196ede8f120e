"""What waits for documents that nobody has yet: each with the parameters that it would set."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from policies import selectors, store
from policies.models import PolicyDocument, PolicyVersion
from policies.statements import UNSET, Statement, statements


@dataclass(frozen=True)
class Parameter:
    """A figure that is not set, and the version that lacks it."""

    version: PolicyVersion
    statement: Statement


@dataclass(frozen=True)
class Waits:
    """`name`: what is waited for, as the versions name it; `document`: it, where it is registered."""

    name: str
    document: PolicyDocument | None
    parameters: tuple[Parameter, ...]


def waiting_for(on: date, cities: Collection[str] | None = None) -> list[Waits]:
    """Documents that are not at hand, with what waits for them, the most wanted first.

    Of each city (None: all) the version in force, the scheduled ones and the drafts count. Names that no
    registered document has are listed too, and so are documents for which nothing waits. A constant number of
    queries.
    """
    versions = _current(on, cities)
    contents = store.rows_of_many(versions)
    found: dict[str, list[Parameter]] = {}
    for version in versions:
        for statement in statements(contents[version.pk]).values():
            if statement.state == UNSET:
                found.setdefault(statement.waits_for, []).append(Parameter(version, statement))
    documents = {document.number: document for document in PolicyDocument.objects.all()}
    absent = [number for number, document in documents.items() if not document.available]
    waits = [
        Waits(name, documents.get(name), tuple(found.get(name, ())))
        for name in dict.fromkeys([*found, *absent])
    ]
    return sorted(waits, key=lambda entry: (-len(entry.parameters), entry.name))


def _current(on: date, cities: Collection[str] | None) -> list[PolicyVersion]:
    """The versions that still matter: in force, scheduled, or under way."""
    index = selectors.version_index().by_city
    ids = []
    for city, entries in index.items():
        if cities is None or city in cities:
            started = [entry for entry in entries if entry.effective_from <= on]
            ids += [entry.version_id for entry in (*started[-1:], *entries[len(started) :])]
    under_way = selectors.with_withdrawal().filter(published_at__isnull=True, withdrawn=False)
    if cities is not None:
        under_way = under_way.filter(city__in=cities)
    published = PolicyVersion.objects.filter(pk__in=ids)
    order = ("city", "effective_from", "pk")
    return [
        *published.select_related("city").order_by(*order),
        *under_way.select_related("city").order_by(*order),
    ]
