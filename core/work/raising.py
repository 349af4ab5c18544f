"""A request is raised: it gets the number that people type, and its history begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text

from core.doing import Doing
from core.ids import with_check_digit
from core.work.rules import DANGER_WAITS, SWITCHED, WAITS, Kind

_RAISE = text("""
    WITH made AS (
        INSERT INTO request (number, kind, topic, state, plant_id, connection_id, phone, details, channel,
            source, created_at, raised_by, urgent, waits_since, goes_up_at, paise)
        VALUES (:number, :kind, :topic, :state, :plant, :connection, :phone, CAST(:details AS jsonb),
            :channel, :source, :at, :staff, :urgent, :at, :goes_up_at, :paise)
        RETURNING id
    )
    INSERT INTO request_event (request_id, at, state, step, staff_id, note)
    SELECT id, :at, :state, 'raise', :staff, :note FROM made RETURNING request_id
""")
_SWITCHES = text("""
    SELECT organisation.features FROM plant JOIN cluster ON cluster.id = plant.cluster_id
    JOIN state ON state.id = cluster.state_id JOIN organisation ON organisation.id = state.organisation_id
    WHERE plant.id = :plant
""")


def is_on(doing: Doing, kind: Kind, plant_id: int) -> bool:
    """Whether the plant's organisation works with this kind; what is not switched off is on."""
    switch = SWITCHED.get(kind)
    if switch is None:
        return True
    features = doing.session.execute(_SWITCHES, {"plant": plant_id}).scalar_one()
    return bool(features.get(switch, True))


def raise_request(
    doing: Doing,
    kind: Kind,
    *,
    plant_id: int | None,
    connection_id: int | None = None,
    topic: str | None = None,
    details: dict[str, Any] | None = None,
    note: str | None = None,
    urgent: bool = False,
    state: str = "requested",
    named: bool = True,
    goes_up_at: datetime | None = None,
    phone: str | None = None,
    paise: int | None = None,
) -> str:
    """Open a request and begin its history; returns the number people type.

    `phone` is whose wish it is, where staff write it down for somebody else. `named` False leaves out
    who asked (a complaint without a name): neither phone nor staff is kept. `goes_up_at` is when somebody
    is reminded of it, where its state does not say so. `paise` is the amount that is decided about.
    """
    serial = int(doing.session.execute(text("SELECT nextval('request_number_seq')")).scalar_one())
    number = with_check_digit(serial)
    staff = doing.caller.staff if named else None
    bind = {
        "number": number,
        "kind": kind,
        "topic": topic,
        "state": state,
        "plant": plant_id,
        "connection": connection_id,
        "phone": (phone or doing.caller.phone) if named else None,
        "details": msgspec.json.encode(details or {}).decode(),
        "channel": doing.channel,
        "source": f"{kind}:{doing.key}",
        "at": doing.at,
        "staff": staff.id if staff else None,
        "urgent": urgent,
        "goes_up_at": goes_up_at or goes_up(doing.at, state, urgent),
        "note": note,
        "paise": paise,
    }
    doing.session.execute(_RAISE, bind)
    if named:
        doing.audit("request.open", f"request:{number}", kind=str(kind), topic=topic)
    return number


def goes_up(at: datetime, state: str, urgent: bool) -> datetime | None:
    """When a request that nobody moves goes a step up; closed ones never do."""
    wait: timedelta | None = DANGER_WAITS if urgent and state == "requested" else WAITS.get(state)
    return at + wait if wait else None
