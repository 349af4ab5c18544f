"""Billing: a plant's bills for a month, made, told and, where they were wrong, taken back as a whole."""

from __future__ import annotations

from core.billing.period import Period, Progress
from core.billing.run import Totals, dry_run, finish, plant_of, plant_of_run, post, reverse
from core.billing.runs import Run, unfinished
from core.errors import BillingError

__all__ = [
    "BillingError",
    "Period",
    "Progress",
    "Run",
    "Totals",
    "dry_run",
    "finish",
    "plant_of",
    "plant_of_run",
    "post",
    "reverse",
    "unfinished",
]
