"""One text to all homes of a plant: agreed to with count and cost, written in batches, stopped on a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import gsm
from core.alerts import tell_staff
from core.billing.telling import sensible
from core.clock import now
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.outbox import Message, post_many
from core.text import Name, Named, Text, render, say
from core.work.rules import CLUSTER, CSA, STATE
from core.work.telling import roles

SENDERS = frozenset({CSA, CLUSTER, STATE})
"""Who answers for what a whole plant reads."""
BATCH = 500
SHOWN = 5

# Homes that are no longer customers, and phones that said STOP or can't be reached, get nothing.
_REACHED = """
    FROM connection JOIN connection_phone AS link ON link.connection_id = connection.id
    JOIN phone ON phone.e164 = link.e164
    WHERE connection.status <> 'inactive' AND link.role IN ('holder', 'payer')
    AND phone.unreachable IS NULL AND phone.stopped IS NULL
"""
_PLANT = (
    """
WITH counted AS (
    SELECT connection.plant_id, coalesce(phone.language, '') AS language,
        count(DISTINCT link.e164) AS phones
    """
    + _REACHED
    + """ GROUP BY 1, 2
)
SELECT plant.id, plant.code, plant.name, plant.name_local,
    coalesce(jsonb_object_agg(counted.language, counted.phones) FILTER (WHERE counted.phones > 0), '{}')
FROM plant
JOIN staff_plant ON staff_plant.plant_id = plant.id AND staff_plant.staff_id = %(staff)s
LEFT JOIN counted ON counted.plant_id = plant.id
WHERE upper(plant.code) = upper(%(term)s) GROUP BY plant.id
"""
)
_MAY = text("""
    SELECT plant.code FROM plant JOIN staff_plant ON staff_plant.plant_id = plant.id
    JOIN staff ON staff.id = staff_plant.staff_id
    WHERE plant.id = :plant AND staff.id = :staff AND staff.active AND staff.role = ANY(:roles)
""")
_BEGIN = text("""
    INSERT INTO broadcast (source, plant_id, staff_id, words, asked_at, phones)
    VALUES (:source, :plant, :staff, :words, :at, :phones) ON CONFLICT (source) DO NOTHING
""")
_NEXT = text("""
    SELECT broadcast.id, broadcast.plant_id, broadcast.words, broadcast.reached, broadcast.written,
        plant.code, plant.name, plant.name_local, staff.phone
    FROM broadcast JOIN plant ON plant.id = broadcast.plant_id JOIN staff ON staff.id = broadcast.staff_id
    WHERE broadcast.state = 'sending' ORDER BY broadcast.id LIMIT 1
    FOR NO KEY UPDATE OF broadcast SKIP LOCKED
""")
_PHONES = text(
    "SELECT DISTINCT link.e164, coalesce(phone.language, :language) AS language"
    + _REACHED
    + "AND connection.plant_id = :plant AND link.e164 > :reached ORDER BY link.e164 LIMIT :batch"
)
_WRITTEN = text("""
    UPDATE broadcast SET reached = :reached, written = written + :new,
        state = CASE WHEN :last THEN 'sent' ELSE state END,
        finished_at = CASE WHEN :last THEN CAST(:at AS timestamptz) END
    WHERE id = :id
""")
_STOP = text("""
    WITH mine AS (
        SELECT broadcast.id FROM broadcast
        JOIN staff_plant ON staff_plant.plant_id = broadcast.plant_id AND staff_plant.staff_id = :staff
        JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.role = ANY(:roles)
        WHERE broadcast.state = 'sending'
            OR broadcast.state = 'sent'
            AND broadcast.finished_at > CAST(:at AS timestamptz) - interval '1 day'
        ORDER BY broadcast.asked_at DESC, broadcast.id DESC LIMIT 1 FOR NO KEY UPDATE OF broadcast
    )
    UPDATE broadcast SET state = 'stopped', stopped_by = :staff,
        finished_at = coalesce(finished_at, CAST(:at AS timestamptz))
    FROM mine, plant WHERE broadcast.id = mine.id AND plant.id = broadcast.plant_id
    RETURNING broadcast.id, broadcast.plant_id, broadcast.reached, plant.code
""")
# A message that waits is out of date from now on; what is on its way can't be called back.
_UNSEND = text("""
    UPDATE outbox SET state = 'expired', finished_at = CAST(:at AS timestamptz)
    FROM connection JOIN connection_phone AS link ON link.connection_id = connection.id
    WHERE connection.plant_id = :plant AND outbox.source = :prefix || link.e164 AND outbox.state = 'queued'
    RETURNING outbox.id
""")
_LATEST = """
SELECT broadcast.asked_at, plant.code, broadcast.state, broadcast.phones, broadcast.words,
    count(outbox.id) FILTER (WHERE outbox.state IN ('sent', 'delivered')),
    count(outbox.id) FILTER (WHERE outbox.state = 'delivered'),
    count(outbox.id) FILTER (WHERE outbox.state IN ('failed', 'expired'))
