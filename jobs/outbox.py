"""Jobs that empty the outbox and keep it tidy."""

from __future__ import annotations

from channels import nudge
from channels.reports import retry_early
from channels.sending import drain as send_due
from core import outbox_sweep
from jobs.context import sender, services, stopping

PATIENCE = 20.0
"""Seconds after which a drain lets other jobs come first, and goes on as a new job."""


def drain(queue: str) -> None:
    """Send what is due, whatever its kind: the most urgent go first within every drain."""
    road = sender()
    nudge.begin(road.redis, queue)
    done = send_due(road, seconds=PATIENCE, stop=stopping.is_set)
    if not done:
        nudge.nudge_queue(road.redis, queue)


def sweep() -> None:
    """Whatever fell by the wayside: abandoned, in doubt, expired, reported too early, nudged in vain."""
    made = services()
    with made.database.begin() as session:
        outbox_sweep.requeue_abandoned(session)
        outbox_sweep.settle_unsure(session)
        outbox_sweep.close_expired(session)
    retry_early(made.database, made.redis, made.settings.default_language)
    drain(nudge.NORMAL)
