from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from policies import selectors, store
from policies.files import write_version


class Command(BaseCommand):
    help = (
        "Writes a version as the file that loads it: what is published for the date, else its newest draft."
    )

    def add_arguments(self, parser):
        parser.add_argument("city", help="division code")
        parser.add_argument(
            "effective_from", type=date.fromisoformat, help="effective date, such as 2023-01-01"
        )
        parser.add_argument("--output", type=Path, help="file to write (default: the screen)")

    def handle(self, *, city, effective_from, output, **options):
        version = selectors.published_for(city, effective_from)
        if version is None:
            version = selectors.drafts(city).filter(effective_from=effective_from).order_by("pk").last()
        if version is None:
            message = _("%(city)s has no version for %(day)s.")
            raise CommandError(message % {"city": city, "day": effective_from})
        text = write_version(store.rows_of(version))
        if output is None:
            self.stdout.write(text, ending="")
        else:
            output.write_text(text, encoding="utf-8")
