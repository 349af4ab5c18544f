"""The job that looks for what is stuck: tells those in charge, then mends what it can."""

from __future__ import annotations

import structlog

from channels.nudge import nudge
from channels.payments.routes import take
from channels.services import Services
from core import outbox_sweep, stuck
from core.clock import now
from jobs.context import services

log = structlog.get_logger()


def sweep() -> None:
    """Look, tell and mend, with this process's services."""
    mend(services())


def mend(made: Services) -> None:
    """Tell first, so that what is mended at once is known as well."""
    settings = made.settings
    with made.database.begin() as session:
        stuck.tell_in_charges(session, now(), default_language=settings.default_language)
        written = stuck.write_receipts(session, settings)
        queued = outbox_sweep.requeue_abandoned(session) + outbox_sweep.settle_unsure(session)
        events = stuck.events(session) if settings.razorpay else []
    for event in events:
        try:
            take(made, event.id, event.body.encode())
        except Exception as error:  # one webhook that can not be worked off must not hold up the others
            log.error("payment webhook broke", event_id=event.id, exc_info=error)
    if written or queued or events:
        log.warning("stuck", receipts_written=written, messages_queued=queued, webhooks=len(events))
    nudge(made.redis)
