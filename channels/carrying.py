"""A talk whose USSD session broke off goes on: by dialling again, by SMS or on WhatsApp, at the same step.

Its place still stands in Redis. Whoever goes on takes that place with its name, so that the act at its end
has one key wherever it happens and happens once (docs/decisions/0018-carrying-on.md). A talk with a PIN in it
is never carried.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from channels.nudge import nudge
from channels.once import MOVED, OFFERED, note
from channels.places import Loaded, Place
from channels.services import Services
from conversations.catalogue import BY_NAME
from conversations.labels import option_named
from conversations.prompts import YES, Confirm
from core.clock import now
from core.outbox import post
from core.phones import masked
from core.text import Text, say

log = structlog.get_logger(__name__)

REST = timedelta(minutes=30)
"""A phone is offered to go on by SMS once in this time: where signals drop, they drop often."""

_ANY = Confirm(say("carry.lost"))
"""Yes and no are the same words whatever is asked."""

_LATELY = text("""
    SELECT EXISTS (SELECT FROM outbox
                   WHERE recipient = :phone AND kind = 'carry' AND created_at > :since)
""")


def broken_off(place: Place | None) -> Text | None:
    """What a talk was about that stands at a question nobody will answer any more; None: not worth it."""
    if place is None or place.over or place.secret or place.secrets:
        return None
    for answer in place.memory.answers:
        command = BY_NAME.get(answer.value) if answer.mark >= 0 else None
        if command is not None and command.menu is not None:
            return command.label
    return None


def question(what: Text) -> Confirm:
    """Whether to go on."""
    return Confirm(say("carry.ask", what=what))


def says_yes(given: str) -> bool:
    """Whether an input, in any of the languages, means to go on."""
    return given.strip() == "1" or option_named(_ANY, given) == YES.value


def offer(services: Services, place: Place, session: str) -> None:
    """A new session is asked whether it goes on: should Redis be lost, its inputs are read rightly."""
    place.offered = session
    with services.database.begin() as database:
        note(database, place, session, OFFERED)


def hand_over(services: Services, place: Place, heir: str) -> None:
    """From now on only `heir`, a session or a text, does what this talk leads to; its name stays.

    So the act at its end has one key on both roads while they took as many inputs, and where they did
    not, the road that gave it away is refused.
    """
    former, place.session, place.offered, place.taken_at = place.door, heir, "", place.turn
    with services.database.begin() as database:
        note(database, place, former, MOVED)


def dropped(services: Services, session: str, phone: str, at: datetime | None = None) -> None:
    """The network says that a session broke off: offer by SMS to go on, unless a question is open there."""
    place = services.places.load("ussd", phone).place
    what = broken_off(place)
    written = services.places.load("sms", phone).place
    if what is None or place is None or place.door != session or (written and not written.over):
        return
    moment = at or now()
    settings = services.settings
    with services.database.begin() as database:
        if database.execute(_LATELY, {"phone": phone, "since": moment - REST}).scalar_one():
            return
        post(
            database,
            source=f"carry:{session}",
            recipient=phone,
            kind="carry",
            text=say("carry.offer", what=what, service=settings.service_name),
            language=place.language,
            default_language=settings.default_language,
        )
    nudge(services.redis)
    log.info("carry offered", caller=masked(phone))


def is_meant(loaded: Loaded, given: str) -> bool:
    """Whether a text means to go on with a talk that broke off."""
    return broken_off(loaded.dropped) is not None and says_yes(given)


def take_over(services: Services, phone: str, loaded: Loaded, heir: str) -> Place | None:
    """The broken-off talk, which from now on belongs to a text (`heir`); None when another took it."""
    place = loaded.dropped
    if place is None or not services.places.forget("ussd", phone, loaded.dropped_raw):
        return None
    hand_over(services, place, heir)
    return place
