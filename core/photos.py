"""Photos that people send: the fact is stored with its message, fetched later, and joined to what it shows.

A photo goes with the newest open fault of its sender, with the meter reading that they have just sent,
or with the work that a technician has in hand. Without any of these it waits an hour for one to be opened;
so does one that comes while a fault or a reading is being told.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import outbox
from core.clock import now
from core.db import Reader
from core.doing import Doing
from core.settings import Settings
from core.text import Text, say

MOST = 10
"""Photos of one message; Twilio brings no more."""
LEASE = timedelta(minutes=2)
"""Longer than a batch can take to be fetched."""
PATIENCE = timedelta(hours=1)
"""How long fetching is tried; Twilio's own addresses work for four."""
SHOWN = 4
"""The newest of a request are shown, as one picture."""
QUIET_SECONDS = 600
"""Several photos in a row are answered once."""

Reason = Literal["too_big", "no_picture", "wrong_place", "away"]
Subject = Literal["request", "meter"]


class Kept(NamedTuple):
    """A photo in the store: its name there, and how large it is."""

    key: str
    bytes: int


_CLAIM = text("""
    WITH due AS (
        SELECT id FROM photo WHERE state = 'waiting' AND next_at <= now()
        ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE photo SET attempts = attempts + 1, next_at = now() + make_interval(secs => :lease)
    FROM due WHERE photo.id = due.id
    RETURNING photo.id, photo.phone, photo.url, photo.caption, photo.received_at, photo.attempts
""")
# The newest of what its sender has open: a wish of theirs, a fault at their home, work in hand.
_SUBJECT = text("""
    WITH home AS (
        SELECT connection_id FROM connection_phone WHERE e164 = :phone AND role IN ('holder', 'payer'))
    SELECT 'request' AS what, id, number, created_at AS at FROM request
    WHERE closed_at IS NULL AND (phone = :phone
        OR (kind = 'fault' AND connection_id IN (SELECT connection_id FROM home))
        OR (state = 'in_process' AND assignee_id IN (SELECT id FROM staff WHERE phone = :phone AND active)))
    UNION ALL
    SELECT 'meter', own.id, connection.number, own.noted_at FROM self_reading AS own
    JOIN connection ON connection.id = own.connection_id
    WHERE own.state = 'waiting' AND own.connection_id IN (SELECT connection_id FROM home)
    ORDER BY at DESC LIMIT 1
""")
# Locked, so that what is opened meanwhile (`adopt`) comes before or after, and the photo is never left out.
_OPEN = text("""
    SELECT request_id, self_reading_id, EXISTS (
        SELECT FROM inbound JOIN outbox ON outbox.source = 'reply:' || inbound.id
        WHERE inbound.channel = 'whatsapp' AND inbound.sender = photo.phone
            AND inbound.provider_id = photo.provider_id) AS thanked
    FROM photo WHERE id = :id AND state = 'waiting' FOR UPDATE
""")
_KEEP = text("""
    UPDATE photo SET state = 'kept', key = :key, bytes = :bytes,
        request_id = :request, self_reading_id = :reading
    WHERE id = :id
""")
_REFUSE = text("""
    UPDATE photo SET state = 'refused', reason = :reason WHERE id = :id AND state = 'waiting' RETURNING 1
""")
_LATER = text("""
    UPDATE photo SET next_at = now() + make_interval(secs => :wait) WHERE id = :id AND state = 'waiting'
""")
_NOTE = text("""
    INSERT INTO request_event (request_id, at, state, step, staff_id, note)
    SELECT request.id, :at, request.state, 'photo', staff.id, NULLIF(:note, '')
    FROM request LEFT JOIN staff ON staff.phone = :phone AND staff.active WHERE request.id = :request
""")
_ADOPT = text("""
    UPDATE photo SET request_id = :request, self_reading_id = :reading
    WHERE phone = :phone AND request_id IS NULL AND self_reading_id IS NULL AND state IN ('waiting', 'kept')
      AND received_at > :since RETURNING caption, state
""")
_REQUEST = text("SELECT id FROM request WHERE number = :number")
_KEYS = """
SELECT key FROM photo WHERE key IS NOT NULL AND {of} ORDER BY received_at DESC, id DESC LIMIT %(most)s
"""
_OF_REQUEST = _KEYS.format(of="request_id = (SELECT id FROM request WHERE number = %(id)s::text)")
_OF_METER = _KEYS.format(of="self_reading_id = %(id)s")
_OLD = text("""
    SELECT id, key FROM photo WHERE received_at < :before ORDER BY received_at LIMIT :limit
""")
_FORGET = text("DELETE FROM photo WHERE id = ANY(CAST(:ids AS bigint[]))")


