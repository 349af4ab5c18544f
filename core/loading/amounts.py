"""Cells that count: money, energy, load and days."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from core.loading.cells import BadCell, plain
from core.money import BadAmount, read_amount

_SIMPLE = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_SIGNED = re.compile(
    r"(?P<open>\()?(?P<minus>-)?(?P<rs>rs\.?|inr)?\s*(?P<late>-)?(?P<sum>.+?)(?P<close>\))?\s*(?P<side>dr\.?|cr\.?|(?<=[0-9])-)?",
    re.I,
)
_QUANTITY = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)\s*([a-z]*)\.?", re.I)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*%")
_AMOUNT_REASONS = {
    "unclear": "is not an amount: write rupees like 1234.50 or 1,23,456.50",
    "decimals": "has more than two decimals",
    "large": "is more than ten crore rupees",
}
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T][0-9:.]+Z?)?")
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})[-/. ]([0-9]{1,2}|[A-Za-z]{3,9})[-/., ]+([0-9]{4}|[0-9]{2})(?: [0-9:.]+)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EARLIEST = date(1990, 1, 1)
"""No mini-grid of this kind is older; an earlier date is a slip."""
DATE_FORMS = "write it as DD/MM/YYYY or YYYY-MM-DD"


def rupees(raw: str) -> int:
    """An amount that is not below zero, in paise."""
    paise = signed_rupees(raw)
    if paise < 0:
        raise BadCell(f"{plain(raw)[:60]!r} is below zero")
    return paise


def fee(raw: str) -> list[int]:
    """A sum in paise or a share in hundredths of a per cent, the other being zero: `20`, `1.5 %`."""
    share = _PERCENT.fullmatch(plain(raw))
    if share is None:
        return [rupees(raw), 0]
    hundredths = Decimal(share[1]) * 100
    if hundredths != int(hundredths) or hundredths > 100_00:
        raise BadCell(f"{plain(raw)[:60]!r} is no share: at most 100 %, with at most two decimals")
    return [0, int(hundredths)]


def signed_rupees(raw: str) -> int:
    """An amount in paise; below zero with a minus, brackets or `Cr`. A lone dash is Excel's zero."""
    simple = _SIMPLE.fullmatch(raw)
    if simple:
        return int(simple[1]) * 100 + int((simple[2] or "").ljust(2, "0"))
    cell = plain(raw)
    if cell == "-":
        return 0
    match = _SIGNED.fullmatch(cell)
    if match is None or bool(match["open"]) != bool(match["close"]):
        raise BadCell(f"{cell[:60]!r} {_AMOUNT_REASONS['unclear']}")
    side = (match["side"] or "").lower().rstrip(".")
    signs = [bool(match["open"]), bool(match["minus"]), bool(match["late"]), side in ("cr", "-")]
    if sum(signs) > 1 or (any(signs) and side == "dr"):
        raise BadCell(f"{cell[:60]!r} has two signs")
    paise = _unsigned(match["sum"], cell)
    return -paise if any(signs) else paise


def _unsigned(amount: str, cell: str) -> int:
    try:
        return read_amount(amount)
    except BadAmount as error:
        if error.reason == "zero":
            return 0
        raise BadCell(f"{cell[:60]!r} {_AMOUNT_REASONS[error.reason]}") from None


def watts(raw: str) -> int:
    """A load in whole watts; `100`, `100 W` and `0.1 kW` are the same."""
    value, unit = _quantity(raw, {"": 1, "w": 1, "watt": 1, "watts": 1, "kw": 1000}, "a load in watts")
    load = value * unit
    if load != int(load) or not 0 < load <= 10_000_000:
        raise BadCell(f"{plain(raw)[:60]!r} is not a load in whole watts above zero")
    return int(load)


def watt_hours(raw: str) -> int:
    """A meter reading in watt-hours; the cell is in kWh with at most three decimals."""
    value, unit = _quantity(
        raw, {"": 1000, "kwh": 1000, "unit": 1000, "units": 1000, "wh": 1}, "a reading in kWh"
    )
    energy = value * unit
    if energy != int(energy) or energy > 10**12:
        raise BadCell(f"{plain(raw)[:60]!r} has more than three decimals or is beyond any meter")
    return int(energy)


def _quantity(raw: str, units: dict[str, int], what: str) -> tuple[Decimal, int]:
    cell = plain(raw)
    match = _QUANTITY.fullmatch(cell)
    unit = units.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise BadCell(f"{cell[:60]!r} is not {what}")
    return Decimal(match[1].replace(",", "")), unit


@lru_cache(maxsize=8192)
def day(raw: str) -> date:
    """A date: DD/MM/YYYY, D-M-YY, 21-Nov-2026 or ISO, with a time of day or without."""
    cell = plain(raw)
    iso = _ISO.fullmatch(cell)
    if iso:
        return _date(cell, iso[1], iso[2], iso[3])
    match = _DAY_FIRST.fullmatch(cell)
    if match is None:
        if re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?", cell):
            raise BadCell(f"{cell!r} is Excel's count of days: format the column as a date")
        raise BadCell(f"{cell[:60]!r} is not a date: {DATE_FORMS}")
    month = match[2]
    if month.isalpha():
        if month[:3].lower() not in _MONTHS:
            raise BadCell(f"{cell[:60]!r} is not a date: {DATE_FORMS}")
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    year = match[3] if len(match[3]) == 4 else "20" + match[3]
    return _date(cell, year, month, match[1])


def _date(cell: str, year: str, month: str, day_of_month: str) -> date:
    try:
        found = date(int(year), int(month), int(day_of_month))
    except ValueError:
        raise BadCell(f"{cell!r} is not a day of the calendar: {DATE_FORMS}") from None
    if found < EARLIEST:
        raise BadCell(f"{cell!r} is before {EARLIEST.year}")
    return found
