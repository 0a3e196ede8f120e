"""Saving the whole system into one file, and making it again from there, proven."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from claims.backup import BackupError, archive, manifest, moments
from claims.backup.manifest import Manifest


def make_backup(path: Path, *, at: datetime) -> Manifest:
    """Save the database as it is now and the uploaded files; others go on working. Raises BackupError.

    Files are stored before the rows that name them, so those of this moment are there when they are read after it.
    """
    folder = Path(settings.MEDIA_ROOT)
    with archive.new_archive(path) as file, moments.module().moment(path.resolve().parent) as moment:
        files = archive.uploaded(folder)
        described = manifest.describe(moment, at=at, files=files)
        archive.write(file, described, moment.write, folder)
    return described


def restore_backup(path: Path, *, replace: bool, prove: Callable[[Manifest], None]) -> Manifest:
    """Make database and uploaded files what they were. `replace`: in place of what is there.

    Raises BackupError, and whatever `prove` raises; then all is as it was before.
    """
    database = moments.module()
    with archive.open_archive(path) as (file, saved):
        _refuse_what_does_not_fit(saved)
        _refuse_what_is_in_use(replace)
        files = Path(settings.MEDIA_ROOT)
        restored = files.with_name(f"{files.name}.restored")
        shutil.rmtree(restored, ignore_errors=True)
        try:
            archive.unpack_files(file, saved, restored)
            with file.open(archive.DATABASE) as dump, database.put_in_place(dump):
                _compare(saved, files.parent)
                prove(saved)
                _swap(restored, files)
        finally:
            shutil.rmtree(restored, ignore_errors=True)
    return saved


def _refuse_what_does_not_fit(saved: Manifest) -> None:
    if saved.vendor != connection.vendor:
        figures = {"saved": saved.vendor, "here": connection.vendor}
        text = _(
            "The backup is of %(saved)s, and DATABASE_URL names %(here)s: set it to a database of that kind."
        )
        raise BackupError(text % figures)
    if unknown := manifest.unknown_migrations(saved):
        text = _("The backup was made by a newer version of the system (%(step)s): install that one first.")
        raise BackupError(text % {"step": unknown[0]})


def _refuse_what_is_in_use(replace: bool) -> None:
    database = moments.module()
    files = Path(settings.MEDIA_ROOT)
    if not replace and not (database.is_empty() and not archive.uploaded(files)):
        raise BackupError(
            _("There is data here already: restore elsewhere, or say --replace to lose what is here.")
        )
    if others := database.others():
        text = _("%(count)s other connections use this database: stop web, workers and beat first.")
        raise BackupError(text % {"count": others})


def _compare(saved: Manifest, folder: Path) -> None:
    with moments.module().moment(folder) as moment:
        different = list(manifest.differences(saved, moment))
    if different:
        raise BackupError(
            _("What was restored is not what was saved: %(what)s") % {"what": "; ".join(different)}
        )


def _swap(restored: Path, files: Path) -> None:
    """The restored files in place of those that are there."""
    aside = files.with_name(f"{files.name}.before")
    shutil.rmtree(aside, ignore_errors=True)
    if files.exists():
        files.rename(aside)
    restored.rename(files)
    shutil.rmtree(aside, ignore_errors=True)
