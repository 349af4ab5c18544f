"""A customer writes: a new note, or the open one goes on; the plant's people are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from core.billing.telling import sensible
from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.ids import with_check_digit
from core.inbox import ANSWERERS, MOST_AN_HOUR, SHOWN, WAITS
from core.outbox import Message, post_many
from core.text import Name, say

# One text of a phone after the other: two at once would open two notes.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('note'), hashtext(:phone))")
_OPEN = text("""
    SELECT note.id, note.number, note.plant_id, note.answered_by,
        coalesce(connection.number, '-') AS connection,
        customer.name, customer.name_local,
        EXISTS (SELECT FROM note_line WHERE note_id = note.id AND staff_id IS NULL
            AND lower(body) = lower(:words) AND at > CAST(:at AS timestamptz) - interval '1 day') AS known
    FROM note LEFT JOIN connection ON connection.id = note.connection_id
    LEFT JOIN customer ON customer.id = connection.customer_id
    WHERE note.phone = :phone AND note.closed_at IS NULL FOR NO KEY UPDATE OF note
""")
# Where somebody belongs: their first connection, or the plant of their wish for one.
_HOME = text("""
    (SELECT connection.plant_id, connection.id AS connection_id, connection.number AS connection,
        customer.name, customer.name_local
     FROM connection_phone AS link JOIN connection ON connection.id = link.connection_id
     JOIN customer ON customer.id = connection.customer_id
     WHERE link.e164 = :phone ORDER BY link.position, connection.number LIMIT 1)
    UNION ALL
    (SELECT plant_id, NULL, '-', details ->> 'name', NULL FROM request
     WHERE phone = :phone AND kind = 'new_connection' AND plant_id IS NOT NULL AND closed_at IS NULL
     ORDER BY id DESC LIMIT 1)
    LIMIT 1
""")
_HEARERS = text("""
    WITH answerer AS (
        SELECT staff.id, coalesce(away.stand_in_id, staff.id) AS hears,
            array_position(CAST(:roles AS text[]), staff.role) AS rank
        FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
        LEFT JOIN LATERAL (
            SELECT stand_in_id FROM away_on(CAST(:day AS date)) AS on_leave
            WHERE on_leave.staff_id = staff.id ORDER BY leave_id DESC LIMIT 1) AS away ON true
        WHERE staff_plant.plant_id = :plant AND staff.active AND staff.role = ANY(:roles)
    ), reached AS (
        SELECT answerer.id, answerer.rank, staff.phone FROM answerer
        JOIN staff ON staff.id = answerer.hears AND staff.active AND staff.phone IS NOT NULL
    )
    SELECT DISTINCT phone FROM reached
    WHERE CASE WHEN EXISTS (SELECT FROM reached WHERE id = CAST(:answerer AS bigint))
        THEN id = CAST(:answerer AS bigint) ELSE rank = (SELECT min(rank) FROM reached) END
""")
_PASSED = text("""
    SELECT count(*) FROM note_line JOIN note ON note.id = note_line.note_id
    WHERE note.phone = :phone AND note_line.staff_id IS NULL
    AND note_line.at > CAST(:at AS timestamptz) - interval '1 hour'
""")
_NEXT = text("SELECT nextval('note_number_seq')")
_NEW = text("""
    INSERT INTO note (number, phone, plant_id, connection_id, channel, opened_at, last_at, waits_since,
        goes_up_at)
    VALUES (:number, :phone, :plant, :connection, :channel, :at, :at, :at, :goes_up_at) RETURNING id
""")
_GO_ON = text("""
    UPDATE note SET last_at = :at, channel = :channel, waits_since = coalesce(waits_since, :at),
        goes_up_at = coalesce(goes_up_at, :goes_up_at) WHERE id = :note
""")
_LINE = text("""
    INSERT INTO note_line (note_id, source, at, staff_id, body)
    VALUES (:note, :source, :at, :staff, :words)
