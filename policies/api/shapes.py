"""Published versions as JSON: amounts and rates as strings, every parameter with where it stands."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from msgspec import Struct

from policies import money, rows, terms
from policies.models import PolicyVersion
from policies.selectors import Entry

_RATES = frozenset(("rate", "factor", "upfront", "bonus_per_year", "bonus_max"))
_AMOUNTS = frozenset(("deductible", "amount", "above"))
_CITATION = ("document", "clause", "cite_kind", "note")
# What stands on the version itself, not among its parameters.
_HEAD = ("city", "document", "effective_from", "effective_basis", "effective_clause", "note")
_CHANGE = ("status_change", "status_change_clause", "status_change_note")


def summary(version: PolicyVersion, index: Mapping[str, list[Entry]]) -> dict[str, Any]:
    """A version without its parameters. `index`: the published versions by city, of each date the one that counts."""
    entries = index.get(version.city_id, [])
    later = [entry.effective_from for entry in entries if entry.effective_from > version.effective_from]
    counts = any(entry.version_id == version.pk for entry in entries)
    return {
        "id": version.pk,
        "city": {"code": version.city_id, "name": version.city.name, "name_en": version.city.name_en},
        "effective_from": version.effective_from.isoformat(),
        "effective_to": _day_before(min(later)) if counts and later else None,
        "effective_basis": version.effective_basis,
        "effective_clause": version.effective_clause,
        "revision": version.revision,
        "corrected": not counts,
        "document": {"number": version.document.number, "title": version.document.title},
        "note": version.note,
        "published_at": version.published_at.isoformat(),
        "fingerprint": version.fingerprint,
        "links": {"self": reverse("policy", kwargs={"version_id": version.pk})},
    }


def _day_before(day: date) -> str:
    return (day - timedelta(days=1)).isoformat()


def parameters(content: rows.VersionRows) -> dict[str, Any]:
    """All parameters by block, under the names of the policy files. A figure that is null waits for `…waits_for`."""
    blocks = {
        name: getattr(content, name) for name in content.__struct_fields__ if name not in (*_HEAD, *_CHANGE)
    }
    change = {
        "account": content.status_change or None,
        "source": _source(
            rows.Row(
                document=content.document,
                clause=content.status_change_clause,
                note=content.status_change_note,
            )
        ),
    }
    return {"status_change": change, **{name: _view(value) for name, value in blocks.items()}}


def _view(value) -> Any:
    if isinstance(value, list):
        return [_view(item) for item in value]
    if isinstance(value, rows.CreditRow):
        return _credit(value)
    return _row(value) if isinstance(value, Struct) else value


def _row(row: rows.Row) -> dict[str, Any]:
    fields = {
        name: _figure(name, getattr(row, name)) for name in row.__struct_fields__ if name not in _CITATION
    }
    return {**fields, "source": _source(row)}


def _figure(name: str, value) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if name in _RATES:
        return money.fraction(value)
    return money.yuan(value) if name in _AMOUNTS else _view(value)


def _credit(row: rows.CreditRow) -> dict[str, Any]:
    """A credit's value is a rate or an amount, by its method."""
    found = _row(row)
    value = found.pop("value")
    by_rate = row.method == terms.BASE_RATE
    found["rate"] = money.fraction(value) if by_rate and value is not None else None
    found["amount"] = money.yuan(value) if not by_rate and value is not None else None
    return found


def _source(row: rows.Row) -> dict[str, str]:
    return {"document": row.document, "clause": row.clause, "basis": row.cite_kind, "note": row.note}
