"""Claims, settlements and entries in parts, on PostgreSQL: what holds of one table holds of its parts."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims import checks, partitions
from claims.ids import first_uuid7
from claims.models import Claim, Settlement
from claims.store.rows import SettlementRow
from members.models import AccountEntry
from policies import partitions as generic
from tests.claims.ledger.reading import faults
from tests.factories import InstitutionFactory, MemberFactory

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


class TestYears:
    def test_are_made_ahead(self):
        assert list(partitions.years(2025, NOW, ahead=2)) == [2025, 2026, 2027, 2028]

    def test_begin_at_midnight_in_china(self):
        new_year = datetime(2026, 12, 31, 16, tzinfo=UTC)
        assert list(partitions.years(2027, new_year, ahead=0)) == [2027]
        assert list(partitions.years(2027, new_year - timedelta(milliseconds=1), ahead=0)) == []
        part = partitions.part(partitions.CLAIMS, 2027)
        assert part.name == "claims_claim_2027"
        assert f"FROM ('{first_uuid7(new_year)}')" in part.bounds

    def test_leave_no_gap(self):
        bounds = [partitions.part(partitions.CLAIMS, year).bounds for year in range(2020, 2060)]
        for one, following in pairwise(bounds):
            assert one.partition(" TO ")[2] == following.partition(" TO ")[0].removeprefix("FOR VALUES FROM ")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="is about the other databases")
@pytest.mark.django_db
def test_sqlite_has_one_table_and_says_so():
    assert generic.parts_of(connection, partitions.CLAIMS.table) is None
    assert checks.parts_ahead(None, databases=["default"]) == []
    with pytest.raises(CommandError, match="SQLite"):
        call_command("make_partitions")


@pytest.fixture
def claim(yantai, send, settle):
    return settle(
        send(InstitutionFactory(level=1), MemberFactory(balance=100), "2023-03-01", 60_000, use_account=True)
    )


def row_of(claim):
    """The claim's settlement as a row to be written."""
    return SettlementRow(**{name: getattr(claim.settlements.get(), name) for name in SettlementRow._fields})


