import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from claims.demo import files, load, summary
from claims.demo.keys import working_keys
from claims.demo.lock import AlreadyRunning, only_one
from claims.demo.places import CITIES, PLACES
from claims.demo.processes import ProcessEnded, Processes, answers, listen
from claims.demo.stories import claims_of
from claims.demo.upload import Api, UploadFailed, send, take_back, unsent
from claims.selectors import queue_state

HOST = "127.0.0.1"
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSE = 0.25
_START_SECONDS = 60
# With claims waiting and none adjudicated for so long, something is wrong.
_PATIENCE_SECONDS = 120


class Command(BaseCommand):
    help = "The whole system with sample data on this machine, until Ctrl-C. PORT moves it from port 8000."

    def add_arguments(self, parser):
        parser.add_argument(
            "--with-parent",
            action="store_true",
            help="also end when the process that started this one is gone",
        )

    def handle(self, *, with_parent, **options):
        port = os.environ.get("PORT", "8000")
        if not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise CommandError(f"PORT={port} is no port: take a number such as 8000.")
        self.port = int(port)
        self.url = f"http://localhost:{self.port}"
        self.parent = os.getppid() if with_parent else None
        self.console = Console(highlight=False)
        self.var = settings.VAR_DIR.resolve()
        if settings.PRODUCTION:
            raise CommandError(
                "The demo's passwords are known to all: it does not run with production settings."
            )
        try:
            with only_one(self.var / "demo.lock", self.url):
                self.run_until_stopped()
        except AlreadyRunning as error:
            raise CommandError(f"A demo runs on this data already ({error}): end it first.") from error

    def run_until_stopped(self) -> None:
        try:
            listener = listen(HOST, self.port)
        except OSError as error:
            raise CommandError(
                f"Port {self.port} is in use. Take another: make demo PORT={self.port + 1}"
            ) from error
        self.processes = Processes(
            folder=settings.BASE_DIR,
            logs=self.var / "log",
            listener=listener,
            environment={"VAR_DIR": str(self.var)},
        )
        for number in _STOPPING:
            signal.signal(number, _interrupt)
        try:
            self.run()
        except KeyboardInterrupt:
            self.console.print("\nStopping ...")
        except ProcessEnded as error:
            name, status, log = error.args
            raise CommandError(
                f"{name} ended with status {status}:\n{log}\n({self.processes.log(name)})"
            ) from error
        except UploadFailed as error:
            raise CommandError(f"{error}\n(`make clean` removes the data of an older demo)") from error
        finally:
            for number in _STOPPING:
                signal.signal(number, signal.SIG_IGN)
            self.processes.stop()
        self.console.print("Stopped. The data stays for the next time; `make clean` removes it.")

    def run(self) -> None:
        self.console.print("[bold]职工医保门诊共济[/] · demo: everything here is invented but the policies\n")
        at = timezone.now()
        self.today = timezone.localdate(at)
        with self.step("database"):
            call_command("migrate", verbosity=0)
            load.check_database()
        with self.step("policies of five cities (what two texts leave open is assumed, and marked)"):
            call_command("load_policies", publish_assumed=True, stdout=StringIO())
        with self.step("people, institutions, catalogues, accounts"):
            self.load(at)
        with self.step("web server, worker, beat"):
            self.processes.start()
            self.wait_for_web()
        self.upload()
        with self.step("proofs: every settlement made again from what it rests on, every sum added up"):
            for proof in ("verify_settlements", "verify_accumulators", "verify_accounts"):
                call_command(proof, stdout=StringIO(), stderr=StringIO())
        summary.show(self.console, self.url, self.keys)
        self.console.print(f"[bold green]Ready.[/] Ctrl-C ends it. Logs: {self.processes.logs}")
        while True:
            time.sleep(_PAUSE)
            self.watch()

    def load(self, at) -> None:
        with translation.override("zh-hans"):  # what goes into histories and notices
            actor = load.staff(at=at)
            for city in CITIES:
                if load.city(city, actor=actor, on=self.today, at=at):
                    files.write_examples(self.var / "demo", city, self.today)
                self.watch()
            codes = [place.code for city in CITIES for place in PLACES[city].values()]
            self.keys = working_keys(self.var / "demo" / "keys.json", codes, actor=actor, at=at)

    def upload(self) -> None:
        claims = [claim for city in CITIES for claim in unsent(claims_of(city, self.today))]
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
        with (
            self.step(f"{len(claims) or 'no new'} claims sent by HTTP, adjudicated by the worker"),
            Progress(
                *columns, console=self.console, transient=True, disable=not self.console.is_terminal
            ) as progress,
        ):
            task = progress.add_task("claims", total=len(claims))
            api = Api(HOST, self.port)
            for _claim in progress.track(send(api, claims, self.keys), task_id=task):
                self.watch()
            self.wait_for_workers()
            take_back(api, claims, self.keys)

    def wait_for_workers(self) -> None:
        """Until nothing is queued; for ever, as long as it gets less."""
        least, since = queue_state()["queued"], time.monotonic()
        while queued := queue_state()["queued"]:
            if queued < least:
                least, since = queued, time.monotonic()
            if time.monotonic() - since > _PATIENCE_SECONDS:
                log = self.processes.log("worker")
                raise CommandError(f"{queued} claims wait, and the worker settles none: see {log}")
            time.sleep(_PAUSE)
            self.watch()

    def wait_for_web(self) -> None:
        ends = time.monotonic() + _START_SECONDS
        while not answers(HOST, self.port):
            if time.monotonic() > ends:
                raise CommandError(f"The web server does not answer: see {self.processes.log('web')}")
            time.sleep(_PAUSE)
            self.watch()

    def watch(self) -> None:
        """Ends the demo where a process of it is gone, or the one that started it."""
        self.processes.check()
        if self.parent is not None and os.getppid() != self.parent:
            raise KeyboardInterrupt

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.console.print(
            f"  [green]✓[/] {what}  [dim]{time.monotonic() - started:.1f} s[/]", soft_wrap=True
        )


def _interrupt(_number, _frame):
    raise KeyboardInterrupt
