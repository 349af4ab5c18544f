"""Whose a request is after a step: who was given it, takes it, works on it, or stands in for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.text import Name, say
from core.work.rules import DOERS, Kind, Step, reached

_STAFF = text("SELECT id, name, name_local, phone, role FROM staff WHERE id = :staff")
# Who stands in today for somebody on leave; one step, so that two on leave never send work in circles.
_STAND_IN = text("""
    SELECT staff.id, staff.name, staff.name_local, staff.phone, staff.role FROM staff
    WHERE staff.active AND staff.id = coalesce((
        SELECT stand_in_id FROM away_on(CAST(:day AS date)) WHERE staff_id = :staff
        ORDER BY leave_id DESC LIMIT 1), :staff)
    AND EXISTS (SELECT FROM staff_plant WHERE staff_id = :staff AND plant_id = :plant)
""")


def assignee_after(doing: Doing, row: Row[Any], step: Step, to_staff_id: int | None) -> Row[Any] | None:
    """Who has the request after this step: whoever was given it, takes it, or works on it.

    What has gone up those above may take over, also from who has it.
    """
    me = doing.caller.staff
    if step is Step.ASSIGN:
        return _doer(doing, row, to_staff_id)
    if step is Step.APPROVE and row.kind == Kind.REFUND:
        return doing.session.execute(_STAFF, {"staff": row.raised_by}).one_or_none()
    if step is Step.REOPEN or (row.assignee_id is None and step not in (Step.TAKE, Step.START, Step.DONE)):
        return None
    wanted = row.assignee_id
    if step in (Step.TAKE, Step.START, Step.STAGE, Step.DONE) and me is not None:
        over = step is Step.TAKE and me.role in reached(Kind(row.kind), row.state, row.level)
        if wanted not in (None, me.id) and not over and _stand_in(doing, wanted, row.plant_id) != me.id:
            raise Refusal(say("work.held", request=row.number, name=Name(row.assignee, row.assignee_local)))
        wanted = me.id
    return doing.session.execute(_STAFF, {"staff": wanted}).one_or_none()


def _stand_in(doing: Doing, staff_id: int, plant_id: int) -> int | None:
    bind = {"staff": staff_id, "plant": plant_id, "day": local(doing.at).date()}
    row = doing.session.execute(_STAND_IN, bind).one_or_none()
    return int(row.id) if row else None


def _doer(doing: Doing, row: Row[Any], to_staff_id: int | None) -> Row[Any]:
    """The one who gets the work: field staff of the plant, or who stands in for them."""
    bind = {"staff": to_staff_id, "plant": row.plant_id, "day": local(doing.at).date()}
    found = doing.session.execute(_STAND_IN, bind).one_or_none()
    if found is None or found.role not in DOERS:
        raise Refusal(say("work.not_theirs", request=row.number))
    return found
