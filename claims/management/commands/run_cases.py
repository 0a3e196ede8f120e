import sys

from django.core.management.base import BaseCommand

from claims.casebook.compare import differences
from claims.casebook.play import play
from claims.casebook.reading import CaseFileError, read_paths
from claims.casebook.stories import Story
from claims.casebook.telling import about, steps_of
from policies.library import project_terms


class Command(BaseCommand):
    help = "Run worked cases. Exit status: 0 all hold, 1 one fails, 2 a file cannot be read."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", metavar="PATH", help="YAML files, or folders of them")
        parser.add_argument(
            "--policy",
            action="append",
            default=[],
            metavar="FILE",
            help="a version file that replaces the project's for the same city and date, or adds one",
        )

    def handle(self, *, paths, policy, **options):
        try:
            files = read_paths(paths)
            library = project_terms(policy)
        except (CaseFileError, ValueError, OSError) as error:
            self.stderr.write(str(error))
            sys.exit(2)
        stories = [story for _, found in files for story in found]
        failed = sum(not self._holds(story, library) for story in stories)
        entries = sum(len(story.claims) for story in stories)
        self.stdout.write(f"{len(stories)} cases, {entries} entries: {failed or 'none'} failed")
        if failed:
            sys.exit(1)

    def _holds(self, story: Story, library) -> bool:
        played = play(story, library)
        found = differences(story, played)
        for number in sorted({d.entry for d in found}):
            entry = played[number - 1]
            named = f" ({entry.entry.id})" if entry.entry.id else ""
            self.stdout.write(f"\n✗ {story.name}\n  entry {number}{named}: {about(entry)}")
            for d in found:
                if d.entry == number:
                    self.stdout.write(f"    {d.field}: expected {d.expected}, got {d.actual}")
            for line in steps_of(entry):
                self.stdout.write(f"      {line}")
        return not found
