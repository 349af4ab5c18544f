"""The job that recalls open bills, follows promises up, and charges what was announced in time."""

from __future__ import annotations

from core.clock import now
from core.dunning import charging, late_fees, promises, reminders
from jobs.context import services


def sweep() -> None:
    """Promises first: whoever broke one yesterday may be reminded again today.

    A late fee is announced before the reminders, in the place of one: each phone hears one a week.
    """
    made = services()
    at, language, service = now(), made.settings.default_language, made.settings.service_name
    promises.sweep(made.database, at, default_language=language, service=service)
    charging.charge(made.database, at)
    late_fees.announce(made.database, at, default_language=language, service=service)
    reminders.sweep(
        made.database, at, made.settings.reminder_days, default_language=language, service=service
    )
