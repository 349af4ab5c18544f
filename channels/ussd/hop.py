"""A USSD step: the gateway sends all inputs so far, we answer with one screen.

The same inputs again are the gateway's retry and get the same screen. A first screen is not stored:
it follows from the request. If Redis lost the place, the talk is rebuilt from the inputs.
"""

from __future__ import annotations

from channels.callers import caller_of
from channels.message import Reply
from channels.places import Loaded, Place, decode_caller
from channels.services import Services
from channels.turn import Turn, turn_key
from channels.ussd import screen
from conversations.replay import Memory
from core.people import Caller

TRIES = 4
LIFE = 600
"""Seconds a place is kept; networks hold a session for about three minutes."""

_DONE = "SELECT key, caller FROM handled WHERE talk = %(talk)s ORDER BY at, key"


class Busy(RuntimeError):
    """Other hops of the same caller kept getting in between."""


def step(services: Services, session: str, phone: str, text: str) -> Reply:
    """Answer one request; `text` is all inputs of the session so far, joined by `*`."""
    for _ in range(TRIES):
        loaded = services.places.load("ussd", phone)
        place = loaded.place
        if place is not None and place.talk == session:
            if place.text == text and not _is_start(text):
                return _reply(place)
            if text.startswith(_and_more(place.text)):
                _advance(services, place, text)
                if services.places.save("ussd", phone, loaded.raw, place, LIFE):
                    return _reply(place)
                continue
        place = _begin(services, loaded, session, phone, text)
        if _is_start(text) or services.places.save("ussd", phone, loaded.raw, place, LIFE):
            return _reply(place)
    raise Busy(session)


def _is_start(text: str) -> bool:
    return text == ""


def _and_more(text: str) -> str:
    return text + "*" if text else ""


def _advance(services: Services, place: Place, text: str) -> None:
    """One step forward: the new input is what follows the last text; it may hold `*` itself."""
    given = text[len(_and_more(place.text)) :]
    place.text = text
    Turn(services, "ussd", screen, place).take(given)


def _begin(services: Services, loaded: Loaded, session: str, phone: str, text: str) -> Place:
    """A new session, or one whose place is lost: its inputs are taken one after the other.

    Changes that its earlier steps made are not made again, and the caller is taken as he was when
    the session began. A yes is asked again unless its act is known to have happened.
    """
    inputs = text.split("*") if text else []
    caller, done = _who_and_what(services, loaded, session, phone, len(inputs))
    language = caller.language or services.settings.default_language
    place = Place(session, "menu", caller, Memory(), language)
    turn = Turn(services, "ussd", screen, place)
    turn.take(None)
    for count, given in enumerate(inputs, 1):
        happened = any(key.startswith(turn_key(session, count)) for key in done)
        turn.rebuilt = count == len(inputs) and not happened
        turn.take(given)
    place.text = text
    return place


def _who_and_what(
    services: Services, loaded: Loaded, session: str, phone: str, inputs: int
) -> tuple[Caller, list[str]]:
    """The caller at the session's beginning, and the keys of what the session has done so far.

    A caller still in Redis and a first input only mean that nothing was lost: the first screen is
    never stored.
    """
    if inputs > 1 or (inputs == 1 and loaded.caller is None):
        rows = services.database.reader.rows(_DONE, {"talk": session})
        if rows:
            return decode_caller(rows[0][1]), [row[0] for row in rows]
    return caller_of(services, loaded, phone), []


def _reply(place: Place) -> Reply:
    return Reply(place.pages[place.page], place.over and place.page == len(place.pages) - 1)
