"""Service requests in their simplest form: opened by whoever calls, numbered, with a history."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts import tell_staff
from core.db import Reader
from core.doing import Doing
from core.ids import with_check_digit
from core.text import Name, Text, say


class FaultKind(StrEnum):
    """What may be wrong, as customers name it (seeds: 2.2.7, 3.5.7)."""

    DANGER = "danger"
    NO_POWER = "no_power"
    LOW_VOLTAGE = "low_voltage"
    METER = "meter"
    OTHER = "other"


_OPEN = text("""
    WITH made AS (
        INSERT INTO request
            (number, kind, topic, plant_id, connection_id, phone, details, channel, source, created_at)
        VALUES
            (:number, :kind, :topic, :plant, :connection, :phone, CAST(:details AS jsonb), :channel,
             :source, :at)
        RETURNING id
    )
    INSERT INTO request_event (request_id, at, state, staff_id, note)
    SELECT id, :at, 'requested', :staff, :note FROM made
""")

_SAME_STILL_OPEN = text("""
    SELECT number FROM request
    WHERE kind = :kind AND state NOT IN ('completed', 'rejected')
      AND topic IS NOT DISTINCT FROM :topic
      AND connection_id IS NOT DISTINCT FROM :connection
      AND (connection_id IS NOT NULL OR phone = :phone)
    ORDER BY id DESC LIMIT 1
""")

# Danger is told to the people who can go, at once; other faults wait in their list.
_TO_TELL = text("""
    SELECT DISTINCT staff.phone, plant.name, plant.name_local FROM staff
    JOIN staff_plant ON staff_plant.staff_id = staff.id
    JOIN plant ON plant.id = staff_plant.plant_id
    WHERE staff_plant.plant_id = :plant AND staff.active AND staff.phone IS NOT NULL
      AND staff.role IN ('technician', 'csa', 'cluster_in_charge')
""")

_NEWEST = """
SELECT number, topic, state, (created_at AT TIME ZONE 'Asia/Kolkata')::date FROM request
WHERE kind = 'fault' AND connection_id = ANY(%(connections)s)
ORDER BY (state IN ('completed', 'rejected')), created_at DESC LIMIT %(limit)s
"""


class RequestView(msgspec.Struct, frozen=True, array_like=True):
    """A request as the one who made it sees it."""

    number: str
    topic: str
    state: str
    opened_on: date


def open_fault(
    doing: Doing, connection_id: int, number: str, plant_id: int, kind: FaultKind, note: str | None
) -> tuple[str, bool]:
    """Open a fault; returns its number and whether it is new.

    The same fault of the same connection, still open, is not opened again: its number is given.
    Danger goes to the plant's field staff at once.
    """
    known = _still_open(doing, "fault", kind, connection_id)
    if known:
        return known, False
    opened = _insert(doing, "fault", kind, plant_id, connection_id, {}, note)
    if kind is FaultKind.DANGER:
        _alarm(doing, opened, number, plant_id)
    doing.audit("request.open", f"request:{opened}", topic=str(kind))
    return opened, True


def ask_for_connection(doing: Doing, name: str, village: str) -> tuple[str, bool]:
    """Note a wish for a new connection; a second one from the same phone gets the first one's number."""
    known = _still_open(doing, "new_connection", None, None)
    if known:
        return known, False
    opened = _insert(doing, "new_connection", None, None, None, {"name": name, "village": village}, None)
    doing.audit("request.open", f"request:{opened}", topic="new_connection")
    return opened, True


def newest_faults(reader: Reader, connection_ids: list[int], limit: int) -> list[RequestView]:
    """Open faults first, the newest of each first."""
    rows = reader.rows(_NEWEST, {"connections": connection_ids, "limit": limit})
    return [RequestView(*row) for row in rows]


def _still_open(doing: Doing, kind: str, topic: str | None, connection_id: int | None) -> str | None:
    number = doing.session.execute(
        _SAME_STILL_OPEN,
        {"kind": kind, "topic": topic, "connection": connection_id, "phone": doing.caller.phone},
    ).scalar_one_or_none()
    return str(number) if number else None


def _insert(
    doing: Doing,
    kind: str,
    topic: str | None,
    plant_id: int | None,
    connection_id: int | None,
    details: dict[str, Any],
    note: str | None,
) -> str:
    number = with_check_digit(_next_serial(doing.session))
    doing.session.execute(
        _OPEN,
        {
            "number": number,
            "kind": kind,
            "topic": topic,
            "plant": plant_id,
            "connection": connection_id,
            "phone": doing.caller.phone,
            "details": msgspec.json.encode(details).decode(),
            "channel": doing.channel,
            "source": f"{kind}:{doing.key}",
            "at": doing.at,
            "staff": doing.caller.staff.id if doing.caller.staff else None,
            "note": note,
        },
    )
    return number


def _next_serial(session: Session) -> int:
    return int(session.execute(text("SELECT nextval('request_number_seq')")).scalar_one())


def _alarm(doing: Doing, request_number: str, connection_number: str, plant_id: int) -> None:
    rows = doing.session.execute(_TO_TELL, {"plant": plant_id}).all()
    if not rows:
        return
    told: Text = say(
        "fault.alarm",
        plant=Name(rows[0].name, rows[0].name_local),
        request=request_number,
        number=connection_number,
        phone=doing.caller.phone,
        service=doing.settings.service_name,
    )
    phones = [phone for (phone, *_) in rows]
    tell_staff(doing.session, phones, f"alarm:{doing.key}", told, doing.settings.default_language)
