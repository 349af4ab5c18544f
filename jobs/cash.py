"""The job that ends hand-overs nobody answered."""

from __future__ import annotations

from core import handing
from core.clock import now
from jobs.context import services


def expire() -> None:
    """End what is a day old and tell both sides."""
    made = services()
    with made.database.begin() as session:
        handing.expire(session, now(), default_language=made.settings.default_language)