def part_of(row):
    """The name of the part in which a row lies."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text FROM {row._meta.db_table} WHERE id = %s",
            [row.pk],
        )
        return cursor.fetchone()[0]


def copied(claim, key):
    """The claim once more under another key, as it was received."""
    values = {field.attname: getattr(claim, field.attname) for field in Claim._meta.concrete_fields}
    return Claim.objects.create(**values | {"id": key, "claim_number": f"copy {key}"})


def far(year=2090):
    return UUID(int=first_uuid7(datetime(year, 1, 1, tzinfo=UTC)).int | 0x7 << 76 | 0x2 << 62 | 1)


@on_postgresql
@pytest.mark.django_db
class TestParts:
    def test_a_claim_and_its_settlement_lie_in_the_year_of_receipt(self, claim):
        year = timezone.localdate().year
        assert part_of(claim) == f"claims_claim_{year}"
        assert part_of(claim.settlements.get()) == f"claims_settlement_{year}"

    def test_a_row_of_a_far_year_goes_to_the_default_part_with_its_settlement(self, claim):
        row = row_of(claim)
        later = copied(claim, far())
        settlement = Settlement.objects.create(**row._replace(claim_id=later.pk, place=2)._asdict())
        assert (part_of(later), part_of(settlement)) == ("claims_claim_other", "claims_settlement_other")
        assert Claim.objects.get(pk=later.pk) == later

    def test_an_account_has_all_its_entries_in_one_part(self, claim):
        parts = {part_of(entry) for entry in AccountEntry.objects.filter(account_id=claim.member_id)}
        assert len(parts) == 1
        assert AccountEntry.objects.count() == 2

    @pytest.mark.parametrize("key", ["now", "far"])
    def test_each_refuses_what_the_table_refused(self, claim, key, owner):
        """Triggers, checks, and both foreign keys, on the part of now and on the default one."""
        if key == "far":
            row = row_of(claim)
            claim = copied(claim, far())
            Settlement.objects.create(**row._replace(claim_id=claim.pk, place=2)._asdict())
        settlement = claim.settlements.get()
        with owner():
            refused(f"UPDATE {part_of(settlement)} SET place = 9 WHERE id = %s", settlement.pk)
            refused(f"DELETE FROM {part_of(settlement)} WHERE id = %s", settlement.pk)
            refused(f"UPDATE {part_of(claim)} SET total = 9 WHERE id = %s", claim.pk)
            refused(f"DELETE FROM {part_of(claim)} WHERE id = %s", claim.pk)
        values = {f.attname: getattr(settlement, f.attname) for f in Settlement._meta.concrete_fields}
        del values["id"]
        for name, changes in {
            "settlement_payers_sum_to_total": {"total": 1},
            "settlement_revision_once|claim_id_revision": {"place": 99},
            "settlement_previous_is_there|immutable": {"revision": 5, "previous": 4, "place": 98},
        }.items():
            with pytest.raises(IntegrityError) as error, transaction.atomic():
                Settlement.objects.create(**values | changes)
            assert any(part in str(error.value) for part in name.split("|")), name

    def test_a_settlement_needs_its_claim(self, claim):
        values = {
            f.attname: getattr(claim.settlements.get(), f.attname) for f in Settlement._meta.concrete_fields
        }
        del values["id"]
        with transaction.atomic():
            Settlement.objects.create(**values | {"claim_id": far(), "place": 5})
            with connection.cursor() as cursor, pytest.raises(IntegrityError, match="fk_claims_claim"):
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)

    def test_a_place_is_given_once_in_a_part_and_twice_across_parts_is_found(self, claim):
        row = row_of(claim)
        beside = copied(claim, UUID(int=claim.pk.int ^ 1))
        with pytest.raises(IntegrityError, match="settlement_place_once"), transaction.atomic():
            Settlement.objects.create(**row._replace(claim_id=beside.pk)._asdict())
        assert faults("verify_accumulators") == ""
        Settlement.objects.create(**row._replace(claim_id=copied(claim, far()).pk)._asdict())
        found = faults("verify_accumulators")
        assert f"member {claim.member_id}, place 1: 2 claims" in found

    def test_an_account_entry_is_booked_once_whatever_its_day(self, claim):
        entry = AccountEntry.objects.get(cause="settlement")
        with pytest.raises(IntegrityError, match="settlement"), transaction.atomic():
            AccountEntry.objects.create(
                account_id=entry.account_id,
                cause="settlement",
                amount=-1,
                on=date(2033, 1, 1),
                at=NOW,
                settlement_claim=entry.settlement_claim,
                settlement_revision=entry.settlement_revision,
            )


@on_postgresql
@pytest.mark.django_db
class TestPruning:
    def test_an_id_is_looked_for_in_its_part_alone(self, claim):
        year = timezone.localdate().year
        plan = Claim.objects.filter(pk=claim.pk).explain()
        assert f"claims_claim_{year}" in plan
        assert "claims_claim_other" not in plan
        plan = Settlement.objects.filter(claim=claim.pk).explain()
        assert f"claims_settlement_{year}" in plan
        assert "claims_settlement_other" not in plan

    def test_so_are_an_accounts_entries(self, claim):
        plan = AccountEntry.objects.filter(account_id=claim.member_id).explain()
        assert plan.count(" on members_accountentry_") == 1

    def test_a_time_of_receipt_leaves_out_earlier_parts(self, claim):
        next_year = first_uuid7(datetime(timezone.localdate().year + 1, 2, 1, tzinfo=UTC))
        year = timezone.localdate().year
        assert f"claims_claim_{year}" not in Claim.objects.filter(pk__gte=next_year).explain()


@on_postgresql
@pytest.mark.django_db
class TestMakingParts:
    def test_twice_makes_them_once(self, owner, capsys):
        with owner():
            call_command("make_partitions", "--ahead", "6")
            made = capsys.readouterr().out
            call_command("make_partitions", "--ahead", "6")
        assert made.count(": made") == 8  # four more years of two tables
        assert capsys.readouterr().out == "All parts are there.\n"
        assert len(generic.parts_of(connection, "claims_claim")) == 1 + 6 + 1

    def test_new_ones_have_all_that_the_others_have(self, owner):
        with owner():
            call_command("make_partitions", "--ahead", "6", verbosity=0)
        year = timezone.localdate().year + 6
        for table in ("claims_claim", "claims_settlement"):
            assert hangs_on(f"{table}_{year}") == hangs_on(f"{table}_other")

    def test_rows_in_the_default_part_stay_there_and_are_told(self, claim, owner, capsys):
        year = timezone.localdate().year + 3
        late = copied(claim, far(year))
        with owner():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            call_command("make_partitions", "--ahead", "3")
        out = capsys.readouterr().out
        assert f"claims_claim_{year}: not made" in out
        assert f"claims_settlement_{year}: made" in out
        assert part_of(late) == "claims_claim_other"

    def test_the_apps_login_may_not(self):
        with pytest.raises(CommandError, match="owner"), transaction.atomic():
            call_command("make_partitions", "--ahead", "7")

    def test_the_check_warns_before_a_year_begins_without_its_part(self, monkeypatch):
        assert checks.parts_ahead(None, databases=["default"]) == []
        assert checks.parts_ahead(None, databases=None) == []
        year = timezone.localdate().year + partitions.AHEAD
        in_it = timezone.now().replace(year=year, day=1)
        monkeypatch.setattr(checks, "timezone", SimpleNamespace(now=lambda: in_it))
        [warning] = [w for w in run_checks(databases=["default"]) if w.id == "claims.W001"]
        assert f": claims_claim_{year + 1}, claims_settlement_{year + 1}." in warning.msg


def hangs_on(part):
    """Columns, indexes, constraints and triggers of a part, without its name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(%s)"
            " UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s)"
            " UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
            [part] * 3,
        )
        suffix = part.rpartition("_")[2]
        return sorted(definition.replace(suffix, "") for (definition,) in cursor.fetchall())


def refused(statement, key):
    with (
        pytest.raises(IntegrityError, match="immutable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [key])
