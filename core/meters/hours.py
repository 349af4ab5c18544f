"""When supply may be switched off: by day, with time left to pay and have light again before dark."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time

from core import clock

CUT_FROM, CUT_TO = time(9), time(16)
"""Within what distribution companies in India practise: never from 18 to 8 o'clock, on Sundays, holidays."""
NATIONAL_HOLIDAYS = frozenset({(1, 26), (8, 15), (10, 2)})
SUNDAY = 6


def may_cut(moment: datetime, holidays: Collection[date]) -> bool:
    """Whether a supply may be switched off at this moment; `holidays` are the operator's own."""
    here = clock.local(moment)
    day = here.date()
    if day.weekday() == SUNDAY or (day.month, day.day) in NATIONAL_HOLIDAYS or day in holidays:
        return False
    return CUT_FROM <= here.time() < CUT_TO
