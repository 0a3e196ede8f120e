from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from members.importing.result import Result
from members.models import RegisterImport
from members.services.imports import record_import
from policies.csv_import import FileError, ReadCsv, print_report, track_lines, write_report
from policies.models import User


class ImportCommand(BaseCommand):
    """A register from a CSV file: good rows in, bad rows reported, exit code 1 where there were any."""

    register: str

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help=_("CSV file, UTF-8 or GBK"))
        parser.add_argument("--reason", default="", help=_("why, for the history (default: the file's name)"))
        parser.add_argument("--user", help=_("login name of who imports"))
        parser.add_argument("--faults", type=Path, help=_("write the faults to this CSV file"))

    def handle(self, *, file: Path, reason: str, user: str | None, faults: Path | None, **options):
        at = timezone.now()
        actor = self._actor(user)
        try:
            data = file.read_bytes()
            read = self.read(data, timezone.localdate(at))
        except (OSError, FileError) as error:
            raise CommandError(str(error)) from error
        reason = reason or _("import of %s") % file.name
        result = self.write(read, reason, actor, at)
        record_import(
            register=self.register,
            cities=[row.city for _line, row in read.good],
            name=file.name,
            data=data,
            source=RegisterImport.Source.COMMAND,
            actor=actor,
            reason=reason,
            at=at,
        )
        self._report(read, result, faults)

    def read(self, raw: bytes, on) -> ReadCsv:
        raise NotImplementedError

    def write(self, read: ReadCsv, reason: str, actor: User | None, at) -> Result:
        raise NotImplementedError

    def _actor(self, user: str | None) -> User | None:
        if user is None:
            return None
        try:
            return User.objects.get(username=user)
        except User.DoesNotExist as error:
            raise CommandError(_("There is no user %s.") % user) from error

    def _report(self, read: ReadCsv, result: Result, faults: Path | None) -> None:
        summary = _("%(total)s rows: %(created)s new, %(updated)s changed, %(bad)s with faults")
        counts = {"total": read.total, "created": result.created, "updated": result.updated, "bad": read.bad}
        self.stdout.write(summary % counts)
        if faults is not None:
            with faults.open("w", encoding="utf-8-sig", newline="") as stream:
                write_report(read.faults, stream)
        if read.bad:
            print_report(read, self.stderr)
            raise CommandError(_("Mend these rows and send the file again: the good ones stay as they are."))


def progress(description: str):
    """The progress bar over a file's lines or chunks; silent where the output is no terminal."""
    return track_lines(str(description))