def claim(session: Session, limit: int) -> list[Row[Any]]:
    """Photos that are to be fetched now, for `LEASE`; others skip them."""
    return list(session.execute(_CLAIM, {"limit": limit, "lease": LEASE.total_seconds()}).all())


def new_key() -> str:
    """A name in the store that tells nothing and can't be guessed."""
    return f"{now():%Y/%m}/{secrets.token_hex(16)}.jpg"


def keep(session: Session, settings: Settings, photo: Row[Any], kept: Kept, *, told: bool) -> bool:
    """It is in the store: join it to what it shows, and say that it has arrived; False if it was settled.

    `told`: a fault or a reading is being told right now; it is joined when that is noted (`adopt`), and
    who has been thanked for it already hears nothing more.
    """
    found = session.execute(_OPEN, {"id": photo.id}).one_or_none()
    if found is None:
        return False
    joined = _Joined(found.request_id, found.self_reading_id)
    if told or any(joined):
        words, what = None if found.thanked else say("photo.coming"), "told"
    else:
        joined, words, what = _newest(session, photo.phone)
    session.execute(_KEEP, {"id": photo.id} | joined._asdict() | kept._asdict())
    if joined.request is not None:
        _note(session, joined.request, photo.phone, photo.caption)
    if words is not None:
        _tell(session, settings, photo, what, words)
    return True


class _Joined(NamedTuple):
    """What a photo belongs to, by row; nothing yet where both are None."""

    request: int | None = None
    reading: int | None = None


def _newest(session: Session, phone: str) -> tuple[_Joined, Text, str]:
    """The newest thing that a photo may show, the words that say so, and what they are about."""
    subject = session.execute(_SUBJECT, {"phone": phone}).one_or_none()
    if subject is None:
        return _Joined(), say("photo.loose"), "None:"
    what = f"{subject.what}:{subject.id}"
    if subject.what == "request":
        return _Joined(request=subject.id), say("photo.with_request", request=subject.number), what
    return _Joined(reading=subject.id), say("photo.with_meter", number=subject.number), what


def refuse(session: Session, settings: Settings, photo: Row[Any], reason: Reason, most_bytes: int) -> None:
    """It will not be kept: say kindly why."""
    if session.execute(_REFUSE, {"id": photo.id, "reason": reason}).one_or_none() is None:
        return
    words = say(f"photo.{reason}", most=most_bytes // (1024 * 1024))
    _tell(session, settings, photo, reason, words)


def later(session: Session, photo: Row[Any]) -> None:
    """Try again: after about 5, 20, 80 … seconds, up to ten minutes."""
    wait = min(600.0, 5.0 * 4.0 ** min(photo.attempts - 1, 6))
    session.execute(_LATER, {"id": photo.id, "wait": wait})


def adopt(doing: Doing, *, request: str | None = None, self_reading_id: int | None = None) -> None:
    """Join the photos of the last hour that belong to nothing yet: they came before what they show."""
    bind = {
        "phone": doing.caller.phone,
        "since": doing.at - PATIENCE,
        "reading": self_reading_id,
        "request": None,
    }
    if request is not None:
        bind["request"] = doing.session.execute(_REQUEST, {"number": request}).scalar_one()
    for caption, state in doing.session.execute(_ADOPT, bind).all():
        if request is not None and state == "kept":  # else it is noted when it has come
            _note(doing.session, bind["request"], doing.caller.phone, caption)


def keys(reader: Reader, subject: Subject, id_: int) -> list[str]:
    """The newest photos of a request (by its number) or a self reading, as they are named in the store."""
    rows = reader.rows(_OF_REQUEST if subject == "request" else _OF_METER, {"id": id_, "most": SHOWN})
    return [key for (key,) in rows]


def old(session: Session, days: int, limit: int) -> list[Row[Any]]:
    """Photos whose time is over: id, and name in the store where there is one."""
    return list(session.execute(_OLD, {"before": now() - timedelta(days=days), "limit": limit}).all())


def forget(session: Session, ids: Sequence[int]) -> None:
    """They are no longer in the store: forget that they were."""
    session.execute(_FORGET, {"ids": list(ids)})


def _note(session: Session, request_id: object, phone: str, caption: str) -> None:
    session.execute(_NOTE, {"request": request_id, "at": now(), "phone": phone, "note": caption})


def _tell(session: Session, settings: Settings, photo: Row[Any], what: str, words: Text) -> None:
    """Answer where it came from, once for several in a row."""
    quiet = int(photo.received_at.timestamp()) // QUIET_SECONDS
    outbox.post(
        session,
        source=f"photo:{photo.phone}:{what}:{quiet}",
        recipient=photo.phone,
        kind="reply",
        text=words,
        channel="whatsapp",
        default_language=settings.default_language,
    )
