import sys
from contextlib import nullcontext

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from claims.verify import settlements
from policies import replica

SHOWN = 100


class Command(BaseCommand):
    help = (
        "Re-runs the engine on what every settlement was made from, and compares all figures, steps and changes; "
        "checks the revisions' chain and the sums. Exit code 1 where anything differs."
    )

    def add_arguments(self, parser):
        parser.add_argument("--sample", type=int, metavar="N", help="only N settlements drawn by chance")
        parser.add_argument("--seed", type=int, help="draw the same sample again")
        parser.add_argument(
            "--replica", action="store_true", help="read from the replica (REPLICA_DATABASE_URL)"
        )

    def handle(self, *, sample, seed, **options):
        if options["replica"] and not replica.is_configured():
            raise CommandError("--replica needs REPLICA_DATABASE_URL.")
        with replica.reading() if options["replica"] else nullcontext():
            self._verify(sample, seed)

    def _verify(self, sample, seed):
        if sample is not None and sample < 1:
            raise CommandError("--sample needs a number above 0.")
        parts = settlements.check_all() if sample is None else settlements.check_sample(sample, seed)
        wanted = settlements.count() if sample is None else sample
        checked, found = settlements.Checked(), 0
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("settlements", total=wanted)
            for checked in settlements.summed(parts):
                for fault in checked.faults[: max(0, SHOWN - found)]:
                    self.stdout.write(str(fault))
                found += len(checked.faults)
                progress.update(task, completed=checked.settlements)
        if checked.other_engine:
            self.stdout.write(
                f"{checked.other_engine} were made by another engine version and not run again."
            )
        if found:
            raise CommandError(f"{found} faults in {checked.settlements} settlements, at most {SHOWN} shown.")
        self.stdout.write(f"{checked.settlements} settlements hold.")