""")
_THANK = text("""
    UPDATE note SET closed_at = :at
    WHERE phone = :phone AND closed_at IS NULL AND waits_since IS NULL RETURNING number
""")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a text: the note's number, and whether it is new there or was `known`."""

    number: str
    new: bool
    known: bool = False


def write(doing: Doing, words: str) -> Written:
    """Pass a text to the plant's people; the same words again are not passed on a second time.

    Refusal where nobody could read it, or when so many came within an hour.
    """
    bind = {"phone": doing.caller.phone, "at": doing.at, "words": words}
    doing.session.execute(_TURN, bind)
    note = doing.session.execute(_OPEN, bind).one_or_none()
    if note is not None and note.known:
        return Written(note.number, False, known=True)
    if doing.session.execute(_PASSED, bind).scalar_one() >= MOST_AN_HOUR:
        raise Refusal(say("note.enough", helpline=say("brand.helpline")))
    home = note or doing.session.execute(_HOME, bind).one_or_none()
    phones = _hearers(doing, home.plant_id, note.answered_by if note else None) if home else []
    if home is None or not phones:
        raise Refusal(say("note.nobody", helpline=say("brand.helpline")))
    id_, number = (note.id, note.number) if note else _open(doing, home)
    if note is not None:
        doing.session.execute(_GO_ON, {**bind, **_channel(doing), "note": id_, "goes_up_at": _up(doing)})
    add_line(doing, id_, words, None)
    _tell(doing, number, home, words, phones)
    return Written(number, note is None)


def add_line(doing: Doing, note_id: int, words: str, staff_id: int | None) -> None:
    """Keep what was written."""
    source = f"note:{doing.key}"
    doing.session.execute(
        _LINE, {"note": note_id, "source": source, "at": doing.at, "staff": staff_id, "words": words}
    )


def thank(doing: Doing) -> str | None:
    """The customer is content: an answered note is closed; gives its number."""
    bind = {"phone": doing.caller.phone, "at": doing.at}
    number = doing.session.execute(_THANK, bind).scalar_one_or_none()
    return str(number) if number else None


def shown(words: str) -> str:
    """As much of a text as its message holds."""
    return words if len(words) <= SHOWN else words[: SHOWN - 3].rstrip() + "..."


def _open(doing: Doing, home: Row[Any]) -> tuple[int, str]:
    number = with_check_digit(int(doing.session.execute(_NEXT).scalar_one()))
    bind = {
        "number": number,
        "phone": doing.caller.phone,
        "plant": home.plant_id,
        "connection": home.connection_id,
        **_channel(doing),
        "at": doing.at,
        "goes_up_at": _up(doing),
    }
    id_ = int(doing.session.execute(_NEW, bind).scalar_one())
    doing.audit("note.open", f"note:{number}")
    return id_, number


def _channel(doing: Doing) -> dict[str, str]:
    """Who wrote from a USSD menu is answered by SMS."""
    return {"channel": "whatsapp" if doing.channel == "whatsapp" else "sms"}


def _up(doing: Doing) -> datetime:
    return sensible(doing.at + WAITS)


def _hearers(doing: Doing, plant_id: int, answerer: int | None) -> list[str]:
    """Whoever has answered before, else the first role that the plant has; stand-ins for who is away."""
    bind = {
        "plant": plant_id,
        "roles": list(ANSWERERS),
        "answerer": answerer,
        "day": local(doing.at).date(),
    }
    return list(doing.session.scalars(_HEARERS, bind).all())


def _tell(doing: Doing, number: str, home: Row[Any], words: str, phones: list[str]) -> None:
    told = say(
        "note.came",
        note=number,
        name=Name(home.name or "-", home.name_local),
        number=home.connection,
        words=shown(words),
    )
    messages = [Message(f"note:{doing.key}:{phone}", phone, "note", told) for phone in phones]
    post_many(doing.session, messages, default_language=doing.settings.default_language)
