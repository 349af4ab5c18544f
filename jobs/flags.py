"""The job that keeps flags true: who is above the credit limit, who has paid."""

from __future__ import annotations

import structlog

from core import flags
from core.clock import now
from jobs.context import services

log = structlog.get_logger()


def sweep() -> None:
    """Restore, flag, and switch off what is due."""
    made = services()
    settings = made.settings
    with made.database.begin() as session:
        swept = flags.sweep(
            session,
            now(),
            holidays=settings.holidays,
            service=settings.service_name,
            helpline=settings.helpline,
            default_language=settings.default_language,
        )
    if swept != flags.Swept():
        log.info("flags", restored=swept.restored, flagged=swept.flagged, switched_off=swept.switched_off)
