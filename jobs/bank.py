"""The jobs for money on the bank: new lines are credited, what nobody can credit is guessed and told."""

from __future__ import annotations

from channels.nudge import nudge
from core import bank, unmatched
from core.clock import now
from jobs.context import services, stopping

BATCH = 500
"""Lines of one turn; the next begins seconds later."""


def take() -> None:
    """Credit what `bijli load` brought, each line in a transaction of its own; then guess at the rest."""
    made = services()
    taken = 0
    while taken < BATCH and not stopping.is_set():
        with made.database.begin() as session:
            if not bank.take_next(session, made.settings, now()):
                break
        taken += 1
    with made.database.begin() as session:
        unmatched.guess(session, now())
    if taken:
        nudge(made.redis)


def tell() -> None:
    """Once a day: what waits to be matched, to those who can."""
    made = services()
    with made.database.begin() as session:
        told = unmatched.tell(session, now(), made.settings.default_language)
    if told:
        nudge(made.redis)
