import sys
from contextlib import nullcontext

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from claims.services.rebuild import rebuild_accumulators
from claims.verify import accumulators
from policies import replica

SHOWN = 100


class Command(BaseCommand):
    help = (
        "Compares every accumulator with the sum of what all settlement revisions add to it, and sees that no two "
        "claims of a member were settled at one place. Exit code 1 where one differs, unless --rebuild sets it "
        "right, and where a place was given twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("--rebuild", action="store_true", help="set those that differ to the sums")
        parser.add_argument(
            "--replica", action="store_true", help="read from the replica (REPLICA_DATABASE_URL)"
        )

    def handle(self, *, rebuild, **options):
        if options["replica"] and (rebuild or not replica.is_configured()):
            raise CommandError(
                "--replica needs REPLICA_DATABASE_URL, and only reads: it goes without --rebuild."
            )
        with replica.reading() if options["replica"] else nullcontext():
            self._verify(rebuild)

    def _verify(self, rebuild):
        ranges, found, doubled = accumulators.ranges(), 0, 0
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            for first, last in progress.track(ranges, description="members"):
                different = accumulators.differences(first, last)
                if rebuild:
                    members = sorted({d.member_id for d in different})
                    different = [d for id in members for d in rebuild_accumulators(member_id=id)]
                for difference in different[: max(0, SHOWN - found)]:
                    self.stdout.write(str(difference))
                found += len(different)
                doubles = accumulators.doubles(first, last)
                for double in doubles[: max(0, SHOWN - doubled)]:
                    self.stdout.write(str(double))
                doubled += len(doubles)
        if doubled:
            raise CommandError(f"{doubled} places were given to several claims, at most {SHOWN} shown.")
        if found and not rebuild:
            raise CommandError(
                f"{found} accumulators differ, at most {SHOWN} shown: --rebuild sets them right."
            )
        self.stdout.write(f"{found} accumulators rebuilt." if rebuild else "All accumulators hold.")
