"""100,000 customers as an operator's spreadsheets, and how long `bijli load` takes for them."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.population import HOUSEHOLDS_PER_PLANT, LANGUAGE, SIZE, households

PLANTS = SIZE // HOUSEHOLDS_PER_PLANT
PACKAGE = "LIGHT"
COLLECTOR_PHONE = "+919600000001"
DAY = "01/11/2026"

Row = tuple[object, ...]


@dataclass(frozen=True)
class Loaded:
    """What one load took: seconds, and the rows of all files together."""

    rows: int
    seconds: float

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


def write_sheets(folder: Path) -> int:
    """Write all six files into `folder`; gives how many rows they hold."""
    return sum(_write(folder / f"{name}.csv", heading, rows()) for name, (heading, rows) in SHEETS.items())


def timed(load: Callable[[Path], None], folder: Path) -> Loaded:
    """Write the sheets, then time `load` alone."""
    folder.mkdir()
    rows = write_sheets(folder)
    start = time.perf_counter()
    load(folder)
    return Loaded(rows, time.perf_counter() - start)


def _write(path: Path, heading: str, rows: Iterable[Row]) -> int:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(heading.split())
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _plants() -> Iterable[Row]:
    for number in range(PLANTS):
        cluster = f"C{number // 10}"
        yield "HCLF", "BR", cluster, f"Cluster {cluster}", f"P{number}", f"Plant {number}"


def _staff() -> Iterable[Row]:
    yield "S1", "Ravi Kumar", COLLECTOR_PHONE, "technician", "plant:P0", LANGUAGE


def _packages() -> Iterable[Row]:
    yield PACKAGE, "Light", 100, "17:00-23:00", 150, "postpaid", "yes", "*"


def _customers() -> Iterable[Row]:
    for one in households():
        who = (f"K{one.index}", f"C{one.index}", one.connection, one.name)
        yield *who, f"P{one.plant}", PACKAGE, one.phone, LANGUAGE


def _balances() -> Iterable[Row]:
    return ((f"C{one.index}", one.due, DAY) for one in households())


def _readings() -> Iterable[Row]:
    return ((f"C{one.index}", DAY, one.index % 500) for one in households())


SHEETS: dict[str, tuple[str, Callable[[], Iterable[Row]]]] = {
    "plants": ("organisation state cluster cluster_name plant name", _plants),
    "staff": ("staff name phone role scope language", _staff),
    "packages": ("package name load_watts hours monthly_price prepaid metered plants", _packages),
    "customers": ("customer connection number name plant package phone language", _customers),
    "balances": ("connection balance as_of", _balances),
    "readings": ("connection date kwh", _readings),
}
"""Per file: its headings as docs/operating.md gives them, and its rows."""
