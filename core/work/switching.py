"""Supply off for a while (3.5.8), of one connection or of a whole plant, and the way back.

It is a request that stays open until supply is back, so that it can't be forgotten; the connection's status,
and with it its bills, stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.alerts import tell_staff
from core.clock import INDIA, local, now
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.meters import switch_many
from core.outbox import Message, post_many
from core.text import Name, Named, Text, say
from core.work.raising import is_on, raise_request
from core.work.rules import CLUSTER, RAISERS, Kind
from core.work.telling import roles

LONGEST = 72
"""Hours that may be planned."""
REMIND = (time(9), time(17))
"""When it is recalled each day, besides the planned end: three times a day at most."""
BATCH = 500

COVERED = (
    "request.kind = 'supply_off' AND request.closed_at IS NULL AND request.plant_id = connection.plant_id "
    "AND coalesce(request.connection_id, connection.id) = connection.id"
)
# A plant by its code, or a connection by its number, with what is off there already.
_TARGET = """
WITH meant AS (
    SELECT plant.id AS plant_id, NULL::bigint AS connection_id, plant.code AS term, plant.name,
        plant.name_local
    FROM plant WHERE upper(plant.code) = upper(%(term)s)
    UNION ALL
    SELECT connection.plant_id, connection.id, connection.number, customer.name, customer.name_local
    FROM connection JOIN customer ON customer.id = connection.customer_id
    WHERE connection.number = %(term)s
)
SELECT meant.plant_id, meant.connection_id, meant.term, meant.name, meant.name_local,
    count(connection.id), count(connection.id) FILTER (WHERE connection.meter_driver IS NULL),
    (SELECT number FROM request WHERE kind = 'supply_off' AND closed_at IS NULL
     AND request.plant_id = meant.plant_id AND request.connection_id IS NOT DISTINCT FROM meant.connection_id)
FROM meant
JOIN staff_plant ON staff_plant.plant_id = meant.plant_id AND staff_plant.staff_id = %(staff)s
LEFT JOIN connection ON connection.plant_id = meant.plant_id AND connection.status = 'active'
    AND connection.id = coalesce(meant.connection_id, connection.id)
GROUP BY 1, 2, 3, 4, 5
"""
_SCOPE = text("""
    SELECT plant.name, plant.name_local, coalesce(connection.number, plant.code) AS code, connection.number
    FROM plant
    JOIN staff_plant ON staff_plant.plant_id = plant.id AND staff_plant.staff_id = :staff
    LEFT JOIN connection ON connection.id = CAST(:connection AS bigint) AND connection.plant_id = plant.id
    WHERE plant.id = :plant FOR NO KEY UPDATE OF plant
""")
_OPEN = text("""
    SELECT number FROM request WHERE kind = 'supply_off' AND closed_at IS NULL AND plant_id = :plant
    AND (connection_id IS NULL OR connection_id = CAST(:connection AS bigint)) LIMIT 1
""")
# Whoever is off for another reason, or under another such request, is left as they are.
_HOMES = text(f"""
    SELECT connection.id, connection.meter_driver IS NOT NULL AS smart FROM connection
    WHERE connection.plant_id = :plant AND connection.status = 'active'
    AND connection.id = coalesce(CAST(:connection AS bigint), connection.id)
    AND NOT EXISTS (SELECT FROM request WHERE {COVERED} AND request.number <> :request)
    ORDER BY connection.id
""")  # noqa: S608 (our own words)
_PHONES = text("""
    SELECT DISTINCT ON (link.e164) link.e164, coalesce(phone.language, :language) AS language
    FROM connection_phone AS link JOIN phone ON phone.e164 = link.e164
    WHERE link.connection_id = ANY(:connections) AND link.role IN ('holder', 'payer') ORDER BY link.e164
""")
_STAFF = text("""
    SELECT DISTINCT staff.phone FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
    WHERE staff_plant.plant_id = :plant AND staff.active AND staff.phone IS NOT NULL
    AND staff.role IN ('technician', 'cluster_in_charge') AND staff.id <> :but
""")
_KNOWN = text(f"""
    SELECT request.number, request.created_at, (request.details ->> 'until')::timestamptz AS until
    FROM connection JOIN request ON {COVERED} WHERE connection.id = :connection
    ORDER BY request.created_at LIMIT 1
