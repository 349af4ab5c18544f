"""Staff answer a note or end it; the answer leaves by the channel on which the customer wrote last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from core import outbox
from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.inbox import ANSWERERS
from core.inbox.writing import add_line
from core.people import StaffMember
from core.text import Name, say

ANOTHERS = timedelta(minutes=30)
"""So long after somebody's answer nobody else answers by mistake what needs none any more."""

_LOCK = text("""
    SELECT note.*, answerer.name, answerer.name_local FROM note
    LEFT JOIN staff AS answerer ON answerer.id = note.answered_by
    WHERE note.number = :number AND EXISTS (
        SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
        JOIN staff AS me ON me.id = :staff AND me.active
        WHERE staff_plant.plant_id = note.plant_id AND staff.active AND staff.role = ANY(:roles)
        AND (staff.id = me.id OR EXISTS (
            SELECT FROM away_on(CAST(:day AS date)) AS away
            WHERE away.staff_id = staff.id AND away.stand_in_id = me.id)))
    FOR NO KEY UPDATE OF note
""")
_ANSWERED = text("""
    UPDATE note SET answered_by = :staff, last_at = :at, waits_since = NULL, goes_up_at = NULL, level = 0
    WHERE id = :note
""")
_END = text("UPDATE note SET closed_at = :at, goes_up_at = NULL WHERE id = :note")


def answer(doing: Doing, number: str, words: str) -> None:
    """Answer a note of one's plants; the words go to the customer.

    Refusal when it is over, when somebody else has just answered it, or when the phone takes no message.
    """
    me, note = _locked(doing, number)
    fresh = note.waits_since is None and doing.at - note.last_at < ANOTHERS
    if note.answered_by not in (None, me.id) and fresh:
        raise Refusal(say("note.answered", note=number, name=Name(note.name, note.name_local)))
    sent = outbox.post(
        doing.session,
        source=f"answer:{doing.key}",
        recipient=note.phone,
        kind="note",
        text=say(
            "note.answer",
            note=number,
            name=Name(me.name, me.name_local),
            words=words,
            service=doing.settings.service_name,
        ),
        connection_id=note.connection_id,
        channel=note.channel,
        default_language=doing.settings.default_language,
    )
    if not sent:
        raise Refusal(say("note.unreachable", phone=note.phone))
    add_line(doing, note.id, words, me.id)
    doing.session.execute(_ANSWERED, {"staff": me.id, "at": doing.at, "note": note.id})
    doing.audit("note.answer", f"note:{number}")


def end(doing: Doing, number: str) -> None:
    """Close a note; what the customer writes after that opens a new one."""
    _, note = _locked(doing, number)
    doing.session.execute(_END, {"at": doing.at, "note": note.id})
    doing.audit("note.end", f"note:{number}")


def _locked(doing: Doing, number: str) -> tuple[StaffMember, Row[Any]]:
    me = doing.caller.staff
    bind = {
        "number": number,
        "staff": me.id if me else None,
        "roles": list(ANSWERERS),
        "day": local(doing.at).date(),
    }
    note = doing.session.execute(_LOCK, bind).one_or_none()
    if me is None or note is None:
        raise Refusal(say("note.unknown", note=number))
    if note.closed_at is not None:
        raise Refusal(say("note.over", note=number, phone=note.phone))
    return me, note
