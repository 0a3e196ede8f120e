from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from claims.batch_files import MAX_CLAIMS
from claims.batch_presentation import results_csv
from claims.batch_results import refused_in
from claims.faults import Refused
from claims.models import ClaimBatch
from claims.services.batches import OtherContent, Progress, Received, receive
from claims.views.statement import language_of
from members.models import Institution
from policies.models import User

_SHOWN = 50
_FORMATS = {
    ".json": ClaimBatch.Format.JSON,
    ".ndjson": ClaimBatch.Format.NDJSON,
    ".jsonl": ClaimBatch.Format.NDJSON,
    ".csv": ClaimBatch.Format.CSV,
    ".txt": ClaimBatch.Format.CSV,
    ".xlsx": ClaimBatch.Format.XLSX,
}


class Command(BaseCommand):
    help = "Take in an institution's file of claims (JSON, NDJSON, CSV, XLSX), as the API does."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help=_("the file; its ending tells its format"))
        parser.add_argument("--institution", required=True, help=_("code of the institution that claims"))
        parser.add_argument(
            "--format", choices=ClaimBatch.Format.values, help=_("where the ending does not tell")
        )
        parser.add_argument(
            "--key", default="", help=_("idempotency key: the same file again is the same batch")
        )
        parser.add_argument("--user", help=_("login name of who imports"))
        parser.add_argument("--faults", type=Path, help=_("write the faults to this CSV file"))

    def handle(
        self, *, file: Path, institution: str, key: str, user: str | None, faults: Path | None, **options
    ):
        format = options["format"] or _FORMATS.get(file.suffix.lower())
        if format is None:
            raise CommandError(_("The file's ending tells no format; name it by --format."))
        received = self._receive(
            file,
            institution=_found(Institution, code=institution),
            format=format,
            idempotency_key=key,
            actor=_found(User, username=user) if user else None,
        )
        self._report(received, faults)

    def _receive(self, file: Path, **how) -> Received:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        try:
            with (
                Bar(*columns, console=console, disable=not console.is_terminal) as bar,
                file.open("rb") as stream,
            ):
                task = bar.add_task(_("reading"), total=MAX_CLAIMS)

                def show(progress: Progress) -> None:
                    told = _("%(refused)s with faults") % {"refused": progress.refused}
                    bar.update(task, completed=progress.claims, description=told)

                received = receive(
                    file=stream,
                    source=ClaimBatch.Source.COMMAND,
                    name=file.name,
                    at=timezone.now(),
                    progress=show,
                    **how,
                )
                bar.update(task, total=received.batch.claims, description=_("stored"))
                return received
        except OSError as error:
            raise CommandError(str(error)) from error
        except OtherContent as error:
            raise CommandError(_("This key stands for another file; nothing was stored.")) from error
        except Refused as refused:
            language = language_of(get_language())
            raise CommandError("\n".join(fault.detail(language) for fault in refused.faults)) from refused

    def _report(self, received: Received, faults: Path | None) -> None:
        batch = received.batch
        summary = _("%(claims)s claims: %(stored)s stored, %(same)s there already, %(refused)s refused")
        if not received.new:
            self.stdout.write(_("This file was taken in before."))
        counts = {name: getattr(batch, name) for name in ("claims", "stored", "same", "refused")}
        self.stdout.write(summary % counts)
        self.stdout.write(_("Batch %s") % batch.pk)
        if not batch.refused:
            return
        language = language_of(get_language())
        if faults is not None:
            with faults.open("wb") as stream:
                stream.writelines(results_csv(refused_in(batch), language))
        self._show_faults(batch, language)
        raise CommandError(_("Mend these rows and send the file again: the good ones stay as they are."))

    def _show_faults(self, batch: ClaimBatch, language: str) -> None:
        found = [(result, fault) for result in refused_in(batch) for fault in result.faults]
        for result, fault in found[:_SHOWN]:
            where = " ".join(part for part in (fault.column, fault.pointer, result.claim_number) if part)
            row = _("row %(row)s") % {"row": fault.row}
            self.stderr.write(f"{row} {where}: {fault.detail(language)} [{fault.code}]")
        left = len(found) - _SHOWN
        if left > 0:
            self.stderr.write(
                ngettext("… and %(count)s more fault", "… and %(count)s more faults", left) % {"count": left}
            )


def _found(model, **by):
    try:
        return model.objects.get(**by)
    except model.DoesNotExist:
        message = _("There is no %(what)s %(name)s.")
        name = next(iter(by.values()))
        raise CommandError(message % {"what": model._meta.verbose_name, "name": name}) from None
