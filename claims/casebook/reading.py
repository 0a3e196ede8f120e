"""Read worked cases strictly from YAML 1.2, with every fault named."""

from pathlib import Path

import msgspec

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
        raise CaseFileError(f"{source}: a file of worked cases is a list of cases")
    stories, faults = [], []
    for number, raw in enumerate(found, 1):
        name = raw.get("name", number) if isinstance(raw, dict) else number
        try:
            story = msgspec.convert(raw, Story)
            faults += [f"{source}: case {name!r}: {fault}" for fault in faults_of(story)]
            stories.append(story)
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(f"{source}: case {name!r}: {error}")
    if faults:
        raise CaseFileError("\n".join(faults))
    return stories


def find_files(paths: list[str]) -> list[Path]:
    """The YAML files of paths and folders, in order. Raises CaseFileError for a path that is not there."""
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml"))
        elif path.is_file():
            found.append(path)
        else:
            raise CaseFileError(f"{path}: no such file or folder")
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
