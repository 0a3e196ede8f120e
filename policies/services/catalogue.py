"""The catalogue 医保目录: dated rows beside the versions, written in bulk with history."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction

from policies.bulk_history import bulk_create, bulk_update
from policies.models import CatalogueItem, City


@dataclass(frozen=True)
class Item:
    """A catalogue row: `upfront` ten-thousandths (None: not known), `ceiling` ten-thousandths of a yuan."""

    code: str
    valid_from: date
    item_class: str
    name: str = ""
    kind: str = "drug"
    upfront: int | None = None
    ceiling: int | None = None
    negotiated: bool = False


_CONTENT = [field.name for field in fields(Item) if field.name not in ("code", "valid_from")]


@dataclass(frozen=True)
class Imported:
    created: int
    changed: int
    unchanged: int


@transaction.atomic
def import_items(*, city: City, items: Iterable[Item], actor, reason: str, at: datetime) -> Imported:
    """Adds items and corrects those of the same code and date; the same file a second time changes nothing.

    Of one code and date the last item counts.
    """
    wanted = {(item.code, item.valid_from): item for item in items}
    present = {(x.code, x.valid_from): x for x in CatalogueItem.objects.filter(city=city)}
    new = [_apply(CatalogueItem(city=city), item) for key, item in wanted.items() if key not in present]
    differing = [
        _apply(present[key], item)
        for key, item in wanted.items()
        if key in present and any(getattr(present[key], name) != getattr(item, name) for name in _CONTENT)
    ]
    bulk_create(CatalogueItem, new, actor=actor, reason=reason, at=at)
    bulk_update(CatalogueItem, differing, _CONTENT, actor=actor, reason=reason, at=at)
    return Imported(len(new), len(differing), len(wanted) - len(new) - len(differing))


def _apply(row: CatalogueItem, item: Item) -> CatalogueItem:
    for field in fields(Item):
        setattr(row, field.name, getattr(item, field.name))
    return row
