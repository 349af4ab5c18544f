"""The one clock: UTC inside, Asia/Kolkata outside."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day as people in India see it."""
    return now().astimezone(INDIA).date()


def local(moment: datetime) -> datetime:
    """The same moment on an Indian clock."""
    return moment.astimezone(INDIA)


def financial_year(day: date) -> int:
    """The Indian financial year (1 April to 31 March) by its first calendar year."""
    return day.year if day.month >= 4 else day.year - 1
