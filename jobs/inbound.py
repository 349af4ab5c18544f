"""The job for messages that were stored and not handled: their web process ended in between."""

from __future__ import annotations

from channels.waiting import handle_waiting
from jobs.context import services


def sweep() -> None:
    """Handle what waits."""
    handle_waiting(services())
