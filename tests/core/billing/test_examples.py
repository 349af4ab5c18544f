"""Bills worked out by hand (examples.csv): in plain Python and by the billing run, to the paisa."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.billing import Period
from core.tariffs import Step, Tariff, charge
from tests.core.billing.conftest import Town

ROWS = list(csv.DictReader((Path(__file__).parent / "examples.csv").read_text(encoding="utf-8").splitlines()))
_STEP = re.compile(
    r"(?:(?P<band>(?!above)[a-z]+) ?)?"
    r"(?:(?P<low>[0-9.]+)-(?P<high>[0-9.]+) kWh|above (?P<above>[0-9.]+) kWh)?: (?P<price>.+)"
)


def milli(number: str) -> int:
    return int(Decimal(number) * 1000)


def paise(number: str) -> int:
    return int(Decimal(number) * 100)


def read_tariff(written: str) -> Tariff:
    """`fixed 50; 22.50 a kWh`, `0-10 kWh: 15; above 10 kWh: 20`, `day: 12; evening: 24`."""
    monthly, steps = 0, []
    for part in written.split("; "):
        if part.startswith("fixed "):
            monthly = paise(part.removeprefix("fixed "))
        elif part.endswith(" a kWh"):
            steps.append(Step("", 0, None, paise(part.removesuffix(" a kWh"))))
        else:
            found = _STEP.fullmatch(part)
            assert found, part
            low, high = found["low"] or found["above"] or "0", found["high"]
            steps.append(
                Step(found["band"] or "", milli(low), milli(high) if high else None, paise(found["price"]))
            )
    cheapest = min(steps, key=lambda step: step.paise).band if steps else ""
    return Tariff(monthly, tuple(steps), cheapest)


def read_energy(written: str) -> tuple[int, dict[str, int] | None]:
    """`14.2`, `day 6; evening 4`, `all 11; day 6; evening 4`."""
    if " " not in written:
        return milli(written or "0"), None
    bands = {name: milli(kwh) for name, kwh in (part.split(" ") for part in written.split("; "))}
    whole = bands.pop("all", sum(bands.values()))
    return whole, bands


def read_off(written: str) -> tuple[int, int]:
    """`11-20`: the first and the last day of the month that were off from morning to night."""
    first, _, last = (written or "1-0").partition("-")
    return int(first), int(last)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_arithmetic(row: dict[str, str]) -> None:
    wh, used = read_energy(row["kWh"])
    first, last = read_off(row["off"])
    off = last - first + 1
    lines = charge(read_tariff(row["tariff"]), wh, int(row["days"]), int(row["of"]), used, off)
    assert sum(line.paise for line in lines) == paise(row["bill in rupees"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_the_run_asks_the_same(town: Town, row: dict[str, str]) -> None:
    wh, used = read_energy(row["kWh"])
    first = date(2026, 10, 1) if row["of"] == "31" else date(2026, 11, 1)
    month = Period(first, first + timedelta(days=int(row["of"]) - 1))
    begun = month.last - timedelta(days=int(row["days"]) - 1)
    house = town.house(town.package(read_tariff(row["tariff"]), metered=bool(row["kWh"])), begun)
    if row["kWh"]:
        town.read(house, begun, 100_000, dict.fromkeys(used, 50_000) if used else None)
        town.read(
            house,
            month.last,
            100_000 + wh,
            {band: 50_000 + more for band, more in used.items()} if used else None,
        )
    if row["off"]:
        first_off, last_off = read_off(row["off"])
        town.turn(house, "inactive", month.first + timedelta(days=first_off - 2))
        if last_off < month.days:
            town.turn(house, "active", month.first + timedelta(days=last_off))
    town.bill(month, month.last + timedelta(days=1))
    bill = town.bill_of(house)
    assert bill is not None
    assert bill.amount_paise == paise(row["bill in rupees"])
    assert not bill.estimated
    assert town.dues(house) == bill.amount_paise