""")  # noqa: S608 (our own words)
_MINE = """
SELECT request.number, coalesce(connection.number, plant.code) FROM request
JOIN staff_plant ON staff_plant.plant_id = request.plant_id AND staff_plant.staff_id = %(staff)s
JOIN plant ON plant.id = request.plant_id LEFT JOIN connection ON connection.id = request.connection_id
WHERE request.kind = 'supply_off' AND request.closed_at IS NULL ORDER BY request.created_at LIMIT %(limit)s
"""
_REMIND = text("""
    WITH late AS (
        SELECT id FROM request WHERE kind = 'supply_off' AND closed_at IS NULL AND goes_up_at <= :at
        ORDER BY goes_up_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), up AS (
        UPDATE request SET level = level + 1, goes_up_at = :next FROM late WHERE request.id = late.id
        RETURNING request.*
    )
    SELECT DISTINCT up.id, up.number, up.level, up.created_at, staff.phone,
        coalesce(connection.number, plant.code) AS term
    FROM up JOIN plant ON plant.id = up.plant_id LEFT JOIN connection ON connection.id = up.connection_id
    LEFT JOIN staff ON staff.active AND staff.phone IS NOT NULL AND (staff.id = up.raised_by
        OR staff.role = 'cluster_in_charge' AND EXISTS (SELECT FROM staff_plant
            WHERE staff_plant.staff_id = staff.id AND staff_plant.plant_id = up.plant_id))
    ORDER BY up.id
""")


class Target(Named, msgspec.Struct, frozen=True, array_like=True):
    """What is meant: a plant (no connection) or one connection; `open` is the request while it is off."""

    plant_id: int
    connection_id: int | None
    term: str
    name: str
    name_local: str | None
    homes: int
    by_hand: int
    open: str | None


class Off(msgspec.Struct, frozen=True, array_like=True):
    """What is off now in one's plants: the request, and the plant's code or connection's number."""

    request: str
    term: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a caller hears whose supply was switched off on purpose."""

    number: str
    since: datetime
    until: datetime


def target(reader: Reader, staff_id: int, term: str) -> Target | None:
    """What a word of the staff means in their own plants; None: nothing there."""
    rows = reader.rows(_TARGET, {"staff": staff_id, "term": term})
    return Target(*rows[0]) if rows else None


def off_now(reader: Reader, staff_id: int, limit: int) -> list[Off]:
    """What is switched off for a while in one's plants, the longest first."""
    return [Off(*row) for row in reader.rows(_MINE, {"staff": staff_id, "limit": limit})]


def known(doing: Doing, connection_id: int) -> Planned | None:
    """Whether this connection's supply was switched off on purpose."""
    row = doing.session.execute(_KNOWN, {"connection": connection_id}).one_or_none()
    return Planned(row.number, row.created_at, row.until) if row else None


def switch_off(doing: Doing, plant_id: int, connection_id: int | None, hours: int, reason: str) -> Text:
    """Switch a plant (connection None) or one connection off at once; tell customers and staff.

    Refusal in words that name who can, or what is off there already.
    """
    label, code = _scope(doing, plant_id, connection_id)
    until = doing.at + timedelta(hours=hours)
    number = raise_request(
        doing,
        Kind.SUPPLY,
        plant_id=plant_id,
        connection_id=connection_id,
        details={"until": until.isoformat(), "hours": hours},
        note=reason,
        state="in_process",
        goes_up_at=until,
    )
    by_hand, homes = _carry(doing, number, plant_id, connection_id, on=False)
    _tell_homes(doing, f"off:{number}", homes, say(
        "supply.work_off", what=label, until=until, helpline=doing.settings.helpline,
        service=doing.settings.service_name))  # fmt: skip
    _tell_staff(doing, plant_id, say(
        "off.alarm", what=code, until=until, note=reason, homes=len(homes), hand=by_hand, request=number
    ))  # fmt: skip
    return say("off.done", what=code, homes=len(homes), hand=by_hand, request=number)


