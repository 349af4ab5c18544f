"""Whoever stands in for somebody away decides in their place: in their plants, up to their limits.

What one of the two raised or did the other does not decide for them, and of two approvals they never give
both in one name. Deposits and sales are decided only where the stand-in is of the plant, because what that
brings about looks at it, too (docs/decisions/0022-standing-in.md).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core import limits
from core.clock import local
from core.doing import Doing
from core.work.rules import AT_PLANT, Kind, Step, lent

_LENDERS = text("""
    SELECT absent.id, absent.role, absent.name, absent.name_local, absent.phone
    FROM away_on(CAST(:day AS date)) AS away
    JOIN staff AS absent ON absent.id = away.staff_id AND absent.active
    JOIN staff AS me ON me.id = away.stand_in_id AND me.active
    WHERE away.stand_in_id = :staff
    AND EXISTS (SELECT FROM staff_plant WHERE staff_id = absent.id AND plant_id = :plant)
    AND absent.id IS DISTINCT FROM :raised_by AND absent.id IS DISTINCT FROM :done_by
    AND absent.phone IS DISTINCT FROM :asked_by
    ORDER BY absent.role = 'state_in_charge', away.leave_id
""")


def lender(doing: Doing, row: Row[Any], step: Step, own_right: bool) -> Row[Any] | None:
    """For whom a step of a locked request is taken; None: in one's own right, or not at all.

    With a right of one's own somebody else's is used only where it reaches further: for an amount that is too
    much for oneself and not for who is away.
    """
    staff, kind = doing.caller.staff, Kind(row.kind)
    if staff is None or staff.id in (row.raised_by, row.done_by) or (kind in AT_PLANT and not row.mine):
        return None
    about_money = step is Step.APPROVE and row.paise is not None
    if own_right and not about_money:
        return None
    given = limits.of_plant(doing.session, row.plant_id) if about_money else None
    if own_right and given and given.alone(staff.role, row.paise):
        return None
    bind = {
        "staff": staff.id,
        "day": local(doing.at).date(),
        "plant": row.plant_id,
        "raised_by": row.raised_by,
        "done_by": row.done_by,
        "asked_by": row.phone,
    }
    able = [
        one
        for one in doing.session.execute(_LENDERS, bind)
        if lent(kind, step, row.state, row.level, staff.role, one.role)
    ]
    alone = [one for one in able if given is None or given.alone(one.role, row.paise)]
    return next(iter(alone if own_right else alone or able), None)
