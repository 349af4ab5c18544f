"""Jobs around requests and notes: what waits too long goes up, quiet talks end, the audit is sealed."""

from __future__ import annotations

from core import audit
from core.inbox import sweep
from core.work import away
from jobs.context import services


def go_up() -> None:
    """Tell the next one up of what has waited too long."""
    made = services()
    away.go_up(made.database, made.settings.default_language)
    sweep.go_up(made.database, made.settings.default_language)


def close_quiet_notes() -> None:
    """Close the notes that were answered and have been quiet."""
    sweep.close_quiet(services().database)


def seal_audit() -> None:
    """Seal what was written into the audit since the last time."""
    audit.seal(services().database)
