"""The database itself refuses to change what was published, whoever asks and in whatever way."""

import threading

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader

from policies import selectors, triggers
from policies.models import (
    BenefitRule,
    BenefitTerm,
    InstitutionCondition,
    PaymentLimit,
    PolicyDocument,
    PolicyVersion,
    Tier,
    TierCondition,
    VersionTransition,
)
from policies.models.base import VersionRow
from policies.rows import DaySurgeryStandardRow
from tests.policies.build import AT, CHANGCHUN, ZHENJIANG, benefit, content, day, draft, publish, published

pytestmark = pytest.mark.usefixtures("register", "hooks")
ROW_MODELS = [m for m in apps.get_app_config("policies").get_models() if issubclass(m, VersionRow)]


@pytest.fixture
def full(register, hooks):
    """A published version with a row in every table."""
    version, other = content(ZHENJIANG, "2023-01-01"), content(CHANGCHUN, "2023-01-01")
    special = benefit(other, "special")
    for term in special.terms:
        term.tier = {"level 1": "P", "level 2": "A", "level 3 city": "B", "level 3 province": "C"}[term.tier]
    version.benefits = [special if row.benefit == "special" else row for row in version.benefits]
    version.limits += [x for x in other.limits if "special" in x.benefits]
    version.contribution_rates = content("370600", "2023-01-01").contribution_rates
    version.day_surgery_standards = [
        DaySurgeryStandardRow(document=version.document, clause="三", disease="K80", amount=500_000)
    ]
    return published(version)


def refused(action):
    with pytest.raises(IntegrityError, match=triggers.REFUSED), transaction.atomic():
        action()


