"""What was played and what was found, as a table for people and for a closing note."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.faults.checks import Findings
from tests.faults.play import Play

_HEAD = (
    "scenario",
    "claims",
    "settled",
    "kills",
    "lost",
    "doubled",
    "mispriced",
    "accum.",
    "other",
    "seconds",
)


@dataclass
class Row:
    play: Play
    seconds: float
    skipped: str = ""
    failed: str = ""

    @property
    def holds(self) -> bool:
        return bool(self.skipped) or not (self.failed or self.play.findings is None or self.play.findings)

    def cells(self) -> tuple:
        found = self.play.findings
        if found is None:
            return (self.play.name, *["–"] * 8, f"{self.seconds:.0f}")
        counts = [len(getattr(found, kind)) for kind in Findings.KINDS]
        return (
            self.play.name, found.claims, found.settlements, self.play.kills, *counts, f"{self.seconds:.0f}",
        )  # fmt: skip

    def lines(self) -> list[str]:
        faults = ", ".join(f"{what}: {times}" for what, times in self.play.faults.items())
        told = [f"    {faults}"] if faults else []
        if self.skipped:
            told.append(f"    skipped: {self.skipped}")
        if self.play.findings is not None:
            told += [f"    FOUND {line}" for line in self.play.findings.lines()]
        return told + [f"    {line}" for line in self.failed.splitlines()]


@dataclass
class Report:
    set: str
    seed: str
    rows: list[Row] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def __post_init__(self):
        at = datetime.now().astimezone().isoformat(timespec="minutes")
        self._tell(f"Faults, {self.set} set, seed {self.seed}, {at}, {os.cpu_count()} cores")
        self._tell(_formatted(_HEAD))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self._tell(_formatted(row.cells()))
        for line in row.lines():
            self._tell(line)

    @property
    def holds(self) -> bool:
        return bool(self.rows) and all(row.holds for row in self.rows)

    def write(self, path: Path | None) -> None:
        found = [row.play.findings for row in self.rows if row.play.findings is not None]
        sums = [sum(len(getattr(f, kind)) for f in found) for kind in Findings.KINDS]
        claims, settled = sum(f.claims for f in found), sum(f.settlements for f in found)
        kills, seconds = sum(row.play.kills for row in self.rows), sum(row.seconds for row in self.rows)
        self._tell(_formatted(("in all", claims, settled, kills, *sums, f"{seconds:.0f}")))
        failed = [row.play.name for row in self.rows if not row.holds]
        self._tell("HOLDS" if self.holds else f"DOES NOT HOLD: {', '.join(failed)}")
        if path is not None:
            path.write_text("\n".join(self._lines) + "\n")

    def _tell(self, line: str) -> None:
        self._lines.append(line)
        print(line, flush=True)


def _formatted(cells: tuple) -> str:
    name, *others = cells
    return f"{name:28}" + "".join(f"{cell:>10}" for cell in others)
