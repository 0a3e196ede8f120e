"""The one crossing between a version's database rows and its plain rows, in both directions."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from policies import models, rows


class UnknownDocument(ValueError):
    """Rows cite documents that the register does not hold."""

    def __init__(self, numbers: Iterable[str]):
        self.numbers = sorted(numbers)
        super().__init__(_("Unknown documents: %(numbers)s.") % {"numbers": ", ".join(self.numbers)})


# Blocks whose rows hang on the version alone: attribute of VersionRows → (row, model).
FLAT = {
    "limits": (rows.LimitRow, models.PaymentLimit),
    "admission_factors": (rows.AdmissionFactorRow, models.AdmissionFactor),
    "waiting": (rows.WaitingRow, models.WaitingPeriod),
    "out_of_area": (rows.OutOfAreaRow, models.OutOfAreaTerm),
    "account_credits": (rows.CreditRow, models.AccountCredit),
    "account_uses": (rows.AccountUseRow, models.AccountUseRule),
    "contribution_rates": (rows.ContributionRateRow, models.ContributionRate),
    "day_surgery_standards": (rows.DaySurgeryStandardRow, models.DaySurgeryStandard),
    "provisions": (rows.ProvisionRow, models.Provision),
}
_HEAD = (
    "effective_from",
    "effective_basis",
    "effective_clause",
    "note",
    "status_change",
    "status_change_clause",
    "status_change_note",
)


def _plain_fields(row, model) -> tuple[str, ...]:
    """The fields that a row and its model have in common by name, without relations."""
    columns = {field.name for field in model._meta.concrete_fields if not field.is_relation}
    return tuple(name for name in row.__struct_fields__ if name in columns)


FIELDS = {
    row: _plain_fields(row, model)
    for row, model in (
        *FLAT.values(),
        (rows.TierRow, models.Tier),
        (rows.ConditionRow, models.TierCondition),
        (rows.BenefitRow, models.BenefitRule),
        (rows.TermRow, models.BenefitTerm),
        (rows.CoordinationRow, models.Coordination),
        (rows.SpecialDiseaseRow, models.SpecialDiseaseRule),
        (rows.CriticalIllnessRow, models.CriticalIllnessRule),
        (rows.BandRow, models.CriticalIllnessBand),
        (rows.EntitlementRow, models.EntitlementRule),
    )
}


def rows_of(version: models.PolicyVersion) -> rows.VersionRows:
    """A version's content as plain rows, in canonical order."""
    return rows_of_many([version])[version.pk]


def rows_of_many(versions: Collection[models.PolicyVersion]) -> dict[int, rows.VersionRows]:
    """The contents of versions by their keys, in as many queries as for one."""
    tables = _Tables([version.pk for version in versions])
    return {version.pk: _Reading(version, tables).content() for version in versions}


def content_from(version: models.PolicyVersion, tables) -> rows.VersionRows:
    """A version's content from tables of another source: `numbers` of documents, `rows(model, version_id)`."""
    return _Reading(version, tables).content()


def write_rows(
    version: models.PolicyVersion,
    content: rows.VersionRows,
    *,
    reason: str,
    actor=None,
    at: datetime | None = None,
) -> None:
    """Writes the rows of a new draft, each with its history entry. Raises UnknownDocument.

    The version's own fields (date, notes) are the caller's.
    """
    _Writing(version, content, reason, actor, at).write()


def head_fields(content: rows.VersionRows) -> dict:
    """The fields that stand on the version itself."""
    return {name: getattr(content, name) for name in _HEAD}


class _Tables:
    """The rows of some versions, read table by table."""

    def __init__(self, version_ids: list[int]):
        self.version_ids = version_ids
        self.numbers = dict(models.PolicyDocument.objects.values_list("pk", "number"))
        self.read: dict[type, dict[int, list]] = {}

    def rows(self, model, version_id: int) -> list:
        """A version's rows of a table, in the table's order; the table is read for all versions at once."""
        if model not in self.read:
            found = defaultdict(list)
            chosen = model.objects.filter(version_id__in=self.version_ids)
            for item in chosen.order_by(*model._meta.ordering or ["pk"]):
                found[item.version_id].append(item)
            self.read[model] = found
        return self.read[model][version_id]


