"""Energy as people read and type it: kWh with at most three decimals; inside it is whole watt-hours."""

from __future__ import annotations

import re
from decimal import Decimal

from core.fold import fold

_KWH = re.compile(
    r"([0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.([0-9]*))?\s*(?:kwh|units?)?", re.IGNORECASE
)
MOST_DIGITS = 9
"""Before the point, in kWh; no meter has more."""
MOST_WH = 10**MOST_DIGITS * 1000
SMALLEST_ROUND = 10_000_000
"""Meters have at least four digits before the point, in Wh."""


def units(wh: int) -> str:
    """Watt-hours in the units people know, kWh, without empty decimals."""
    return f"{Decimal(wh) / 1000:f}".rstrip("0").rstrip(".") if wh % 1000 else str(wh // 1000)


def read_kwh(raw: str) -> int | None:
    """What a meter shows (`1234`, `१२३४.५`, `1,234 kWh`) in Wh, or None if it can't be."""
    match = _KWH.fullmatch(fold(raw))
    if match is None or len((match[2] or "").rstrip("0")) > 3:
        return None
    kwh = match[1].replace(",", "")
    return int(Decimal(f"{kwh}.{match[2] or 0}") * 1000) if len(kwh) <= MOST_DIGITS else None


def round_of(wh: int) -> int:
    """After how many Wh a register that shows `wh` begins again at zero, by its number of digits."""
    return max(SMALLEST_ROUND, int(10 ** len(str(wh // 1000))) * 1000)
