"""The backup's file: a zip of manifest.json, database and files/…, each with its checksum. Read by its owner only."""

import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

import msgspec
from django.utils.translation import gettext as _

from claims.backup import BackupError
from claims.backup.manifest import FORMAT, Manifest

MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
# What is read, hashed and written at once.
PIECE = 1 << 20


def uploaded(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by path from there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = file_digest(file, "sha256").hexdigest()
    return found


@contextmanager
def new_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The file stands under its name once it is whole and on the disk, and never over another."""
    if path.exists():
        raise BackupError(_("%(path)s is there already: name another file.") % {"path": path})
    partial = path.with_name(f"{path.name}.partial")
    try:
        # It holds personal data: nobody but its owner reads it, also while it is being written.
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(_("%(path)s cannot be written: %(why)s") % _why(partial, error)) from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            # The dump is compressed by those who make it, or shrinks little: time matters more.
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        raise BackupError(_("%(path)s cannot be written: %(why)s") % _why(partial, error)) from error
    finally:
        partial.unlink(missing_ok=True)


def _why(path: Path, error: OSError) -> dict:
    return {"path": error.filename or path, "why": error.strerror or type(error).__name__}


def write(
    archive: zipfile.ZipFile, manifest: Manifest, database: Callable[[BinaryIO], None], folder: Path
) -> None:
    text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"))
    archive.writestr(MANIFEST, text)
    with archive.open(DATABASE, "w", force_zip64=True) as member:
        database(member)
    for name in manifest.files:
        archive.write(folder / name, FILES + name)


@contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup to read. Raises BackupError for what is none, is damaged, or is of another format."""
    damaged = BackupError(_("%(path)s is not a whole backup: take another one.") % {"path": path})
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive, path)
    except FileNotFoundError as error:
        if error.filename != str(path):
            raise
        raise BackupError(_("There is no file %(path)s.") % {"path": path}) from error
    except (zipfile.BadZipFile, zlib.error, msgspec.DecodeError) as error:
        raise damaged from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    if MANIFEST not in archive.namelist():
        raise zipfile.BadZipFile(MANIFEST)
    found = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    if found.format != FORMAT:
        text = _("%(path)s is of format %(format)s; this version reads format %(known)s.")
        raise BackupError(text % {"path": path, "format": found.format, "known": FORMAT})
    return found


def unpack_files(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    """The uploaded files into a new folder. Raises BackupError where one is not what was saved."""
    folder.mkdir(parents=True)
    for name in manifest.files:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BackupError(_("the backup names a file outside of its folder: %(name)s") % {"name": name})
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(FILES + name) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file, PIECE)
    if uploaded(folder) != manifest.files:
        raise BackupError(_("The uploaded files are not those that were saved."))