FROM (
    SELECT broadcast.* FROM broadcast
    JOIN staff_plant ON staff_plant.plant_id = broadcast.plant_id AND staff_plant.staff_id = %(staff)s
    ORDER BY broadcast.asked_at DESC LIMIT %(limit)s
) AS broadcast
JOIN plant ON plant.id = broadcast.plant_id
LEFT JOIN LATERAL (
    SELECT DISTINCT link.e164 FROM connection
    JOIN connection_phone AS link ON link.connection_id = connection.id
    WHERE connection.plant_id = broadcast.plant_id
) AS home ON true
LEFT JOIN outbox ON outbox.source = 'broadcast:' || broadcast.id || ':' || home.e164
GROUP BY broadcast.id, broadcast.asked_at, plant.code, broadcast.state, broadcast.phones, broadcast.words
ORDER BY broadcast.asked_at DESC
"""


class Reach(Named, msgspec.Struct, frozen=True, array_like=True):
    """A plant, and how many of its phones read which language."""

    plant_id: int
    code: str
    name: str
    name_local: str | None
    phones: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.phones.values())

    def sms(self, words: str, service: str, otherwise: str) -> int:
        """Parts that all of it takes by SMS; `otherwise` is the language of phones that chose none."""
        body = _words(self.label, words, service)
        return sum(gsm.parts(render(body, lang or otherwise)) * many for lang, many in self.phones.items())


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """How far a broadcast has come; `went` counts those that arrived as well."""

    at: datetime
    code: str
    state: str
    phones: int
    words: str
    went: int
    arrived: int
    failed: int


def reach(reader: Reader, staff_id: int, term: str) -> Reach | None:
    """A plant of one's own and whom a broadcast there reaches; None: no such plant."""
    rows = reader.rows(_PLANT, {"staff": staff_id, "term": term})
    return Reach(*rows[0]) if rows else None


def latest(reader: Reader, staff_id: int) -> list[Sent]:
    """The newest broadcasts in one's plants and how far they have come."""
    return [Sent(*row) for row in reader.rows(_LATEST, {"staff": staff_id, "limit": SHOWN})]


def begin(doing: Doing, plant_id: int, words: str, phones: int) -> str:
    """Let the text go out; gives the plant's code. Refusal for who may not write to it."""
    code = doing.session.execute(_MAY, _who(doing, plant_id)).scalar_one_or_none()
    if code is None:
        raise Refusal(say("work.not_you", who=roles(SENDERS)))
    row = {"source": doing.key, "words": words, "at": doing.at, "phones": phones}
    doing.session.execute(_BEGIN, {**row, **_who(doing, plant_id)})
    doing.audit("broadcast", f"plant:{plant_id}", phones=phones, words=words)
    return str(code)


def stop(doing: Doing) -> Text:
    """Stop the newest broadcast of one's plants; what has not left yet is not sent."""
    row = doing.session.execute(_STOP, {**_who(doing, 0), "at": doing.at}).one_or_none()
    if row is None:
        raise Refusal(say("broadcast.none_runs"))
    prefix = f"broadcast:{row.id}:"
    bind = {"plant": row.plant_id, "prefix": prefix, "at": doing.at}
    held = len(doing.session.execute(_UNSEND, bind).all())
    doing.audit("broadcast.stop", f"broadcast:{row.id}", held=held)
    return say("broadcast.stopped", what=row.code, held=held)


def write_some(database: Database, default_language: str, service: str, at: datetime | None = None) -> bool:
    """Write one batch of the oldest unfinished broadcast; False when none waits.

    Place and messages are one transaction, so that a killed batch is written again as a whole.
    """
    moment = at or now()
    with database.begin() as session:
        row = session.execute(_NEXT).one_or_none()
        if row is None:
            return False
        bind = {"plant": row.plant_id, "reached": row.reached, "batch": BATCH, "language": default_language}
        phones = session.execute(_PHONES, bind).all()
        new = post_many(session, _messages(row, phones, service, moment), default_language=default_language)
        last = len(phones) < BATCH
        reached = phones[-1].e164 if phones else row.reached
        session.execute(_WRITTEN, {"id": row.id, "reached": reached, "new": new, "last": last, "at": moment})
        if last:
            over = say("broadcast.over", what=row.code, phones=row.written + new)
            tell_staff(session, [row.phone], f"broadcast:{row.id}:over", over, default_language)
    return True


def _messages(row: Row[Any], phones: Sequence[Row[Any]], service: str, at: datetime) -> list[Message]:
    """The same words for each phone, in the frame of its language, at an hour at which people are awake."""
    words = _words(Name(row.name, row.name_local), row.words, service)
    return [
        Message(f"broadcast:{row.id}:{one.e164}", one.e164, "broadcast", words, language=one.language,
                at=sensible(at))
        for one in phones
    ]  # fmt: skip


def _words(plant: Name, words: str, service: str) -> Text:
    return say("broadcast.told", what=plant, words=words, service=service)


def _who(doing: Doing, plant_id: int) -> dict[str, object]:
    staff = doing.caller.staff
    return {"staff": staff.id if staff else 0, "plant": plant_id, "roles": list(SENDERS)}
