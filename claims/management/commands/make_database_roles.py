from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from claims.roles import APP, AUDITOR, statements


class Command(BaseCommand):
    help = (
        "PostgreSQL: makes the roles of the app (no UPDATE, DELETE or TRUNCATE on what is append-only) and of "
        "the auditor (SELECT), and sets their rights. Run by the owner, after every migrate."
    )

    def add_arguments(self, parser):
        parser.add_argument("--app", default=APP, help="the role that web and workers log in as or inherit")
        parser.add_argument("--auditor", default=AUDITOR, help="the role that may only read")
        parser.add_argument("--print", action="store_true", help="print the SQL instead of running it")

    def handle(self, *, app, auditor, **options):
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: set DATABASE_URL to a PostgreSQL database.")
        if options["print"]:
            for statement in statements(app, auditor):
                self.stdout.write(f"{statement};")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements(app, auditor):
                cursor.execute(statement)
        self.stdout.write(f"{app} and {auditor} have their rights on {connection.settings_dict['NAME']}.")
