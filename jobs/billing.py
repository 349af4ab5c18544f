"""The job that finishes billing runs which `bijli bill` opened and a killed process left."""

from __future__ import annotations

from core import billing, upi
from core.clock import now
from jobs.context import services


def sweep() -> None:
    """Go on with every run that is not finished."""
    made = services()
    for run_id in billing.unfinished(made.database):
        billing.finish(
            made.database,
            run_id,
            _silent,
            default_language=made.settings.default_language,
            service=made.settings.service_name,
            bill_link=upi.bill_link(made.settings, now()),
        )


def _silent(label: str, done: int, total: int) -> None:
    """Nobody watches a job."""
