"""A town big enough for a crowd: one plant, 300 households with a phone and a balance of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.db import Database
from core.ids import with_check_digit
from core.loading import load

HOUSES = 300
COLLECTORS = 8
_FIRST_NUMBER = 70_000


@dataclass(frozen=True)
class House:
    """One household; `rupees` is what it owes, and no other owes the same."""

    number: str
    phone: str
    rupees: int


def houses() -> list[House]:
    return [House(with_check_digit(_FIRST_NUMBER + i), f"+9197{i:08d}", 1001 + 7 * i) for i in range(HOUSES)]


def collectors() -> list[str]:
    """Phones of the collectors, who all serve the one plant."""
    return [f"+9196{i:08d}" for i in range(COLLECTORS)]


def build(database_url: str, folder: Path) -> None:
    """Load the town the way an operator does, from CSV."""
    _write(folder, "plants", "organisation,state,cluster,plant,name,name_hindi", ["T,BR,C,TOWN,Town,"])
    _write(
        folder,
        "staff",
        "staff,name,name_hindi,phone,role,scope,language,active",
        [f"S{i},Staff {i},,{phone},technician,TOWN,en,yes" for i, phone in enumerate(collectors())],
    )
    _write(
        folder,
        "packages",
        "package,name,name_hindi,load_watts,hours,energy_price,monthly_price,deposit,prepaid,metered,plants",
        ["HOME,Home,,30,17:00-23:00,,100,100,prepaid,no,*"],
    )
    _write(
        folder,
        "customers",
        "connection,number,name,name_hindi,plant,package,phone,phone_role,phone2,phone2_role,language,village,"
        "meter,connected_on",
        [
            f"R{i},{one.number},House {i},,TOWN,HOME,{one.phone},holder,,,en,Town,,2024-03-01"
            for i, one in enumerate(houses())
        ],
    )
    _write(
        folder,
        "balances",
        "connection,as_of,balance,deposit,last_bill_amount,last_bill_from,last_bill_to,last_bill_date,due_date",
        [f"R{i},2026-10-31,{one.rupees},100,,,,," for i, one in enumerate(houses())],
    )
    database = Database(database_url)
    report = load(database, folder)
    database.close()
    assert not report.problems, report.problems


def _write(folder: Path, name: str, header: str, rows: Iterable[str]) -> None:
    with (folder / f"{name}.csv").open("w", newline="") as file:
        csv.writer(file).writerows(line.split(",") for line in (header, *rows))
