from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.backup import BackupError
from claims.services.backup import make_backup
from policies.money import yuan


class Command(BaseCommand):
    help = (
        "Saves the database and the uploaded files as they are at this moment into FILE, with what restore checks "
        "them by. Others go on working meanwhile. On PostgreSQL by the owner's login, with pg_dump installed."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file; it holds personal data")

    def handle(self, *, file, **options):
        try:
            saved = make_backup(file, at=timezone.now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        figures = {
            "file": file,
            "rows": sum(table.rows for table in saved.tables.values()),
            "tables": len(saved.tables),
            "files": len(saved.files),
            "fund": yuan(saved.settlements["pooled_fund"]),
        }
        text = _("%(file)s: %(rows)s rows of %(tables)s tables, %(files)s files; pooled fund %(fund)s yuan.")
        self.stdout.write(text % figures)
