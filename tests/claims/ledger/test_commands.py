"""`readjudicate` on the command line, and the roles of the database."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from claims import roles
from claims.models import AffectedNotice, Claim, ClaimEvent, ReadjudicationRun, Settlement
from members.models import AccountEntry, Contribution, Member, PersonalAccount
from policies.models import User, VersionTransition
from tests.claims.ledger.reading import figures
from tests.factories import InstitutionFactory, MemberFactory

pytestmark = pytest.mark.django_db


class TestReadjudicate:
    @pytest.fixture
    def claim(self, yantai, publish, send, settle):
        claim = settle(send(InstitutionFactory(level=1), MemberFactory(), "2023-03-01", 60_000))
        publish(
            "370600-2023-01-01",
            lambda text: text.replace("deductible: 500.00, rate: 0.70", "deductible: 300.00, rate: 0.70"),
        )
        return claim

    def test_a_member(self, claim, staff, capsys):
        asked = [
            "--member",
            claim.member_number,
            "--year",
            "2023",
            "--reason",
            "corrected",
            "--user",
            "clerk",
        ]
        call_command("readjudicate", *asked)
        assert capsys.readouterr().out == "2023: 1 claims replayed, 1 changed, fund payments 140.00 yuan\n"
        assert figures(claim, "pooled_fund") == (21_000,)
        assert ReadjudicationRun.objects.get().actor == staff

    def test_a_city_from_a_date_on(self, claim):
        call_command("readjudicate", "--city", "370600", "--since", "2023-01-01", "--reason", "corrected")
        assert figures(claim, "pooled_fund") == (21_000,)
        assert set(ReadjudicationRun.objects.values_list("actor_name", flat=True)) == {"command"}

    def test_a_notice(self, claim):
        notice = AffectedNotice.objects.get()
        call_command("readjudicate", "--notice", str(notice.pk), "--reason", "corrected")
        assert figures(claim, "pooled_fund") == (21_000,)

    @pytest.mark.parametrize(
        "asked",
        [
            ["--member", "0", "--year", "2023"],
            ["--member", "0"],
            ["--city", "370600"],
            ["--city", "000000", "--since", "2023-01-01"],
            ["--notice", "0"],
            ["--city", "370600", "--since", "2023-01-01", "--user", "nobody"],
        ],
    )
    def test_what_it_cannot_do_it_says(self, claim, asked):
        with pytest.raises(CommandError):
            call_command("readjudicate", *asked, "--reason", "x")

    def test_it_wants_a_reason(self, claim):
        with pytest.raises(CommandError):
            call_command("readjudicate", "--city", "370600", "--since", "2023-01-01", "--reason", " ")


@pytest.mark.postgres
class TestRoles:
    """What the app's login may not do, whatever its code says (the tests run with its rights)."""

    @pytest.fixture(autouse=True)
    def claim(self, yantai, send, settle):
        claim = settle(
            send(
                InstitutionFactory(level=1),
                MemberFactory(balance=100),
                "2023-03-01",
                60_000,
                use_account=True,
            )
        )
        ClaimEvent.objects.create(claim=claim, kind="requeued", actor_name="x", at=claim.received_at)
        ReadjudicationRun.objects.create(
            year=2023, since=date(2023, 1, 1), actor_name="x", reason="x", started_at=claim.received_at
        )

    @pytest.mark.parametrize(
        "model",
        [
            Settlement,
            ClaimEvent,
            ReadjudicationRun,
            AccountEntry,
            Contribution,
            VersionTransition,
            Member.history.model,
        ],
    )
    def test_what_is_append_only_is_neither_changed_deleted_nor_emptied(self, model):
        table, key = model._meta.db_table, model._meta.pk.column
        assert model.objects.exists() or model is Member.history.model
        for statement in (
            f"UPDATE {table} SET {key} = {key}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            self.refused(statement)

    def refused(self, statement):
        with (
            connection.cursor() as cursor,
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
        ):
            cursor.execute(statement)

    def test_of_a_claim_only_where_it_stands(self):
        self.refused("UPDATE claims_claim SET total = 0")
        self.refused("DELETE FROM claims_claim")
        assert Claim.objects.update(attempts=1) == 1

    def test_nothing_that_it_need_not(self):
        for statement in (
            "CREATE TABLE public.mine (id int)",
            "ALTER TABLE claims_settlement DISABLE TRIGGER ALL",
            "DELETE FROM django_migrations",
            "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('x', 1, 'x')",
        ):
            with connection.cursor() as cursor, pytest.raises(ProgrammingError), transaction.atomic():
                cursor.execute(statement)
        self.refused(f"DELETE FROM {PersonalAccount._meta.db_table}")

    def test_every_table_that_the_app_uses_has_rights(self, owner):
        tables = set(connection.introspection.table_names())
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [roles.APP, table])
                assert cursor.fetchone()[0], table

    def test_the_auditor_reads_all_but_secrets_and_changes_nothing(self, owner, staff):
        with owner(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with transaction.atomic():
                cursor.execute(f"SET ROLE {roles.AUDITOR}")
                assert Settlement.objects.count() == 1
                assert User.objects.values_list("username", flat=True).get() == "clerk"
                for refused in (
                    "SELECT password FROM policies_user",
                    "SELECT digest FROM members_institutionkey",
                    "SELECT * FROM django_session",
                    "UPDATE claims_claim SET status = 'queued'",
                    "INSERT INTO claims_accumulator (member_id, key, value) VALUES (1, 'x', 1)",
                ):
                    self.refused(refused)
                cursor.execute("SET ROLE NONE")

    def test_the_command_prints_what_it_would_do(self, capsys):
        call_command("make_database_roles", "--print", "--app", "web")
        out = capsys.readouterr().out
        assert 'GRANT SELECT, INSERT ON "claims_settlement" TO "web";' in out


@pytest.mark.skipif(connection.vendor == "postgresql", reason="is about the other databases")
def test_sqlite_has_no_roles():
    with pytest.raises(CommandError):
        call_command("make_database_roles")
