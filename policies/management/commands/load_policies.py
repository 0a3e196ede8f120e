from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from policies import library, services
from policies.desk import is_untouched
from policies.files import FileFaults
from policies.models import PolicyDocument, PolicyVersion
from policies.services.documents import attach_file
from policies.terms import TEXT

ACTOR = "load_policies"


class Command(BaseCommand):
    help = (
        "Loads policy files: versions whose date the text gives are published, the others become drafts. "
        "What is there already stays; a file that differs from what is published becomes a draft correction."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "paths", nargs="*", type=Path, help="files or folders (default: the project's data)"
        )
        parser.add_argument("--drafts-only", action="store_true", help="publish nothing")
        parser.add_argument(
            "--publish-assumed",
            action="store_true",
            help="also publish versions whose date or figures are assumed or illustrative (for demonstrations)",
        )

    def handle(self, *, paths, drafts_only, publish_assumed, **options):
        self.at = timezone.now()
        self.failed = False
        files = [file for path in paths or [library.DATA] for file in _files(path)]
        # The register first: versions refer to its cities and documents.
        for file in sorted(files, key=lambda file: (file.name != library.DOCUMENTS.name, str(file))):
            with self.reporting(file):
                if file.name == library.DOCUMENTS.name:
                    self.load_register(file)
                else:
                    self.load_version(file, publish=not drafts_only, assumed=publish_assumed)
        if self.failed:
            raise SystemExit(1)

    def load_register(self, file: Path) -> None:
        register = library.read_register(file)
        changed = services.load_register(register=register, actor=None, reason=_reason(file), at=self.at)
        for entry in register.documents:
            if entry.text is not None:
                attach_file(
                    document=PolicyDocument.objects.get(number=entry.number),
                    name=f"{entry.number}{entry.text.suffix}",
                    data=entry.text.read_bytes(),
                    actor=None,
                    actor_name=ACTOR,
                    reason=_reason(file),
                    at=self.at,
                )
        self.stdout.write(_("%(file)s: %(count)s records changed") % {"file": file.name, "count": changed})

    @transaction.atomic
    def load_version(self, file: Path, *, publish: bool, assumed: bool) -> None:
        content = library.read_path(file)
        version, new = services.load_version(
            content=content, actor=None, actor_name=ACTOR, reason=_reason(file), at=self.at
        )
        state = _("draft loaded") if new else _("there already")
        correction = version.based_on_id is not None
        if correction and not version.is_published:
            state = _("differs from what is published: draft correction, revision %(revision)s")
            state %= {"revision": version.revision}
        elif not version.is_published and not is_untouched(version):
            state = _("there already, in people's hands: they review and publish it")
        elif publish and not version.is_published and (assumed or content.effective_basis == TEXT):
            version = self.publish(version, file)
            state = _("published") if version.effective_basis == TEXT else _("published, as assumed")
        self.stdout.write(f"{file.name}: {version} {state}")

    def publish(self, version: PolicyVersion, file: Path) -> PolicyVersion:
        reason = _reason(file)
        if version.effective_basis != TEXT:
            reason = _("For demonstration, with the date and figures that %(file)s assumes") % {
                "file": file.name
            }
        return services.publish_version(
            version=version,
            actor=None,
            actor_name=ACTOR,
            reason=reason,
            at=self.at,
            effective_from=version.effective_from,
        )

    def reporting(self, file: Path):
        return _Reporting(self, file)


class _Reporting:
    """A file that cannot be used is reported and keeps the others out of nothing."""

    def __init__(self, command: Command, file: Path):
        self.command, self.file = command, file

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if not isinstance(error, (FileFaults, services.VersionRefused, OSError)):
            return False
        lines = error.problems if isinstance(error, services.VersionRefused) else str(error).splitlines()
        for line in lines:
            self.command.stderr.write(line if line.startswith(str(self.file)) else f"{self.file}: {line}")
        self.command.failed = True
        return True


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _reason(file: Path) -> str:
    return _("Loaded from %(file)s") % {"file": file.name}
