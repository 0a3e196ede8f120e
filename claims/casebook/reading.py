"""Read worked cases strictly from YAML 1.2, with every fault named."""

from pathlib import Path

import msgspec
from django.utils.translation import gettext as _

from claims.casebook.checks import faults_of
from claims.casebook.stories import Story
from policies import yaml12


class CaseFileError(ValueError):
    """A file of worked cases that cannot be read: one line a fault."""


def read_stories(text: str | bytes, source: str) -> list[Story]:
    """The stories of one file. Raises CaseFileError, which names every story at fault and what is wrong."""
    try:
        found = yaml12.load(text)
    except yaml12.YamlError as error:
        raise CaseFileError(f"{source}: {error}") from error
    if not isinstance(found, list):
        raise CaseFileError(f"{source}: {_('a file of worked cases is a list of cases')}")
    stories, faults = [], []
    for number, raw in enumerate(found, 1):
        name = raw.get("name", number) if isinstance(raw, dict) else number
        try:
            story = msgspec.convert(_with_text_names(raw), Story)
            faults += [_at(source, name, fault) for fault in faults_of(story)]
            stories.append(story)
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(_at(source, name, error))
    if faults:
        raise CaseFileError("\n".join(faults))
    return stories


def _at(source: str, name: str | int, fault) -> str:
    return _("%(source)s: case “%(name)s”: %(fault)s") % {"source": source, "name": name, "fault": fault}


# Where names stand that the file itself gives (of claims, people, places, items, diseases). Without quotes
# YAML reads one of digits alone as a number.
_NAMING_KEYS = frozenset(
    ("id", "at", "member", "reverse", "prescribed_by", "lists", "item", "owner", "user", "disease")
)
_NAMED_BLOCKS = frozenset(("members", "institutions", "catalogue"))


def _with_text_names(raw):
    """A story as it was read, in which every name is text."""
    if isinstance(raw, list):
        return [_with_text_names(value) for value in raw]
    if not isinstance(raw, dict):
        return raw
    found = {}
    for key, value in raw.items():
        if key in _NAMING_KEYS and not isinstance(value, dict):
            value = [_name(x) for x in value] if isinstance(value, list) else _name(value)
        elif key in _NAMED_BLOCKS and isinstance(value, dict):
            value = {_name(name): _with_text_names(what) for name, what in value.items()}
        else:
            value = value if key == "expect" else _with_text_names(value)
        found[key] = value
    return found


def _name(value):
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def find_files(paths: list[str]) -> list[Path]:
    """The YAML files of paths and folders, in order. Raises CaseFileError for a path that is not there."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml"))
        elif path.is_file():
            found.append(path)
        else:
            raise CaseFileError(f"{path}: {_('no such file or folder')}")
    return found


def read_paths(paths: list[str]) -> list[tuple[Path, list[Story]]]:
    """The stories of files and folders. Raises CaseFileError with the faults of all files at once."""
    stories, faults = [], []
    for path in find_files(paths):
        try:
            stories.append((path, read_stories(path.read_bytes(), str(path))))
        except (CaseFileError, OSError) as error:
            faults.append(str(error))
    if faults:
        raise CaseFileError("\n".join(faults))
    return stories
