from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connections
from django.utils import timezone

from claims.partitions import AHEAD, make_parts


class Command(BaseCommand):
    help = (
        "PostgreSQL: makes the parts of claims and settlements for the current year and those ahead; what is "
        "there stays. Run by the owner; `migrate` does it too, so it is for systems that run long between releases."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--ahead", type=int, default=AHEAD, help=f"years after the current one (default {AHEAD})"
        )

    def handle(self, *, ahead, **options):
        if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
            raise CommandError("SQLite keeps no table in parts: set DATABASE_URL to a PostgreSQL database.")
        if not 0 <= ahead <= 20:
            raise CommandError("--ahead needs a number of years from 0 to 20.")
        try:
            made = list(make_parts(DEFAULT_DB_ALIAS, at=timezone.now(), ahead=ahead))
        except ProgrammingError as error:
            raise CommandError(f"Only the tables' owner makes parts, as for migrate: {error}") from error
        for name, could in made:
            told = "made" if could else "not made: claims of its year lie in the default part, and stay there"
            self.stdout.write(f"{name}: {told}")
        if not made:
            self.stdout.write("All parts are there.")
