"""What else staff and customers raise: theft complaints, de- and reactivation, new connections' places."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, text

from core import standing
from core.doing import Doing
from core.errors import Refusal
from core.text import say
from core.work import telling
from core.work.raising import is_on, raise_request
from core.work.rules import RAISERS, Kind, Step
from core.work.telling import roles

Status: TypeAlias = Literal["active", "inactive"]

_PLANT = text("""
    SELECT connection.plant_id, connection.status, connection.number,
        EXISTS (SELECT FROM staff_plant WHERE staff_id = :staff
                AND staff_plant.plant_id = connection.plant_id) AS mine
    FROM connection WHERE connection.id = :connection FOR NO KEY UPDATE OF connection
""")
_HOME = text("SELECT min(plant_id) FROM staff_plant WHERE staff_id = :staff")
_OPEN = text("""
    SELECT number FROM request WHERE kind = :kind AND connection_id = :connection AND closed_at IS NULL
""")
_STATUS = text("SELECT status FROM connection WHERE id = :connection FOR NO KEY UPDATE")


def complain_of_theft(doing: Doing, where: str, plant_id: int | None, named: bool) -> str:
    """Note a suspicion of theft (3.5.12); without a name, neither phone nor staff is kept with it.

    The plant is that of the caller's connection or, for staff, their first. Refusal where the
    organisation does not work with complaints of theft.
    """
    staff = doing.caller.staff
    if plant_id is None and staff is not None:
        if staff.role not in RAISERS[Kind.THEFT]:
            raise Refusal(say("work.not_you", who=roles(RAISERS[Kind.THEFT])))
        plant_id = doing.session.execute(_HOME, {"staff": staff.id}).scalar_one_or_none()
    if plant_id is None or not is_on(doing, Kind.THEFT, plant_id):
        raise Refusal(say("work.switched_off"))
    number = raise_request(doing, Kind.THEFT, plant_id=plant_id, note=where, named=named)
    telling.tell_waiting(doing, number, Kind.THEFT, None, plant_id, Step.ASSIGN)
    return number


def ask_for_status(doing: Doing, connection_id: int, to: Status, reason: str) -> str:
    """Ask that a connection be switched off for good or on again (3.5.6); the state in-charge approves."""
    staff = doing.caller.staff
    bind = {"connection": connection_id, "staff": staff.id if staff else None}
    row = doing.session.execute(_PLANT, bind).one()
    if staff is None or not row.mine or staff.role not in RAISERS[Kind.STATUS]:
        raise Refusal(say("work.not_you", who=roles(RAISERS[Kind.STATUS])))
    if row.status == to:
        raise Refusal(say(f"status.already_{to}", number=row.number))
    open_already = {"kind": str(Kind.STATUS), "connection": connection_id}
    known = doing.session.execute(_OPEN, open_already).scalar_one_or_none()
    if known:
        raise Refusal(say("change.known", request=known))
    number = raise_request(
        doing,
        Kind.STATUS,
        plant_id=row.plant_id,
        connection_id=connection_id,
        topic=to,
        details={"to": to},
        note=reason,
    )
    telling.tell_waiting(doing, number, Kind.STATUS, to, row.plant_id, Step.APPROVE)
    return number


def carry_out_status(doing: Doing, request: Row[Any]) -> None:
    """The field has done it: the connection has its new status from now on."""
    staff = doing.caller.staff
    standing.change_status(
        doing.session,
        [request.connection_id],
        before=doing.session.execute(_STATUS, {"connection": request.connection_id}).scalar_one(),
        status=request.details["to"],
        reason=f"request {request.number}",
        at=doing.at,
        staff_id=staff.id if staff else None,
    )