def run(sql: str, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize("model", ROW_MODELS, ids=lambda model: model.__name__)
def test_no_row_of_a_published_version_changes_in_any_way(full, model):
    row = model.objects.filter(version=full).first()
    assert row is not None, "the fixture needs a row in every table"
    table = model._meta.db_table
    row.note = "changed"
    refused(row.save)
    refused(row.delete)
    refused(lambda: model.objects.filter(pk=row.pk).update(note="changed"))
    refused(lambda: model.objects.bulk_update([row], ["note"]))
    refused(lambda: run(f"UPDATE {table} SET note = 'x' WHERE id = %s", row.pk))
    refused(lambda: run(f"UPDATE {table} SET note = note WHERE id = %s", row.pk))
    refused(lambda: run(f"DELETE FROM {table} WHERE id = %s", row.pk))
    row.pk = None
    row._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    assert model.objects.get(pk=model.objects.filter(version=full).first().pk).note != "changed"


def test_the_rows_of_a_draft_do_change():
    version = draft()
    row = BenefitTerm.objects.filter(version=version).first()
    row.rate = 1
    row.save()
    row.delete()
    PaymentLimit.objects.filter(version=version).update(amount=1)
    Tier.objects.filter(version=version).first().conditions.all().delete()


def test_rows_are_not_moved_into_or_out_of_a_published_version():
    fixed, open_one = published(), draft(content("410200", "2023-01-01"))
    loose = PaymentLimit.objects.filter(version=open_one).first()
    refused(lambda: PaymentLimit.objects.filter(pk=loose.pk).update(version=fixed))
    refused(lambda: PaymentLimit.objects.filter(version=fixed).update(version=open_one))
    refused(lambda: PaymentLimit.objects.bulk_create([_copy(loose, version=fixed)]))


def _copy(row, **changes):
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    copied = type(row)(**fields)
    for name, value in changes.items():
        setattr(copied, name, value)
    return copied


def test_rows_of_a_draft_do_not_hang_on_rows_of_a_published_version():
    fixed, open_one = published(), draft(content("410200", "2023-01-01"))
    tier = Tier.objects.filter(version=fixed).first()
    condition = TierCondition.objects.filter(version=open_one).first()
    refused(lambda: _copy(condition, tier_id=tier.pk).save())
    refused(lambda: TierCondition.objects.filter(pk=condition.pk).update(tier=tier))
    rule = BenefitRule.objects.filter(version=fixed).first()
    document = PolicyDocument.objects.first()
    refused(lambda: InstitutionCondition.objects.create(version=open_one, rule=rule, document=document))


@pytest.mark.parametrize(
    "change",
    [
        {"note": "x"},
        {"effective_from": day("2022-08-01")},
        {"published_at": None},
        {"fingerprint": ""},
        {"revision": 9},
        {"city_id": "410200"},
        {"loaded": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_published_version_itself_never_changes(change):
    version = published()
    refused(lambda: PolicyVersion.objects.filter(pk=version.pk).update(**change))
    for name, value in change.items():
        setattr(version, name, value)
    refused(version.save)


def test_a_published_version_is_not_deleted():
    version = published()
    table = PolicyVersion._meta.db_table
    refused(lambda: run(f"DELETE FROM {table} WHERE id = %s", version.pk))
    with pytest.raises(models.ProtectedError):
        version.delete()


def test_no_version_is_born_published():
    version = draft()
    born = _copy(version, published_at=AT, fingerprint="0" * 64, revision=5)
    refused(born.save)


def test_transitions_are_append_only_even_for_the_owner(owner):
    transition = published().transitions.first()
    table = VersionTransition._meta.db_table
    transition.reason = "another"
    with owner():
        refused(transition.save)
        refused(transition.delete)
        refused(lambda: VersionTransition.objects.update(reason="another"))
        refused(lambda: run(f"DELETE FROM {table}"))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_that_comes_while_its_version_is_being_published_waits_and_is_refused():
    version = draft()
    reached, outcome = threading.Event(), []

    def edit():
        reached.wait(10)
        try:
            PaymentLimit.objects.filter(version=version).update(amount=1)
            outcome.append("changed")
        except IntegrityError as error:
            outcome.append(str(error))
        finally:
            connection.close()

    editor = threading.Thread(target=edit)
    editor.start()
    with transaction.atomic():
        publish(version)
        reached.set()
        editor.join(1)
        assert editor.is_alive(), "the edit waits for the publication"
    editor.join(10)
    assert triggers.REFUSED in outcome[0]
    assert selectors.terms_of(version.pk).limits[0].amount.value == 90_000


def test_a_draft_is_published_by_the_service_alone_but_once():
    version = draft()
    publish(version)
    refused(lambda: PolicyVersion.objects.filter(pk=version.pk).update(published_at=AT))


# --- The triggers themselves --------------------------------------------------------------------


def test_every_table_of_version_rows_has_its_three_triggers():
    wanted = {(m._meta.db_table, event) for m in ROW_MODELS for event in ("INSERT", "UPDATE", "DELETE")}
    wanted |= {(PolicyVersion._meta.db_table, event) for event in ("INSERT", "UPDATE", "DELETE")}
    wanted |= {(VersionTransition._meta.db_table, event) for event in ("UPDATE", "DELETE")}
    assert len(ROW_MODELS) >= 19
    assert wanted <= {(t.table, t.event) for t in triggers.expected()}


def test_parents_of_rows_are_named_in_their_triggers():
    """A foreign key to another row of a version is a way in, so its trigger has to look there."""
    for model in ROW_MODELS:
        parents = {
            field.related_model._meta.db_table
            for field in model._meta.concrete_fields
            if field.is_relation and issubclass(field.related_model, VersionRow)
        }
        for trigger in triggers.expected():
            if trigger.table == model._meta.db_table:
                assert parents <= set(trigger.tables), trigger.name


def test_the_live_database_has_every_registered_trigger():
    names = {trigger.name for trigger in triggers.expected()}
    assert {trigger.name for trigger in triggers.POLICY_TRIGGERS} <= names
    assert triggers.missing(connection) == []
    assert names <= triggers.installed(connection)


def test_two_triggers_of_one_name_are_refused():
    first = triggers.POLICY_TRIGGERS[0]
    with pytest.raises(ValueError, match=first.name):
        triggers.register([triggers.Trigger(first.table, first.event, "another")])
    triggers.register([first])


def test_names_fit_into_postgresql():
    assert max(len(f"{trigger.name}_fn") for trigger in triggers.expected()) <= 63


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_rebuilt_has_its_triggers_back_after_migrate(owner):
    """Django rebuilds a table on SQLite to change it, which drops its triggers."""
    with owner():
        for name in ("tier", "policyversion"):
            _rebuild(name)
        assert triggers.missing(connection) == []
    version = published()
    refused(lambda: Tier.objects.filter(version=version).update(note="x"))


def _rebuild(name: str) -> None:
    """Alters a table and back, as migrations would between Django's hooks around `migrate`."""
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    longer = migrations.AlterField(name, "note", models.CharField(max_length=301, blank=True))
    longer.state_forwards("policies", after)
    triggers.before_migrate(using="default", plan=[longer])
    for old, new in ((before, after), (after, before)):
        with connection.schema_editor() as editor:
            longer.database_forwards("policies", editor, old, new)
    triggers.after_migrate(using="default")


@pytest.mark.django_db(transaction=True)
def test_missing_triggers_are_put_back_and_creating_them_is_idempotent(owner):
    lost = triggers.POLICY_TRIGGERS[:5]
    with owner():
        triggers.remove(connection, lost)
        assert triggers.missing(connection) == [trigger.name for trigger in lost]
        triggers.after_migrate(using="default")
        assert triggers.missing(connection) == []
        triggers.install(connection)
        triggers.install(connection)
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_test_database_with_published_versions_can_be_emptied():
    """What the next transactional test relies on: see `tests/conftest.py`."""
    published()
    assert PolicyVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_and_is_empty_in_the_next_test():
    assert PolicyVersion.objects.count() == 0
    assert triggers.missing(connection) == []


def test_the_models_are_migrated():
    call_command("makemigrations", "policies", check=True, dry_run=True, verbosity=0)