def give_back(doing: Doing, request: Row[Any]) -> None:
    """Switch on what such a request had switched off, and tell: the effect of its restoring."""
    row = doing.session.execute(
        _SCOPE,
        {"plant": request.plant_id, "connection": request.connection_id, "staff": _staff_id(doing)},
    ).one()
    label = row.number or Name(row.name, row.name_local)
    by_hand, homes = _carry(doing, request.number, request.plant_id, request.connection_id, on=True)
    _tell_homes(doing, f"on:{request.number}", homes, say(
        "supply.work_on", what=label, helpline=doing.settings.helpline,
        service=doing.settings.service_name))  # fmt: skip
    words = say("off.back_alarm", what=row.code, homes=len(homes), hand=by_hand, request=request.number)
    _tell_staff(doing, request.plant_id, words)


def remind(database: Database, default_language: str, at: datetime | None = None) -> int:
    """Recall what is still off to who switched it and to the cluster in-charges; gives how many requests."""
    return database.in_batches(BATCH, lambda session: _remind(session, default_language, at or now()))


def _remind(session: Session, default_language: str, at: datetime) -> int:
    bind = {"at": at, "next": next_reminder(at), "batch": BATCH}
    rows = session.execute(_REMIND, bind).all()
    messages = [
        Message(f"still-off:{row.id}:{row.level}:{row.phone}", row.phone, "staff_alert",
                say("off.still", what=row.term, since=row.created_at, request=row.number))
        for row in rows if row.phone
    ]  # fmt: skip
    post_many(session, messages, default_language=default_language)
    return len({row.id for row in rows})


def next_reminder(at: datetime) -> datetime:
    """The next of the hours at which what is still off is recalled."""
    here = local(at)
    days = (here.date(), here.date() + timedelta(days=1))
    hours = [datetime.combine(day, hour, INDIA) for day in days for hour in REMIND]
    return next(moment for moment in hours if moment > here)


def _staff_id(doing: Doing) -> int:
    return doing.caller.staff.id if doing.caller.staff else 0


def _scope(doing: Doing, plant_id: int, connection_id: int | None) -> tuple[Name | str, str]:
    """What customers and staff call it, if this person may switch it off now. Holds the plant meanwhile."""
    staff = doing.caller.staff
    bind = {"plant": plant_id, "connection": connection_id, "staff": _staff_id(doing)}
    row = doing.session.execute(_SCOPE, bind).one_or_none()
    who = RAISERS[Kind.SUPPLY] if connection_id is not None else frozenset({CLUSTER})
    if row is None or staff is None or staff.role not in who:
        raise Refusal(say("work.not_you", who=roles(who)))
    if not is_on(doing, Kind.SUPPLY, plant_id):
        raise Refusal(say("work.switched_off"))
    standing = doing.session.execute(_OPEN, bind).scalar_one_or_none()
    if standing is not None:
        raise Refusal(say("off.already", request=standing))
    return row.number or Name(row.name, row.name_local), row.code


def _carry(
    doing: Doing, number: str, plant_id: int, connection_id: int | None, *, on: bool
) -> tuple[int, list[int]]:
    """Let smart meters switch; gives how many homes are left to do by hand, and all that are concerned."""
    bind = {"plant": plant_id, "connection": connection_id, "request": number}
    homes = doing.session.execute(_HOMES, bind).all()
    smart = [row.id for row in homes if row.smart]
    if smart:
        switch_many(
            doing.session,
            sources=[f"supply:{number}:{'on' if on else 'off'}:{each}" for each in smart],
            connection_ids=smart,
            on=on,
            at=doing.at,
            at_once=True,
        )
    return len(homes) - len(smart), [row.id for row in homes]


def _tell_homes(doing: Doing, cause: str, connections: list[int], words: Text) -> None:
    """Each phone of these homes once, in its own language."""
    bind = {"connections": connections, "language": doing.settings.default_language}
    phones = doing.session.execute(_PHONES, bind).all()
    for start in range(0, len(phones), BATCH):
        messages = [
            Message(f"supply-{cause}:{row.e164}", row.e164, "supply", words, language=row.language)
            for row in phones[start : start + BATCH]
        ]
        post_many(doing.session, messages, default_language=doing.settings.default_language)


def _tell_staff(doing: Doing, plant_id: int, words: Text) -> None:
    phones = doing.session.scalars(_STAFF, {"plant": plant_id, "but": _staff_id(doing)}).all()
    tell_staff(doing.session, phones, f"supply:{doing.key}", words, doing.settings.default_language)
