"""The query of the list of published versions, read strictly."""

import re
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from policies.api.problems import BadQuery, QueryFault

_CITY = re.compile(r"[0-9]{6}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CURSOR = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True)
class VersionsQuery:
    """Which versions: of a city, those that apply on a day, those after a key."""

    city: str | None = None
    on: date | None = None
    cursor: int = 0


def read_query(query: QueryDict) -> VersionsQuery:
    """Raises BadQuery with a fault for each parameter that is unknown or cannot be read."""
    found, faults = {}, []
    for name in sorted(query):
        values, read = query.getlist(name), _READERS.get(name)
        if read is None:
            faults.append(QueryFault(name[:40] if name.isidentifier() else "", "unknown_parameter"))
        elif len(values) > 1:
            faults.append(QueryFault(name, "repeated"))
        else:
            value, fault = read(values[0])
            found[name] = value
            if fault:
                faults.append(QueryFault(name, fault))
    if faults:
        raise BadQuery(faults)
    return VersionsQuery(**found)


def _city(text: str) -> tuple[str | None, str]:
    return (text, "") if _CITY.fullmatch(text) else (None, "invalid_city")


def _day(text: str) -> tuple[date | None, str]:
    try:
        return (date.fromisoformat(text), "") if _DAY.fullmatch(text) else (None, "invalid_date")
    except ValueError:
        return None, "invalid_date"


def _cursor(text: str) -> tuple[int, str]:
    return (int(text), "") if _CURSOR.fullmatch(text) else (0, "invalid_cursor")


_READERS = {"city": _city, "on": _day, "cursor": _cursor}
