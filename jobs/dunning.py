"""The job that recalls open bills and follows promises up."""

from __future__ import annotations

from core.clock import now
from core.dunning import promises, reminders
from jobs.context import services


def sweep() -> None:
    """Promises first: whoever broke one yesterday may be reminded again today."""
    made = services()
    at, language, service = now(), made.settings.default_language, made.settings.service_name
    promises.sweep(made.database, at, default_language=language, service=service)
    reminders.sweep(
        made.database, at, made.settings.reminder_days, default_language=language, service=service
    )
