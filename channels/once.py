"""Exactly once: the keys under which a talk's changes are claimed, in the transaction that makes them.

A key follows from what was sent alone, so a gateway's repeat, a second hop at the same moment and a talk
rebuilt after Redis was lost all arrive at the same one. A session whose talk goes on elsewhere claims none.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.places import Place, encode_caller
from core.errors import Refusal
from core.text import say

ASKED = "asked"
"""In place of a step's number: which yes-or-no question stood at the end of the turn."""
OFFERED = "offered"
"""In place of a step's number: this session began with the offer to go on, which its first input answers."""
MOVED = "moved"
"""In place of a step's number: this session's talk goes on elsewhere."""

_CLAIM = text("""
    INSERT INTO handled (key, talk, caller, result)
    SELECT :key, :talk, CAST(:caller AS bytea), '{}' WHERE NOT EXISTS (SELECT FROM handled WHERE key = :moved)
    AND (CAST(:staff AS bigint) IS NULL
        OR EXISTS (SELECT FROM staff WHERE id = :staff AND active AND phone = :phone))
    ON CONFLICT (key) DO NOTHING RETURNING key
""")
_ACTIVE = text("SELECT id FROM staff WHERE id = :staff AND active AND phone = :phone")
_RESULT = text(
    "UPDATE handled SET result = jsonb_build_object('value', CAST(:value AS jsonb)) WHERE key = :key"
)
_BEFORE = text("SELECT result -> 'value' FROM handled WHERE key = :key")
_OTHER_ENDS = text("""
    SELECT key FROM handled
    WHERE talk = :talk AND key <> :key AND jsonb_typeof(result -> 'value') = 'array'
""")
_ASKED = text("""
    INSERT INTO handled (key, talk, caller, result)
    VALUES (:key, :talk, :caller, jsonb_build_object('value', CAST(:mark AS bigint)))
    ON CONFLICT (key) DO UPDATE SET result = excluded.result
""")
_NOTE = text("""
    INSERT INTO handled (key, talk, caller, result) VALUES (:key, :talk, :caller, '{}')
    ON CONFLICT (key) DO NOTHING
""")


def claim(session: Session, place: Place, key: str) -> bool:
    """Take a key; False when it is used. Refused when another road goes on with the talk, or has ended it.

    Refused, too, for staff whose phone was blocked since the talk began.
    """
    row = {"key": key, "talk": place.talk, "caller": encode_caller(place.caller)}
    moved = f"{turn_key(place.door, 0)}{MOVED}"
    staff = place.caller.staff
    who = {"staff": staff.id if staff else None, "phone": place.caller.phone}
    if session.execute(_CLAIM, row | {"moved": moved} | who).scalar_one_or_none() is None:
        if staff and session.execute(_ACTIVE, who).scalar_one_or_none() is None:
            raise Refusal(say("block.you"))
        return False
    if place.taken_at >= 0 and _ended_elsewhere(session, place, key):
        raise Refusal(say("carry.moved"))
    return True


def _ended_elsewhere(session: Session, place: Place, key: str) -> bool:
    """Whether the session that gave this talk away was just then ending it, after other inputs than here."""
    ends = session.execute(_OTHER_ENDS, {"talk": place.talk, "key": key}).scalars()
    return any(turn_and_step(end)[0] > place.taken_at for end in ends)


def result_of(session: Session, key: str) -> Any:
    """What the change gave that used this key; refused when there was none, as the talk has moved."""
    row = session.execute(_BEFORE, {"key": key}).one_or_none()
    if row is None:
        raise Refusal(say("carry.moved"))
    return row[0]


def keep_result(session: Session, key: str, result: Any) -> None:
    """Keep with a key what its change gave, for whoever repeats it."""
    session.execute(_RESULT, {"key": key, "value": msgspec.json.encode(result).decode()})


def keep_question(session: Session, place: Place) -> None:
    """Write down which yes or no is asked now."""
    key = f"{turn_key(place.talk, place.turn)}{ASKED}"
    row = {"key": key, "talk": place.talk, "caller": encode_caller(place.caller)}
    session.execute(_ASKED, row | {"mark": place.memory.shown})


def note(session: Session, place: Place, door: str, name: str) -> None:
    """Write down of a USSD session that it was `OFFERED` this talk, or that it `MOVED`."""
    key = f"{turn_key(door, 0)}{name}"
    session.execute(_NOTE, {"key": key, "talk": door, "caller": encode_caller(place.caller)})


def step_key(place: Place, step: int) -> str:
    """The name of one step of one talk: how many inputs came before it, and its place in the replay."""
    return f"{turn_key(place.talk, place.turn)}{step}"


def turn_key(talk: str, turn: int) -> str:
    """What the keys of all steps of one turn begin with."""
    return f"{talk}/{turn}."


def turn_and_step(key: str) -> tuple[int, str]:
    """The turn, and the step's number or name, in a step's key."""
    turn, _, step = key.rpartition("/")[2].partition(".")
    return int(turn), step
