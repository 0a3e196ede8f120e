import sys
from datetime import date

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from claims.models import AffectedNotice
from claims.services import readjudication
from members.models import Member
from policies.models import City, User
from policies.money import yuan


class Command(BaseCommand):
    help = (
        "Replays claims under the versions now in force: a member's year, all members of a city from a service "
        "date on, or what a notice lists. Where the outcome differs, two revisions are written."
    )

    def add_arguments(self, parser):
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--member", metavar="NUMBER", help="the member's number, with --year")
        whose.add_argument("--city", metavar="CODE", help="the city's division code, with --since")
        whose.add_argument("--notice", type=int, metavar="ID", help="a notice of affected settlements")
        parser.add_argument("--year", type=int, help="the benefit year")
        parser.add_argument(
            "--since", type=date.fromisoformat, help="the first service date (default: the year's)"
        )
        parser.add_argument("--reason", required=True, help="why, for the record")
        parser.add_argument("--user", help="login name of who asks for it")

    def handle(self, *, member, city, notice, year, since, reason, user, **options):
        asked = {"reason": reason, "actor": self._actor(user), "actor_name": "command", "at": timezone.now()}
        try:
            if member is not None:
                runs = [self._member(member, year, since, asked)]
            elif city is not None:
                runs = self._city(city, since, asked)
            else:
                runs = [self._notice(notice, asked)]
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for run in runs:
            self.stdout.write(
                f"{run.year}: {run.replayed} claims replayed, {run.changed} changed, "
                f"fund payments {yuan(run.fund_difference)} yuan"
            )

    def _actor(self, name):
        if name is None:
            return None
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no user {name}.") from error

    def _member(self, number, year, since, asked):
        if year is None:
            raise CommandError("--member needs --year.")
        try:
            id = Member.objects.values_list("pk", flat=True).get(number=number)
        except Member.DoesNotExist as error:
            raise CommandError("There is no member of this number.") from error
        return readjudication.readjudicate(member_id=id, year=year, since=since or date(year, 1, 1), **asked)

    def _city(self, code, since, asked):
        if since is None:
            raise CommandError("--city needs --since.")
        if not City.objects.filter(pk=code).exists():
            raise CommandError(f"{code} is no city of this system.")
        with _Bar() as bar:
            return readjudication.readjudicate_city(city=code, since=since, advance=bar.advance, **asked)

    def _notice(self, id, asked):
        try:
            notice = AffectedNotice.objects.get(pk=id)
        except AffectedNotice.DoesNotExist as error:
            raise CommandError(f"There is no notice {id}.") from error
        with _Bar() as bar:
            return readjudication.readjudicate_notice(notice=notice, advance=bar.advance, **asked)


class _Bar:
    """A progress bar over members; silent where the output is no terminal."""

    def __enter__(self):
        self.progress = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty())
        self.progress.start()
        self.task = self.progress.add_task("members", total=None)
        return self

    def __exit__(self, *error):
        self.progress.stop()

    def advance(self, done, total):
        self.progress.update(self.task, completed=done, total=total)
