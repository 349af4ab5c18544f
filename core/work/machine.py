"""The machine: a request is raised, moves step by step, and every step is in its history.

A step locks its request, checks who may (core/work/rules.py) in the same transaction, and tells whoever
it concerns. Two who try at once take turns; the second hears what the first has done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.ids import with_check_digit
from core.money import Money
from core.text import Name, say
from core.work import approvals, standing_in, telling, verdict, whose
from core.work.rules import (
    DANGER_WAITS,
    FIELD,
    HANDS,
    INSIDE,
    JUDGED,
    RAISER,
    REOPEN_WITHIN,
    RULES,
    SWITCHED,
    WAITS,
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
        EXISTS (SELECT FROM leave JOIN staff_plant ON staff_plant.staff_id = leave.staff_id
            WHERE leave.stand_in_id = :staff AND leave.ended_at IS NULL
            AND CAST(:day AS date) BETWEEN leave.first AND leave.last
            AND staff_plant.plant_id = request.plant_id) AS stands_in,
        request.phone IS NOT NULL AND request.phone = :phone OR EXISTS (
            SELECT FROM connection_phone AS link WHERE link.connection_id = request.connection_id
            AND link.e164 = :phone AND link.role IN ('holder', 'payer')) AS asked
    FROM request LEFT JOIN staff ON staff.id = request.assignee_id
    LEFT JOIN connection ON connection.id = request.connection_id
    WHERE request.number = :number FOR NO KEY UPDATE OF request
""")
_MOVE = text("""
    UPDATE request SET state = :state, assignee_id = :assignee, done_by = :done_by,
        waits_since = CASE WHEN state = :state THEN waits_since ELSE :at END,
        goes_up_at = :goes_up_at, level = CASE WHEN state = :state THEN level ELSE 0 END,
        closed_at = CASE WHEN :state IN ('completed', 'rejected') THEN CAST(:at AS timestamptz) END,
        outage_id = CASE WHEN :again THEN NULL ELSE outage_id END,
        details = details || CAST(:details AS jsonb)
    WHERE id = :request
""")
_EVENT = text("""
    INSERT INTO request_event (request_id, at, state, step, staff_id, for_staff_id, to_staff_id, note, paise)
    VALUES (:request, :at, :state, :step, :staff, :for, :to, :note, :paise)
""")
_RAISE = text("""
    WITH made AS (
        INSERT INTO request (number, kind, topic, state, plant_id, connection_id, phone, details, channel,
            source, created_at, raised_by, assignee_id, urgent, waits_since, goes_up_at, paise)
        VALUES (:number, :kind, :topic, :state, :plant, :connection, :phone, CAST(:details AS jsonb),
            :channel, :source, :at, :staff, :assignee, :urgent, :at, :goes_up_at, :paise)
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

Effect = Callable[[Doing, "Row[Any]"], None]
"""What a step brings about beyond the request itself, in the same transaction."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A request after a step: its number, its state, who has it now, and what an approval still needs."""

    number: str
    state: str
    assignee: Name | None
    second: frozenset[str] | None = None
    """This was the first of two approvals; the roles that can add the second."""
    changed: Money | None = None
    """Nothing was done: the amount is another by now."""
    code: str | None = None
    """Nothing was done: the customer's code is `wrong`, or `dead`."""
    told: bool = False
    """Whether the customer hears of this step."""


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
        "assignee": None,
        "urgent": urgent,
        "goes_up_at": goes_up_at or _goes_up(doing.at, state, urgent),
        "note": note,
        "paise": paise,
    }
    doing.session.execute(_RAISE, bind)
    if named:
        doing.audit("request.open", f"request:{number}", kind=str(kind), topic=topic)
    return number


def take_step(
    doing: Doing,
    number: str,
    step: Step,
    *,
    note: str | None = None,
    to_staff_id: int | None = None,
    details: dict[str, Any] | None = None,
    paise: int | None = None,
    code: str = "",
    effect: Effect | None = None,
) -> Moved:
    """Move a request one step; Refusal in words that name who can, or what has happened meanwhile.

    `paise` is the amount that whoever approves has seen and proven: nothing is done when it is another
    by now. An approval above one's limit is kept as the first of two. `code` is what the customer has
    read out.
    """
    row = _locked(doing, number)
    rule, lender = _allowed(doing, row, step)
    stays = _stays(doing, row, step, rule, lender, paise, code)
    if stays is not None:
        return stays
    state = rule.after or row.state
    assignee = whose.assignee_after(doing, row, step, to_staff_id)
    me = doing.caller.staff
    doing.session.execute(
        _MOVE,
        {
            "request": row.id,
            "state": state,
            "assignee": assignee.id if assignee else None,
            "done_by": me.id if step is Step.DONE and me else row.done_by,
            "at": doing.at,
            "again": step in (Step.SENDBACK, Step.REOPEN),
            "goes_up_at": row.goes_up_at if state == row.state else _goes_up(doing.at, state, row.urgent),
            "details": msgspec.json.encode(details or {}).decode(),
        },
    )
    said = note or (details or {}).get("stage")
    given_to = assignee.id if step is Step.ASSIGN and assignee else None
    about_paise = row.paise if step is Step.APPROVE else None
    _remember(doing, row.id, state, step, given_to, said, about_paise, lender)
    if effect is not None:
        effect(doing, row)
    told = telling.tell(doing, row, step, state, assignee, note, details or {})
    about = {} if row.paise is None else {"paise": row.paise}
    doing.audit(f"request.{step}", f"request:{number}", state=state, **about, **_for(lender))
    who_has = Name(assignee.name, assignee.name_local) if assignee else None
    return Moved(number, state, who_has, told=told)