class _Reading:
    """One version's content, from the tables that were read."""

    def __init__(self, version: models.PolicyVersion, tables: _Tables):
        self.version = version
        self.tables = tables
        self.numbers = tables.numbers

    def content(self) -> rows.VersionRows:
        version = self.version
        tiers = self.all(models.Tier)
        codes = {tier.pk: tier.code for tier in tiers}
        conditions = self.by_parent(models.TierCondition, "tier_id")
        blocks = {
            name: [self.row(row, item) for item in self.all(model)] for name, (row, model) in FLAT.items()
        }
        entitlement = next(iter(self.all(models.EntitlementRule)), None)
        return rows.canonical(
            rows.VersionRows(
                city=version.city_id,
                document=self.numbers[version.document_id],
                **{name: getattr(version, name) for name in _HEAD},
                tiers=[
                    self.row(
                        rows.TierRow,
                        tier,
                        conditions=[self.row(rows.ConditionRow, item) for item in conditions[tier.pk]],
                    )
                    for tier in tiers
                ],
                benefits=self.benefits(codes),
                critical_illness=self.critical_illness(),
                entitlement=entitlement and self.row(rows.EntitlementRow, entitlement),
                **blocks,
            )
        )

    def all(self, model) -> list:
        return self.tables.rows(model, self.version.pk)

    def by_parent(self, model, key: str) -> dict[int, list]:
        found = defaultdict(list)
        for item in self.all(model):
            found[getattr(item, key)].append(item)
        return found

    def row(self, row, item, **nested):
        plain = {name: getattr(item, name) for name in FIELDS[row]}
        return row(document=self.numbers[item.document_id], **plain, **nested)

    def benefits(self, codes: dict[int, str]) -> list[rows.BenefitRow]:
        conditions = self.by_parent(models.InstitutionCondition, "rule_id")
        cells = self.by_parent(models.BenefitTerm, "rule_id")
        situations = self.by_parent(models.Coordination, "rule_id")
        diseases = self.by_parent(models.SpecialDiseaseRule, "rule_id")
        return [
            self.row(
                rows.BenefitRow,
                rule,
                conditions=[self.row(rows.ConditionRow, x) for x in conditions[rule.pk]],
                coordinations=[self.row(rows.CoordinationRow, x) for x in situations[rule.pk]],
                special_diseases=[self.row(rows.SpecialDiseaseRow, x) for x in diseases[rule.pk]],
                terms=[self.row(rows.TermRow, x, tier=codes.get(x.tier_id, "?")) for x in cells[rule.pk]],
            )
            for rule in self.all(models.BenefitRule)
        ]

    def critical_illness(self) -> rows.CriticalIllnessRow | None:
        rule = next(iter(self.all(models.CriticalIllnessRule)), None)
        if rule is None:
            return None
        bands = [x for x in self.all(models.CriticalIllnessBand) if x.rule_id == rule.pk]
        return self.row(rows.CriticalIllnessRow, rule, bands=[self.row(rows.BandRow, x) for x in bands])


class _Writing:
    def __init__(self, version, content: rows.VersionRows, reason: str, actor, at):
        self.version, self.content = version, content
        self.history = {"default_user": actor, "default_change_reason": reason, "default_date": at}
        self.documents = dict(models.PolicyDocument.objects.values_list("number", "pk"))

    def write(self) -> None:
        content = self.content
        unknown = {row.document for _place, row in content.lines()} - self.documents.keys()
        if unknown:
            raise UnknownDocument(unknown)
        tiers = self.create(models.Tier, content.tiers)
        self.children(models.TierCondition, "tier", tiers, lambda row: row.conditions)
        by_code = {tier.code: tier for tier in tiers}
        rules = self.create(models.BenefitRule, content.benefits)
        self.children(models.InstitutionCondition, "rule", rules, lambda row: row.conditions)
        self.children(models.Coordination, "rule", rules, lambda row: row.coordinations)
        self.children(models.SpecialDiseaseRule, "rule", rules, lambda row: row.special_diseases)
        # A line for a tier that is not described is a gap, which no database row can hold.
        self.children(
            models.BenefitTerm,
            "rule",
            rules,
            lambda row: [x for x in row.terms if x.tier in by_code],
            lambda row: {"tier": by_code[row.tier]},
        )
        if content.critical_illness:
            rule = self.create(models.CriticalIllnessRule, [content.critical_illness])
            self.children(models.CriticalIllnessBand, "rule", rule, lambda row: row.bands)
        if content.entitlement:
            self.create(models.EntitlementRule, [content.entitlement])
        for name, (_row, model) in FLAT.items():
            self.create(model, getattr(content, name))

    def create(self, model, items: list) -> list:
        return self.save(model, [self.made(model, row, place) for place, row in enumerate(items)])

    def children(self, model, parent: str, parents: list, nested, more=lambda row: {}) -> None:
        """Rows of each parent; `parents` were created from rows that `made` remembers."""
        self.save(
            model,
            [
                self.made(model, row, place, **{parent: owner}, **more(row))
                for owner in parents
                for place, row in enumerate(nested(owner.source_row))
            ],
        )

    def made(self, model, row: rows.Row, place: int, **parents):
        plain = {name: getattr(row, name) for name in FIELDS[type(row)]}
        if any(field.name == "position" for field in model._meta.concrete_fields):
            plain["position"] = place
        item = model(version=self.version, document_id=self.documents[row.document], **plain, **parents)
        item.source_row = row
        return item

    def save(self, model, items: list) -> list:
        return bulk_create_with_history(items, model, **self.history) if items else []
