"""What else the machine was doing while something was measured: figures without that mean little."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Busy:
    """Seconds of CPU since the start of the machine: of all, and of the processes that are ours."""

    all: float
    ours: dict[int, float]

    @classmethod
    def now(cls, pids: set[int]) -> "Busy":
        fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        user, nice, system, _idle, _iowait, irq, softirq, *_ = fields
        return cls((user + nice + system + irq + softirq) / _TICKS, {pid: _cpu(pid) for pid in pids})

    def since(self, before: "Busy", seconds: float) -> "Load":
        ours = sum(cpu - before.ours.get(pid, 0) for pid, cpu in self.ours.items())
        foreign = max(0.0, self.all - before.all - ours)
        cores = os.cpu_count() or 1
        return Load(ours / seconds / cores, foreign / seconds / cores)


@dataclass(frozen=True)
class Load:
    """Shares of the whole machine: what the measured processes took, and what anybody else did."""

    ours: float
    foreign: float

    def __str__(self):
        return f"machine {self.ours:4.0%} ours, {self.foreign:4.0%} foreign"


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def tree(*roots: int) -> set[int]:
    """These processes and all that descend from them."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def resident(pid: int) -> float:
    """The memory that a process holds, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
