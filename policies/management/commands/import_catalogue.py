from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from policies.catalogue_csv import COLUMNS, parse_item, refuse_contradictions
from policies.csv_import import FileError, print_report, read_csv, track_lines, write_report
from policies.models import City
from policies.services.catalogue import import_items


class Command(BaseCommand):
    help = (
        "Imports a city's catalogue from CSV. Bad rows are reported and keep no good row out (exit code 1)."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--city", required=True, help="division code")
        parser.add_argument("--report", type=Path, help="also write the faults to this CSV file")
        parser.add_argument("--reason", help="recorded with each change (default: the file's name)")

    def handle(self, *, file, city, report, reason, **options):
        found = City.objects.filter(pk=city).first()
        if found is None:
            raise CommandError(_("Unknown city: %(code)s.") % {"code": city})
        try:
            read = read_csv(file.read_bytes(), COLUMNS, parse_item, track_lines(file.name))
        except (OSError, FileError) as error:
            raise CommandError(str(error)) from error
        items = refuse_contradictions(read)
        reason = reason or _("Imported from %(file)s") % {"file": file.name}
        done = import_items(city=found, items=items, actor=None, reason=reason, at=timezone.now())
        summary = _(
            "%(total)s rows: %(created)s new, %(changed)s changed, %(unchanged)s as before, %(bad)s bad"
        )
        self.stdout.write(summary % {"total": read.total, "bad": read.bad, **vars(done)})
        if report is not None:
            with report.open("w", encoding="utf-8-sig", newline="") as stream:
                write_report(read.faults, stream)
        if read.faults:
            print_report(read, self.stderr)
            raise SystemExit(1)
