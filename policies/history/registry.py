"""What belongs to the records that have a history page. Each app registers its own when it starts.

    register(City, Records(PolicyDocument, ("city_id",)))
    register(Member, Events(AccountEntry, of=…, tell=entry_told, owner=attrgetter("account_id")))

A model whose history is kept is a record of its own page without being registered.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Model

from policies import access
from policies.history.sources import Events, Records

Source = Records | Events
# From the moments of changes to what is known of their origin: (moment, user's key) → a file's name, a command.
Origins = Callable[[datetime, datetime], Iterable[tuple[datetime, int | None, str]]]

_sources: dict[type[Model], list[Source]] = {}
_origins: list[Origins] = []


def register(model: type[Model], *sources: Source) -> None:
    """Says what else belongs on the page of a model's records."""
    known = _sources.setdefault(model, [])
    known += [source for source in sources if source not in known]


def register_origin(origins: Origins) -> None:
    """`origins(first, last)` tells from where the changes between two moments came, where it knows."""
    if origins not in _origins:
        _origins.append(origins)


def sources_of(model: type[Model]) -> list[Source]:
    """The sources of a model's page: its own history, and what was registered."""
    own = [Records(model, (model._meta.pk.attname,))] if hasattr(model, "history") else []
    return own + _sources.get(model, [])


def readable_sources(model: type[Model], reader) -> list[Source]:
    """Those whose rows someone may read. Who reads the page itself may read its own."""
    return [
        source
        for source in sources_of(model)
        if source.model is model or access.may(reader, view_permission(source.model))
    ]


def view_permission(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def subjects() -> list[type[Model]]:
    """The models with something registered."""
    return list(_sources)


def origins_between(first: datetime, last: datetime) -> dict[tuple[datetime, int | None], str]:
    return {(at, user): text for origin in _origins for at, user, text in origin(first, last)}
