"""A month to bill, and the words all of billing shares."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from core.errors import BillingError

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month."""

    first: date
    last: date

    @staticmethod
    def read(raw: str) -> Period:
        """The month of `2026-11`; BillingError for anything else."""
        try:
            first = date.fromisoformat(f"{raw}-01")
        except ValueError:
            raise BillingError(f"{raw} is not a month: write it like 2026-11") from None
        return Period(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))

    @property
    def days(self) -> int:
        return self.last.day
