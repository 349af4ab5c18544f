"""What a load did, or why it did nothing, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

PRINTED = 1_000
"""How many problems are printed; the report holds them all."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, e.g. `reading customers.csv`, with steps done and steps in all."""


class Problem(NamedTuple):
    """One thing to put right: in which file, line and column, and why. Line 0 is the file as a whole."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = [self.file]
        if self.line:
            place.append(f"line {self.line}")
        if self.column:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.reason}"


@dataclass
class FileCount:
    """How many rows a file had, and how many of them were new or changed something."""

    rows: int = 0
    new: int = 0
    changed: int = 0


@dataclass
class LoadReport:
    """The outcome of a load: with any problem, nothing was written."""

    files: dict[str, FileCount] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is worth knowing and stops nothing, e.g. a column that is not used."""

    @property
    def good(self) -> bool:
        """Whether every row was right."""
        return not self.problems

    @property
    def wrote(self) -> bool:
        """Whether anything in the database is different now: then cached callers are out of date."""
        return self.good and any(count.new or count.changed for count in self.files.values())

    def lines(self, printed: int = PRINTED) -> list[str]:
        """The report as lines of plain text."""
        said = [f"note: {note}" for note in self.notes]
        if self.good:
            for name, count in self.files.items():
                said.append(f"{name}: {count.rows:,} rows, {count.new:,} new, {count.changed:,} changed")
            return said
        said += [str(problem) for problem in self.problems[:printed]]
        if len(self.problems) > printed:
            said.append(f"… and {len(self.problems) - printed:,} more like these")
        things = "1 problem" if len(self.problems) == 1 else f"{len(self.problems):,} problems"
        said.append(f"{things}: nothing was loaded")
        return said
