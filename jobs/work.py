"""Jobs around requests: what waits too long goes up, the audit is sealed."""

from __future__ import annotations

from core.work import away
from jobs.context import services


def go_up() -> None:
    """Tell the next one up of what has waited too long."""
    made = services()
    away.go_up(made.database, made.settings.default_language)
