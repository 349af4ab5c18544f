"""What happened in the demo's past: who was billed, who paid, whose bill stayed open too long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core import clock
from core.tariffs import half_up

LATE = ("120490", 1)
"""Who was charged a late fee, and for which of the three bills: an in-charge can WAIVE it."""
FEE_PERCENT, FEE_AFTER = 2, timedelta(days=10)
"""The rule of the demo's operator, in plants.csv."""


@dataclass(frozen=True)
class House:
    """A loaded connection with the accounts that its money moves between."""

    id: int
    reference: str
    number: str
    package: str
    prepaid: bool
    plant_id: int
    plant_number: int
    collector_id: int
    dues: int
    cash: int
    income: int


@dataclass(frozen=True)
class Paid:
    """A payment to come: when, by whom, how many rupees."""

    at: datetime
    house: House
    rupees: int


@dataclass(frozen=True)
class Billed:
    """A bill to come, on the first of the month after; prepaid ones are for the month that begins then."""

    house: House
    issued_on: date
    period_from: date
    rupees: int

    @property
    def at(self) -> datetime:
        return moment(self.issued_on, time(6, 0))

    @property
    def due_on(self) -> date:
        return self.issued_on + timedelta(days=5 if self.house.prepaid else 14)

    @property
    def period_to(self) -> date:
        return (self.period_from + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class Fined:
    """A late fee for a bill, in paise, charged in the night after the last day without it."""

    bill: Billed
    paise: int

    @property
    def house(self) -> House:
        return self.bill.house

    @property
    def falls_on(self) -> date:
        return self.bill.due_on + FEE_AFTER

    @property
    def at(self) -> datetime:
        return moment(self.falls_on + timedelta(days=1), time(0, 30))


def fine(bill: Billed, given: list[Paid]) -> list[Fined]:
    """The late fee for what is open of a bill on the last day without it, if anything is."""
    last = moment(bill.due_on + FEE_AFTER + timedelta(days=1), time(0))
    left = bill.rupees - sum(one.rupees for one in given if one.at < last)
    return [Fined(bill, half_up(left * FEE_PERCENT * 100, 100))] if left > 0 else []


def moment(day: date, at: time) -> datetime:
    """An hour of a day in India."""
    return datetime.combine(day, at, clock.INDIA)
