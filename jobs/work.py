"""Jobs around requests and notes: what waits too long goes up, quiet talks end, the audit is sealed."""

from __future__ import annotations

from channels.nudge import nudge
from core import audit, broadcasts
from core.inbox import sweep
from core.work import away, reprogramming, switching
from jobs.context import services


def go_up() -> None:
    """Tell the next one up of what has waited too long."""
    made = services()
    away.go_up(made.database, made.settings.default_language)
    sweep.go_up(made.database, made.settings.default_language)


def close_quiet_notes() -> None:
    """Close the notes that were answered and have been quiet."""
    sweep.close_quiet(services().database)


def remind_of_supply_off() -> None:
    """Recall what is still switched off for a while."""
    made = services()
    switching.remind(made.database, made.settings.default_language)


def carry_through_changes() -> None:
    """Begin package changes whose bill is written, and end those whose meters have done it."""
    made = services()
    reprogramming.advance(made.database, made.settings.default_language, made.settings.service_name)


def broadcast() -> None:
    """Write what goes to whole plants, batch by batch."""
    made = services()
    while broadcasts.write_some(made.database, made.settings.default_language, made.settings.service_name):
        nudge(made.redis)


def seal_audit() -> None:
    """Seal what was written into the audit since the last time."""
    audit.seal(services().database)
