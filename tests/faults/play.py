"""One scenario's play: its system, its client, what was done to it, and what was found in the end."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

from tests.faults.checks import Findings, check
from tests.faults.client import Client, ask_again
from tests.faults.system import System, World
from tests.faults.traffic import Traffic


class Skipped(Exception):
    """The scenario cannot be played on this machine; the message says why."""


@dataclass
class Play:
    """`long`: play the long set's measure. `faults`: what was done, for the report; `kills`: of processes, in all."""

    world: World
    name: str
    long: bool
    chance: random.Random
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = 180
    faults: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    findings: Findings | None = None

    @property
    def people(self):
        return self.world.people

    def size(self, short: int, long: int) -> int:
        return long if self.long else short

    def client(self, system: System) -> Client:
        return Client(system.urls, self.people.keys, system.journal, f"{self.world.seed}/{self.name}")

    def traffic(self, name: str = "C", **how) -> Traffic:
        return Traffic(self.people, random.Random(self.chance.random()), name, **how)

    def did(self, what: str, times: int = 1) -> None:
        self.faults[what] = self.faults.get(what, 0) + times

    def killed(self, what: str, times: int = 1) -> None:
        self.did(what, times)
        self.kills += times

    def finish(
        self,
        system: System,
        client: Client,
        *,
        parked: Collection[str] = (),
        clock_error: timedelta = timedelta(),
        sets_may_fail: bool = False,
    ) -> None:
        """The faults are over: drain, ask again what is unknown, drain again, stop everything, check."""
        system.drained(self.patience)
        asked = ask_again(client)
        if asked:
            self.did("outcomes asked again", asked)
        retried = system.retry_parked(set(parked))
        if retried:
            self.did("parked claims retried", retried)
        is_drained = system.drained(self.patience)
        ended, failed = system.ended(), system.errors("set failed")
        system.stop()
        self.findings = check(self.people, system.journal.read(), parked=parked, clock_error=clock_error)
        if not is_drained:
            self.findings.others.append(f"the queue was not empty after {self.patience:g} s")
        self.findings.others += [f"{name} ended by itself" for name in ended]
        if failed and not sets_may_fail:
            self.findings.others.append(
                f"{failed} sets failed, of which none was at fault: a second guard held"
            )

    def want(self, holds: bool, what: str) -> None:
        """Something that this scenario itself expects."""
        if not holds:
            self.findings.others.append(what)


Scenario = Callable[[Play], None]
