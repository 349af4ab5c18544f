"""Whose step is it? A request is held, and who acts is looked at in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.text import say
from core.work import standing_in, telling
from core.work.rules import (
    FIELD,
    HANDS,
    INSIDE,
    JUDGED,
    LAST_WORD,
    OFF,
    RAISER,
    REOPEN_WITHIN,
    RULES,
    Kind,
    Rule,
    Step,
    who_can,
)

_LOCK = text("""
    SELECT request.*, staff.name AS assignee, staff.name_local AS assignee_local,
        connection.number AS connection_number,
        EXISTS (SELECT FROM staff_plant JOIN staff AS me ON me.id = staff_plant.staff_id
            WHERE staff_plant.staff_id = :staff AND me.active
            AND staff_plant.plant_id = request.plant_id) AS mine,
        EXISTS (SELECT FROM away_on(CAST(:day AS date)) AS away
            JOIN staff_plant ON staff_plant.staff_id = away.staff_id
            WHERE away.stand_in_id = :staff AND staff_plant.plant_id = request.plant_id) AS stands_in,
        request.phone IS NOT NULL AND request.phone = :phone OR EXISTS (
            SELECT FROM connection_phone AS link WHERE link.connection_id = request.connection_id
            AND link.e164 = :phone AND link.role IN ('holder', 'payer')) AS asked
    FROM request LEFT JOIN staff ON staff.id = request.assignee_id
    LEFT JOIN connection ON connection.id = request.connection_id
    WHERE request.number = :number FOR NO KEY UPDATE OF request
""")
_NEWER = text("""
    SELECT number FROM request WHERE kind = :kind AND connection_id = :connection AND id > :request
    AND state <> 'rejected' ORDER BY id DESC LIMIT 1
""")


def held(doing: Doing, number: str) -> Row[Any]:
    """A request, locked; Refusal for whom it does not concern."""
    staff = doing.caller.staff
    bind = {
        "number": number,
        "staff": staff.id if staff else None,
        "phone": doing.caller.phone,
        "day": local(doing.at).date(),
    }
    row = doing.session.execute(_LOCK, bind).one_or_none()
    if row is None or not (row.mine or row.stands_in or row.asked or (staff and row.raised_by == staff.id)):
        raise Refusal(say("work.none", request=number))
    return row


def allowed(doing: Doing, row: Row[Any], step: Step) -> tuple[Rule, Row[Any] | None]:
    """The rule of this step, if it leads on from here and this person may take it, and for whom they do."""
    rule = RULES[Kind(row.kind)].get(step)
    last_word = Kind(row.kind) in LAST_WORD and row.topic != OFF
    if rule is None or row.state not in rule.before or (step is Step.REOPEN and not last_word):
        raise Refusal(say("work.state", request=row.number, state=say(f"request.{row.state}")))
    staff = doing.caller.staff
    who = who_can(Kind(row.kind), step, row.state, row.level)
    asked = row.asked and row.kind not in INSIDE
    raiser = asked or bool(staff and staff.id == row.raised_by)
    heard = raiser and RAISER in rule.who and (last_word or step is not Step.SENDBACK)
    by_role = bool(staff and row.mine and (staff.role in who or _has(row, staff.id, step, rule)))
    lender = standing_in.lender(doing, row, step, own_right=by_role)
    if not by_role and not heard and lender is None:
        raise Refusal(say("work.not_you", who=telling.roles(who)))
    own = staff and (staff.id in (row.raised_by, row.done_by) or (step is Step.APPROVE and row.asked))
    if own and step in JUDGED:
        raise Refusal(say("work.own", who=telling.roles(who)))
    if step is Step.CODE and (staff is None or staff.id != row.done_by):
        raise Refusal(say("work.code_not_yours", request=row.number))
    if step is Step.REOPEN and row.closed_at and doing.at - row.closed_at > REOPEN_WITHIN:
        raise Refusal(say("work.too_late", request=row.number))
    if step is Step.REOPEN and row.kind != Kind.FAULT:
        _check_newest(doing, row)
    return rule, lender


def _check_newest(doing: Doing, row: Row[Any]) -> None:
    """What has been asked for anew since is not brought back by its forerunner."""
    bind = {"kind": row.kind, "connection": row.connection_id, "request": row.id}
    newer = doing.session.execute(_NEWER, bind).scalar_one_or_none()
    if newer is not None:
        raise Refusal(say("work.overtaken", request=row.number, newer=newer))


def _has(row: Row[Any], staff_id: int, step: Step, rule: Rule) -> bool:
    """Whether this is the work of who has it: an in-charge who took what has gone up finishes it."""
    return row.assignee_id == staff_id and step in HANDS and bool(rule.who & FIELD)
