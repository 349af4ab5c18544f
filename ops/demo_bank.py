"""The demo's list of a bank: one payment with our reference, and two that wait to be matched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


def payments(today: date) -> list[Sequence[str]]:
    """Yesterday's lines, under their headings."""
    day = today - timedelta(days=1)
    rows = (
        ("60", "UTR261100001", f"UPI/9800000001@demo/BL120457D{day:%y%m%d}"),
        ("75", "UTR261100002", "UPI/sunita@demo/bijli 120457"),
        ("41", "UTR261100003", "NEFT from a friend"),
    )
    return [("date", "amount", "reference", "note"), *((f"{day:%d/%m/%Y}", *row) for row in rows)]
