from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from claims.backup import BackupError
from claims.backup.manifest import pending_migrations
from claims.services.backup import restore_backup


class Command(BaseCommand):
    help = (
        "Makes database and uploaded files what they were when FILE was saved: compares every table with what was "
        "saved, then proves settlements, accumulators and accounts. Where anything fails, all stays as it was. "
        "On PostgreSQL by the owner's login, with pg_restore installed; run make_database_roles afterwards."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="made by the command backup")
        parser.add_argument(
            "--replace", action="store_true", help="where there is data already: in its place"
        )
        parser.add_argument("--sample", type=int, default=10_000, metavar="N", help="settlements to prove")

    def handle(self, *, file, replace, sample, **options):
        if sample < 1:
            raise CommandError(_("--sample needs a number above 0."))

        def prove(saved):
            if pending_migrations(saved):
                call_command("migrate", verbosity=0)
            call_command("verify_settlements", sample=sample, stdout=self.stdout)
            call_command("verify_accumulators", stdout=self.stdout)
            call_command("verify_accounts", stdout=self.stdout, stderr=self.stderr)

        try:
            saved = restore_backup(file, replace=replace, prove=prove)
        except BackupError as error:
            raise CommandError(str(error)) from error
        made = f"{saved.made_at:%Y-%m-%d %H:%M:%S %Z}"
        self.stdout.write(_("Restored as of %(made)s: every table is what was saved.") % {"made": made})
        if connection.vendor == "postgresql":
            self.stdout.write(_("Now run make_database_roles: the app's login has no rights yet."))
