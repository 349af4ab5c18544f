"""A USSD step: the gateway sends all inputs so far, we answer with one screen.

The same inputs again are the gateway's retry and get the same screen. A first screen is not stored:
it follows from the request. If Redis lost the place, the talk is rebuilt from the inputs.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256

from channels import carrying
from channels.callers import caller_of
from channels.message import Reply
from channels.once import ASKED, MOVED, OFFERED, turn_and_step
from channels.places import Loaded, Place, decode_caller
from channels.services import Services
from channels.turn import Turn
from channels.ussd import screen
from conversations.replay import Memory
from core.db import Row
from core.people import Caller
from core.text import say

TRIES = 4
FIRST_CHOICES = frozenset("12345678")
"""Keys that move nobody about: 0, 00, 9 and 98 do, where there is something to move to."""
LIFE = 600
"""Seconds a place is kept; networks hold a session for about three minutes."""

_DONE = "SELECT key, caller, result -> 'value' FROM handled WHERE talk = %(talk)s ORDER BY at, key"


class Busy(RuntimeError):
    """Other hops of the same caller kept getting in between."""


@dataclass
class Past:
    """What a session is known to have done: the words of acts, and the yes-or-no questions, by turn."""

    words: dict[int, list[str]] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    offered: bool = False
    moved: bool = False


def step(services: Services, session: str, phone: str, text: str) -> Reply:
    """Answer one request; `text` is all inputs of the session so far, joined by `*`."""
    for _ in range(TRIES):
        loaded = services.places.load("ussd", phone)
        place = loaded.place
        # A session that has given its talk away must not overwrite what became of it.
        late = place is not None and place.talk == session and place.door != session
        if place is not None and place.door != session and not late:
            carried = _carried(services, loaded, place, session, phone, text)
            if carried is not None:
                return carried
        if place is not None and place.door == session:
            known = _veiled(services, text, place.secrets)
            if place.text == known and not _is_start(text):
                return _reply(place)
            if known.startswith(_and_more(place.text)):
                _advance(services, place, text, known[len(_and_more(place.text)) :])
                if _kept(services, phone, loaded, place):
                    return _reply(place)
                continue
            late = place.text.startswith(_and_more(known))
        place = _begin(services, loaded, session, phone, text)
        # A repeat of a step that the session has left behind is answered and changes nothing.
        if late or _is_start(text) or _kept(services, phone, loaded, place):
            return _reply(place)
    raise Busy(session)


def _carried(
    services: Services, loaded: Loaded, place: Place, session: str, phone: str, text: str
) -> Reply | None:
    """A new session finds a talk that broke off: ask whether to go on, or take the answer to that.

    None when there is nothing to go on with, or another hop has changed it meanwhile.
    """
    what = carrying.broken_off(place)
    if what is None:
        return None
    if _is_start(text):
        carrying.offer(services, place, session)
        if not services.places.save("ussd", phone, loaded.raw, place, LIFE):
            return None
        pages = screen.pages_of_prompt(carrying.question(what), None, place.language, deep=False)
        return Reply(pages[0], ends=False)
    if place.offered != session:
        return None
    first, _, rest = text.partition("*")
    if not carrying.says_yes(first):
        return None
    carrying.hand_over(services, place, session)
    place.text, place.shift = first, 1 - place.turn
    if rest:
        _advance(services, place, text, rest)
    return _reply(place) if _kept(services, phone, loaded, place) else None


def _kept(services: Services, phone: str, loaded: Loaded, place: Place) -> bool:
    """Write the place; False when another hop moved the talk meanwhile and this one must start over.

    A talk that is over needs no such care: what it changed has its key, what it read has no effect.
    """
    if place.over:
        services.places.leave("ussd", phone, loaded.raw, place, LIFE)
        return True
    return services.places.save("ussd", phone, loaded.raw, place, LIFE)


def _is_start(text: str) -> bool:
    return text == ""


def _and_more(text: str) -> str:
    return text + "*" if text else ""


def _veiled(services: Services, text: str, secrets: list[int]) -> str:
    """The inputs so far without their secrets: a place in Redis must not hold a PIN in clear."""
    if not secrets:
        return text
    inputs = text.split("*")
    for at in secrets:
        if at < len(inputs):
            digest = hmac.new(services.settings.secret_key.encode(), inputs[at].encode(), sha256)
            inputs[at] = digest.hexdigest()[:12]
    return "*".join(inputs)


def _advance(services: Services, place: Place, text: str, given: str) -> None:
    """A step forward: what follows the last text.

    Free text is taken whole, as it may hold `*` itself; elsewhere each `*` parts two answers that were
    typed at once, and whoever does that has not seen a question to say yes to. Turns count every `*`
    either way, as they do in a talk that is rebuilt.
    """
    inputs = [given] if place.whole else given.split("*")
    place.turn += given.count("*") + 1 - len(inputs)
    turn = Turn(services, "ussd", screen, place)
    for each in inputs:
        turn.take(each)
        turn.rebuilt = True
    place.text = _veiled(services, text, place.secrets)


def _begin(services: Services, loaded: Loaded, session: str, phone: str, text: str) -> Place:
    """A new session, or one whose place is lost: its inputs are taken one after the other.

    Changes that its earlier steps made are not made again, and the caller is taken as he was when
    the session began. Where an act is known to have happened, the talk goes on from its words; a yes
    whose question is not known to have been this one is asked again.
    """
    inputs = text.split("*") if text else []
    caller, past = _who_and_what(services, loaded, session, phone, len(inputs))
    language = caller.language or services.settings.default_language
    place = Place(session, "menu", caller, Memory(), language)
    turn = Turn(services, "ussd", screen, place)
    if past.offered or (loaded.place is not None and loaded.place.offered == session):
        # The first input answered the offer to go on with another talk. After a yes that talk is lost.
        if inputs and carrying.says_yes(inputs[0]):
            turn.say(say("carry.lost"))
            return place
        inputs, place.shift = inputs[1:], 1
    last_act = max((count for count in past.words if count <= len(inputs)), default=0)
    if past.moved and last_act < len(inputs):
        turn.say(say("carry.moved"))
        return place
    if last_act:
        place.turn = last_act
        # They are not taken again, so that any of them may have been a secret.
        place.secrets = list(range(last_act + place.shift))
        turn.repeat(past.words[last_act])
    elif not _picks(inputs):
        turn.take(None)
    for count, given in enumerate(inputs[last_act:], last_act + 1):
        turn.rebuilt = past.asked.get(count - 1) != place.memory.shown
        turn.take(given)
    place.text = _veiled(services, text, place.secrets)
    if loaded.away and turn.confirming:
        turn.keep_question()
    return place


def _picks(inputs: list[str]) -> bool:
    """Whether the first input can only be a choice, so that the first screen need not be made for it."""
    return bool(inputs) and inputs[0] in FIRST_CHOICES


def _who_and_what(
    services: Services, loaded: Loaded, session: str, phone: str, inputs: int
) -> tuple[Caller, Past]:
    """The caller at the session's beginning, and what the session has done so far.

    A caller still in Redis, a first input and no place of this session only mean that nothing was
    lost: the first screen is never stored.
    """
    known = loaded.caller is not None and (loaded.place is None or loaded.place.talk != session)
    if inputs > 1 or (inputs == 1 and not known):
        rows = services.database.reader.rows(_DONE, {"talk": session})
        if rows:
            return decode_caller(rows[0][1]), _past(rows)
    return caller_of(services, loaded, phone), Past()


def _past(rows: list[Row]) -> Past:
    """Changes in mid-talk (their result is one word) need no entry here: their keys tell."""
    past = Past()
    for key, _, result in rows:
        turn, step = turn_and_step(key)
        if isinstance(result, list):
            past.words[turn] = result
        elif step == OFFERED:
            past.offered = True
        elif step == MOVED:
            past.moved = True
        elif step == ASKED:
            past.asked[turn] = result
    return past


def _reply(place: Place) -> Reply:
    return Reply(place.pages[place.page], place.over and place.page == len(place.pages) - 1)
