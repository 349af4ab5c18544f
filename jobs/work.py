"""Jobs around requests: what waits too long goes up, the audit is sealed."""

from __future__ import annotations

from core import audit
from core.work import away, switching
from jobs.context import services


def go_up() -> None:
    """Tell the next one up of what has waited too long."""
    made = services()
    away.go_up(made.database, made.settings.default_language)


def remind_of_supply_off() -> None:
    """Recall what is still switched off for a while."""
    made = services()
    switching.remind(made.database, made.settings.default_language)


def seal_audit() -> None:
    """Seal what was written into the audit since the last time."""
    audit.seal(services().database)
