"""The machine: a request moves step by step, and every step is in its history.

A step locks its request, checks who may (core/work/allowing.py) in the same transaction, and tells whoever
it concerns. Two who try at once take turns; the second hears what the first has done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core.doing import Doing
from core.money import Money
from core.text import Name
from core.work import allowing, approvals, telling, verdict, whose
from core.work.raising import goes_up
from core.work.rules import Rule, Step

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
    row = allowing.held(doing, number)
    rule, lender = allowing.allowed(doing, row, step)
    stays = _stays(doing, row, step, rule, lender, paise, code)
    if stays is not None:
        return stays
    state = rule.after or row.state
    assignee = whose.assignee_after(doing, row, step, to_staff_id)
    _move(doing, row, step, state, assignee, details or {})
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


def _move(
    doing: Doing,
    row: Row[Any],
    step: Step,
    state: str,
    assignee: Row[Any] | None,
    details: dict[str, Any],
) -> None:
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
            "goes_up_at": row.goes_up_at if state == row.state else goes_up(doing.at, state, row.urgent),
            "details": msgspec.json.encode({**details, **verdict.asking(row, step)}).decode(),
        },
    )


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
