"""Writing new content over a draft's rows: only what differs is written, so that its history is exact."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from policies import models, rows
from policies.bulk_history import bulk_create, bulk_delete, bulk_update
from policies.store import FIELDS, FLAT, UnknownDocument

# What a row is told by within its version: values of its parents' keys and of its own fields.
Key = tuple


@dataclass(frozen=True)
class Edited:
    """How many rows an edit created, changed and removed, and whether the version's own fields changed."""

    created: int = 0
    changed: int = 0
    removed: int = 0
    head: bool = False

    def __bool__(self):
        return bool(self.created or self.changed or self.removed or self.head)


@dataclass(frozen=True)
class _Table:
    """A table of rows: `lines(content)` gives (keys of the parents, row) for each row that it is to hold.

    `parents`: foreign key → its table. `key`: the fields that tell the rows of one parent apart; rows whose
    key has changed count as the same row only where their order is all that tells them apart (`ordered`).
    """

    model: type
    row: type
    lines: Callable[[rows.VersionRows], Iterable[tuple[tuple[Key, ...], rows.Row]]]
    parents: dict[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    ordered: bool = False


def _nested(parents: str, children: str):
    """Children of each row of a block, under the key of their parent."""

    def lines(content: rows.VersionRows):
        for row in getattr(content, parents):
            for child in getattr(row, children):
                yield (_parent_key(row),), child

    return lines


def _parent_key(row) -> Key:
    return (row.code,) if isinstance(row, rows.TierRow) else (row.benefit,)


def _terms(content: rows.VersionRows):
    """A line for a tier that is not described is a gap, which no database row can hold."""
    described = {tier.code for tier in content.tiers}
    for benefit in content.benefits:
        for term in benefit.terms:
            if term.tier in described:
                yield ((benefit.benefit,), (term.tier,)), term


def _one(block: str):
    def lines(content: rows.VersionRows):
        row = getattr(content, block)
        return [((), row)] if row is not None else []

    return lines


def _block(block: str):
    return lambda content: (((), row) for row in getattr(content, block))


def _bands(content: rows.VersionRows):
    if content.critical_illness is None:
        return []
    return ((((),), band) for band in content.critical_illness.bands)


_OF_RULE, _OF_TIER = {"rule": "rules"}, {"tier": "tiers"}
_FLAT_KEYS = {
    "limits": ("pool", "period", "basis", "disease", "benefits", "statuses"),
    "admission_factors": ("ordinal_from",),
    "waiting": ("employment",),
    "out_of_area": ("kind",),
    "account_credits": ("status", "employment", "plan", "age_from", "age_to"),
    "account_uses": ("relation", "status", "purpose", "place"),
    "contribution_rates": ("employment",),
    "day_surgery_standards": ("disease",),
    "provisions": ("topic", "clause"),
}
_ORDERED = ("limits", "account_credits", "account_uses", "provisions")
# In the order in which they are created; they are removed in the opposite order.
_TABLES: dict[str, _Table] = {
    "tiers": _Table(models.Tier, rows.TierRow, _block("tiers"), key=("code",)),
    "tier_conditions": _Table(
        models.TierCondition, rows.ConditionRow, _nested("tiers", "conditions"), _OF_TIER, ordered=True
    ),
    "rules": _Table(models.BenefitRule, rows.BenefitRow, _block("benefits"), key=("benefit",)),
    "conditions": _Table(
        models.InstitutionCondition,
        rows.ConditionRow,
        _nested("benefits", "conditions"),
        _OF_RULE,
        ordered=True,
    ),
    "coordinations": _Table(
        models.Coordination,
        rows.CoordinationRow,
        _nested("benefits", "coordinations"),
        _OF_RULE,
        ("situation",),
    ),
    "special_diseases": _Table(
        models.SpecialDiseaseRule,
        rows.SpecialDiseaseRow,
        _nested("benefits", "special_diseases"),
        _OF_RULE,
        ("disease",),
    ),
    "terms": _Table(models.BenefitTerm, rows.TermRow, _terms, {**_OF_RULE, **_OF_TIER}, ("status",)),
    "critical": _Table(models.CriticalIllnessRule, rows.CriticalIllnessRow, _one("critical_illness")),
    "bands": _Table(models.CriticalIllnessBand, rows.BandRow, _bands, {"rule": "critical"}, ("above",)),
    "entitlement": _Table(models.EntitlementRule, rows.EntitlementRow, _one("entitlement")),
    **{
        name: _Table(model, row, _block(name), key=_FLAT_KEYS[name], ordered=name in _ORDERED)
        for name, (row, model) in FLAT.items()
    },
}


def repeated(content: rows.VersionRows) -> list[str]:
    """What a content says twice although it can only be said once, by table and key."""
    found = []
    for name, table in _TABLES.items():
        if table.ordered and name != "account_uses":
            continue
        seen = set()
        for group, row in table.lines(content):
            key = (group, _key(row, table.key))
            if key in seen:
                said = ".".join(str(part) for keys in (*group, key[1]) for part in keys)
                found.append(f"{name} {said}")
            seen.add(key)
    return found


def write_changes(
    version: models.PolicyVersion, content: rows.VersionRows, *, actor, reason: str, at: datetime
) -> Edited:
    """Makes a draft's rows say `content` (canonical). As many queries for any number of rows.

    The version's own fields are the caller's. Raises UnknownDocument.
    """
    return _Changes(version, content, {"actor": actor, "reason": reason, "at": at}).write()


class _Changes:
    def __init__(self, version: models.PolicyVersion, content: rows.VersionRows, history: dict):
        self.version, self.content, self.history = version, content, history
        self.documents = dict(models.PolicyDocument.objects.values_list("number", "pk"))
        # By table: the stored rows by key, and the rows that are there in the end by key.
        self.stored: dict[str, dict[Key, list]] = {}
        self.final: dict[str, dict[Key, object]] = {}

    def write(self) -> Edited:
        unknown = {row.document for _place, row in self.content.lines()} - self.documents.keys()
        if unknown:
            raise UnknownDocument(unknown)
        for name in _TABLES:
            self._read(name)
        created = changed = 0
        left: dict[str, list] = {}
        for name, table in _TABLES.items():
            new, differing, left[name] = self._sorted(name, table)
            bulk_create(table.model, new, **self.history)
            self._update(table, differing)
            created, changed = created + len(new), changed + len(differing)
        for name in reversed(_TABLES):
            bulk_delete(_TABLES[name].model, left[name], **self.history)
        return Edited(created, changed, sum(map(len, left.values())))

    def _update(self, table: _Table, differing: list) -> None:
        names = [*FIELDS[table.row], "document", *(("position",) if _has_position(table.model) else ())]
        bulk_update(table.model, differing, names, **self.history)

    def _read(self, name: str) -> None:
        """A table's stored rows by their parents' keys, in their order."""
        table = _TABLES[name]
        found: dict[Key, list] = {}
        order = table.model._meta.ordering or ["pk"]
        for item in table.model.objects.filter(version=self.version).order_by(*order):
            item.group = tuple(
                self._key_of(parent, getattr(item, f"{fk}_id")) for fk, parent in table.parents.items()
            )
            item.key = _key(item, table.key)
            found.setdefault(item.group, []).append(item)
        self.stored[name] = found

    def _key_of(self, name: str, pk: int) -> Key:
        return next(item.key for items in self.stored[name].values() for item in items if item.pk == pk)

    def _sorted(self, name: str, table: _Table) -> tuple[list, list, list]:
        """The rows to be created, those that differ (changed in memory), and those left over."""
        wanted: dict[Key, list[rows.Row]] = {}
        for group, row in table.lines(self.content):
            wanted.setdefault(group, []).append(row)
        new, differing, left = [], [], []
        for group in {**self.stored[name], **wanted}:
            pairs, unused = _pair(
                self.stored[name].get(group, []), wanted.get(group, []), table, self.documents
            )
            left += unused
            for item, row, position in _positioned(pairs, table.model):
                if item is None:
                    item = table.model(version=self.version, **self._parents(table, group))
                    new.append(item)
                elif self._same(item, row, table, position):
                    self._place(name, item, row, table)
                    continue
                else:
                    differing.append(item)
                self._fill(item, row, table, position)
                self._place(name, item, row, table)
        return new, differing, left

    def _parents(self, table: _Table, group: Key) -> dict:
        pairs = zip(table.parents.items(), group, strict=True)
        return {fk: self.final[parent][key] for (fk, parent), key in pairs}

    def _place(self, name: str, item, row: rows.Row, table: _Table) -> None:
        """Remembers a row that others hang on, by its key."""
        self.final.setdefault(name, {})[_key(row, table.key)] = item

    def _same(self, item, row: rows.Row, table: _Table, position: int | None) -> bool:
        moved = position is not None and item.position != position
        return not moved and _says(item, table) == _says_row(row, table, self.documents)

    def _fill(self, item, row: rows.Row, table: _Table, position: int | None) -> None:
        for name in FIELDS[table.row]:
            setattr(item, name, getattr(row, name))
        item.document_id = self.documents[row.document]
        if position is not None:
            item.position = position


def _key(thing, fields: tuple[str, ...]) -> Key:
    """The key of a stored row or of a plain one."""
    values = (getattr(thing, name) for name in fields)
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _says(item, table: _Table) -> tuple:
    return (*(getattr(item, name) for name in FIELDS[table.row]), item.document_id)


def _says_row(row: rows.Row, table: _Table, documents: dict[str, int]) -> tuple:
    return (*(getattr(row, name) for name in FIELDS[table.row]), documents[row.document])


def _has_position(model) -> bool:
    return any(field.name == "position" for field in model._meta.concrete_fields)


def _pair(stored: list, wanted: list[rows.Row], table: _Table, documents: dict) -> tuple[list, list]:
    """For each wanted row the stored one that it goes on (None: a new one), and the stored ones left over.

    The same content first, then the same key, then, where only the order tells rows apart, by it.
    """
    free = list(stored)
    matched: list = [None] * len(wanted)

    def match(same: Callable[[object, rows.Row], bool]) -> None:
        for place, row in enumerate(wanted):
            if matched[place] is None:
                item = next((item for item in free if same(item, row)), None)
                if item is not None:
                    free.remove(item)
                    matched[place] = item

    match(lambda item, row: _says(item, table) == _says_row(row, table, documents))
    match(lambda item, row: item.key == _key(row, table.key) and bool(table.key or not table.ordered))
    if table.ordered:
        match(lambda item, row: True)
    return list(zip(matched, wanted, strict=True)), free


def _positioned(pairs: list, model) -> Iterable[tuple[object, rows.Row, int | None]]:
    """Each pair with its position: the stored ones as far as they ascend, so that little has to move."""
    if not _has_position(model):
        yield from ((item, row, None) for item, row in pairs)
        return
    last = -1
    for item, row in pairs:
        last = item.position if item is not None and item.position > last else last + 1
        yield item, row, last
