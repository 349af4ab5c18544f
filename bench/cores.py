"""Which core runs what: the server under test alone on one, everything else on the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Cores:
    """The core of the server under test and the core of generator, databases and stand-ins."""

    server: int
    rest: int

    @property
    def shared(self) -> bool:
        """True when the machine gives us a single core, so that ratios say less."""
        return self.server == self.rest


@dataclass(frozen=True)
class Ticks:
    """Clock ticks of one core since the start of the machine."""

    busy: int
    all: int


def choose() -> Cores:
    """The first two cores we may use."""
    ours = sorted(os.sched_getaffinity(0))
    return Cores(server=ours[0], rest=ours[1] if len(ours) > 1 else ours[0])


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started inside stays on `core` for its whole life, and so do its children."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def ticks(core: int) -> Ticks:
    for line in Path("/proc/stat").read_text().splitlines():
        name, *counts = line.split()
        if name == f"cpu{core}":
            # user nice system idle iowait irq softirq steal; guest time is in user already.
            numbers = [int(count) for count in counts[:8]]
            return Ticks(busy=sum(numbers) - numbers[3] - numbers[4], all=sum(numbers))
    raise OSError(f"/proc/stat knows no core {core}")


def busy_share(before: Ticks, after: Ticks) -> float:
    """How much of a core was used between two looks, 0 to 1."""
    return (after.busy - before.busy) / max(after.all - before.all, 1)


def seconds_used(pid: int) -> float:
    """Processor time of a process and all its children so far, those that have ended too."""
    first = psutil.Process(pid)
    times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
    return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))
