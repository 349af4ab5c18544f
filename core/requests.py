"""The faults that customers report: opened by whoever calls, numbered, with a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec
from sqlalchemy import text

from core import payments, photos
from core.alerts import tell_staff
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.text import Name, Text, say
from core.work import outages, switching
from core.work.outages import Known
from core.work.raising import raise_request
from core.work.rules import Kind
from core.work.switching import Planned


class FaultKind(StrEnum):
    """What may be wrong, as customers name it (seeds: 2.2.7, 3.5.7)."""

    DANGER = "danger"
    NO_POWER = "no_power"
    LOW_VOLTAGE = "low_voltage"
    METER = "meter"
    BILLING = "billing"
    OTHER = "other"


# Two phones of one home that report at the same moment must see each other, or there would be two faults.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('fault'), CAST(:connection AS integer))")
_SAME_STILL_OPEN = text("""
    SELECT number FROM request
    WHERE kind = :kind AND closed_at IS NULL
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
SELECT number, kind, topic, state, (created_at AT TIME ZONE 'Asia/Kolkata')::date FROM request
WHERE kind = ANY(%(kinds)s) AND (connection_id = ANY(%(connections)s)
    OR phone = %(phone)s AND kind = 'theft' AND raised_by IS NULL)
ORDER BY (closed_at IS NOT NULL), created_at DESC LIMIT %(limit)s
"""
_WHOSE = text("""
    SELECT connection.number, connection.plant_id, staff.id IS NOT NULL AS mine,
        (SELECT e164 FROM connection_phone AS link WHERE link.connection_id = connection.id
            AND link.role IN ('holder', 'payer') ORDER BY position LIMIT 1) AS phone
    FROM connection
    LEFT JOIN staff_plant ON staff_plant.plant_id = connection.plant_id AND staff_plant.staff_id = :staff
    LEFT JOIN staff ON staff.id = staff_plant.staff_id AND staff.active
    WHERE connection.id = :connection
""")
TO_ASK = (Kind.FAULT, Kind.PACKAGE, Kind.STATUS, Kind.THEFT)
"""What a customer may ask about at any time."""


class RequestView(msgspec.Struct, frozen=True, array_like=True):
    """A request as the one who made it sees it."""

    number: str
    kind: str
    topic: str | None
    state: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class Opened:
    """A fault that was reported: its number, whether it is new, the outage it belongs to."""

    number: str
    new: bool
    outage: Known | None
    planned: Planned | None = None
    """Switched off on purpose: nothing is opened, `number` is that of the work."""


def open_fault_for(doing: Doing, connection_id: int, kind: FaultKind, note: str | None) -> Opened:
    """Open a fault that a customer told a member of staff (3.5.7); the customer's phones hear of it.

    Refusal outside the plants of the staff member.
    """
    staff = doing.caller.staff
    bind = {"connection": connection_id, "staff": staff.id if staff else None}
    row = doing.session.execute(_WHOSE, bind).one()
    if not row.mine:
        raise Refusal(say("pay.not_yours", number=row.number))
    opened = open_fault(doing, connection_id, row.number, row.plant_id, kind, note, row.phone)
    if opened.new:
        service = doing.settings.service_name
        words = say("work.told_reported", request=opened.number, number=row.number, service=service)
        payments.tell(doing, connection_id, "notice", words)
    return opened


def open_fault(
    doing: Doing,
    connection_id: int,
    number: str,
    plant_id: int,
    kind: FaultKind,
    note: str | None,
    phone: str | None = None,
) -> Opened:
    """Open a fault, or find the same one of the same connection still open.

    Danger goes to the plant's field staff at once; no light in many homes becomes one outage. `phone` is
    whose fault it is, where staff write it down.
    """
    doing.session.execute(_TURN, {"connection": connection_id})
    known = _still_open(doing, Kind.FAULT, kind, connection_id)
    if known:
        photos.adopt(doing, request=known)
        return Opened(known, False, None)
    planned = switching.known(doing, connection_id) if kind is FaultKind.NO_POWER else None
    if planned:
        return Opened(planned.number, False, None, planned)
    danger = kind is FaultKind.DANGER
    opened = raise_request(
        doing,
        Kind.FAULT,
        plant_id=plant_id,
        connection_id=connection_id,
        topic=kind,
        note=note,
        urgent=danger,
        phone=phone,
    )
    photos.adopt(doing, request=opened)
    if danger:
        _alarm(doing, opened, number, plant_id)
    outage = outages.join(doing, plant_id, connection_id) if kind is FaultKind.NO_POWER else None
    return Opened(opened, True, outage)


def newest(
    reader: Reader, phone: str, connection_ids: list[int], limit: int, kinds: Sequence[Kind] = TO_ASK
) -> list[RequestView]:
    """A customer's requests of some kinds, complaints by their phone: open ones first, the newest of each."""
    bind = {"connections": connection_ids, "limit": limit, "phone": phone}
    bind["kinds"] = [str(kind) for kind in kinds]
    return [RequestView(*row) for row in reader.rows(_NEWEST, bind)]


def _still_open(doing: Doing, kind: Kind, topic: str | None, connection_id: int | None) -> str | None:
    number = doing.session.execute(
        _SAME_STILL_OPEN,
        {"kind": kind, "topic": topic, "connection": connection_id, "phone": doing.caller.phone},
    ).scalar_one_or_none()
    return str(number) if number else None


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
