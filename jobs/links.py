"""The job that makes payment links at the provider."""

from __future__ import annotations

import structlog

from channels.nudge import nudge
from channels.payments.razorpay import Away, Refused, make_link
from core import links
from core.clock import now
from jobs.context import services, stopping

log = structlog.get_logger()

BATCH = 20


def make() -> None:
    """Make what is asked for and text it; what can't be made in an hour is given up, and said so."""
    made = services()
    settings = made.settings
    if settings.razorpay is None:
        return
    with made.database.begin() as session:
        asked = links.asked(session, BATCH)
    for link in asked:
        if stopping.is_set():
            return
        try:
            found = make_link(
                settings.razorpay,
                reference=link.reference,
                paise=link.amount_paise,
                number=link.number,
                expires_at=link.expires_at,
                callback=f"{settings.public_url}/payments/thanks",
            )
        except (Away, Refused) as error:
            log.warning("no payment link", link=link.id, why=str(error))
            if isinstance(error, Away) and now() - link.asked_at < links.GIVE_UP:
                return
            with made.database.begin() as session:
                links.refused(session, settings, link)
            continue
        with made.database.begin() as session:
            links.made(session, settings, link, found)
    if asked:
        nudge(made.redis)
