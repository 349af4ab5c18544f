"""The job that finishes billing runs: asked for, or broken off when a process ended."""

from __future__ import annotations

from core import billing
from core.billing import Period
from jobs.context import services


def bill(plant: str, period: str) -> None:
    """Bill one plant for one month (`2026-11`); a second job for the same finds nothing left to do."""
    made = services()
    billing.post(
        made.database,
        billing.plant_of(made.database, plant),
        Period.read(period),
        _silent,
        default_language=made.settings.default_language,
        service=made.settings.service_name,
    )


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
        )


def _silent(label: str, done: int, total: int) -> None:
    """Nobody watches a job."""