def _stays(
    doing: Doing,
    row: Row[Any],
    step: Step,
    rule: Rule,
    lender: Row[Any] | None,
    paise: int | None,
    code: str,
) -> Moved | None:
    """What keeps a request where it is, though the step is this person's; None: nothing does."""
    if step is Step.CODE:
        tried = verdict.try_code(doing, row, code)
        return None if tried == "right" else Moved(row.number, row.state, None, code=tried)
    if step is not Step.APPROVE or row.paise is None:
        return None
    changed = approvals.amount_now(doing, row, paise)
    if changed is not None:
        return Moved(row.number, row.state, None, changed=Money(changed))
    second = approvals.first_of_two(doing, row, rule.who, lender)
    return _first(doing, row, second, lender) if second is not None else None


def _first(doing: Doing, row: Row[Any], second: frozenset[str], lender: Row[Any] | None) -> Moved:
    """Keep the first of two approvals, and tell who can add the second."""
    _remember(doing, row.id, row.state, Step.APPROVE, None, None, row.paise, lender)
    approvals.tell_second(doing, row, second)
    about = {"paise": row.paise, "of_two": 1}
    doing.audit("request.approve", f"request:{row.number}", state=row.state, **about, **_for(lender))
    return Moved(row.number, row.state, None, second)


def _locked(doing: Doing, number: str) -> Row[Any]:
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


def _allowed(doing: Doing, row: Row[Any], step: Step) -> tuple[Rule, Row[Any] | None]:
    """The rule of this step, if it leads on from here and this person may take it, and for whom they do."""
    rule = RULES[Kind(row.kind)].get(step)
    if rule is None or row.state not in rule.before:
        raise Refusal(say("work.state", request=row.number, state=say(f"request.{row.state}")))
    staff = doing.caller.staff
    who = who_can(Kind(row.kind), step, row.state, row.level)
    asked = row.asked and row.kind not in INSIDE
    raiser = asked or bool(staff and staff.id == row.raised_by)
    by_role = bool(staff and row.mine and (staff.role in who or _has(row, staff.id, step, rule)))
    lender = standing_in.lender(doing, row, step, own_right=by_role)
    if not by_role and not (raiser and RAISER in rule.who) and lender is None:
        raise Refusal(say("work.not_you", who=telling.roles(who)))
    own = staff and (staff.id in (row.raised_by, row.done_by) or (step is Step.APPROVE and row.asked))
    if own and step in JUDGED:
        raise Refusal(say("work.own", who=telling.roles(who)))
    if step is Step.CODE and (staff is None or staff.id != row.done_by):
        raise Refusal(say("work.code_not_yours", request=row.number))
    if step is Step.REOPEN and row.closed_at and doing.at - row.closed_at > REOPEN_WITHIN:
        raise Refusal(say("work.too_late", request=row.number))
    return rule, lender


def _has(row: Row[Any], staff_id: int, step: Step, rule: Rule) -> bool:
    """Whether this is the work of who has it: an in-charge who took what has gone up finishes it."""
    return row.assignee_id == staff_id and step in HANDS and bool(rule.who & FIELD)


def _remember(
    doing: Doing,
    request_id: int,
    state: str,
    step: Step,
    to_staff_id: int | None,
    note: str | None,
    paise: int | None,
    lender: Row[Any] | None,
) -> None:
    staff = doing.caller.staff
    doing.session.execute(
        _EVENT,
        {
            "request": request_id,
            "at": doing.at,
            "state": state,
            "step": step,
            "staff": staff.id if staff else None,
            "for": lender.id if lender else None,
            "to": to_staff_id,
            "note": note,
            "paise": paise,
        },
    )


def _for(lender: Row[Any] | None) -> dict[str, int]:
    """For whom a step was taken, as the audit keeps it."""
    return {"for_staff": lender.id} if lender else {}


def _goes_up(at: datetime, state: str, urgent: bool) -> datetime | None:
    """When a request that nobody moves goes a step up; closed ones never do."""
    wait: timedelta | None = DANGER_WAITS if urgent and state == "requested" else WAITS.get(state)
    return at + wait if wait else None
