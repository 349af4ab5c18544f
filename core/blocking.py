"""A stolen or lost phone of staff is blocked at once; what its owner holds and has to do stays theirs.

Whoever is blocked is not active: no command, code or PIN of theirs acts, nothing is given or texted to them.
A new number in staff.csv ends it by itself, because the block is on the number.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, text

from core.alerts import tell_staff
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.pins import IN_CHARGE_OF, UNLOCKERS, forget, in_charge_of
from core.text import Name, Named, say

TASKS_NAMED = 6
"""Requests named to who gives them on; the others are counted."""

_FIND = f"""
SELECT other.id, other.code, other.name, other.name_local,
    other.blocked_phone IS NOT NULL AND other.blocked_phone = other.phone
FROM staff AS other WHERE other.listed AND other.phone IS NOT NULL
AND (upper(other.code) = upper(%(term)s) OR other.phone = %(phone)s)
AND {IN_CHARGE_OF.format(me="%(staff)s", roles="%(roles)s")}
"""  # noqa: S608 (our own words)
_HOLD = text(f"""
    SELECT other.id, other.phone, other.code, other.name, other.name_local, other.active FROM staff AS other
    WHERE other.id = :other AND other.listed AND other.phone IS NOT NULL
    AND {IN_CHARGE_OF.format(me=":staff", roles=":roles")} FOR NO KEY UPDATE OF other
""")  # noqa: S608 (our own words)
_BLOCK = text("UPDATE staff SET blocked_phone = phone WHERE id = :other")
_UNBLOCK = text("UPDATE staff SET blocked_phone = NULL WHERE id = :other")
_LEFT = """
SELECT coalesce((SELECT balance_paise FROM account WHERE kind = 'cash' AND staff_id = %(other)s), 0),
    count(*), coalesce((array_agg(number ORDER BY urgent DESC, created_at, id))[:%(named)s], '{}')
FROM request WHERE assignee_id = %(other)s AND closed_at IS NULL
"""


class Owner(Named, msgspec.Struct, frozen=True, array_like=True):
    """A member of staff whose phone can be blocked, or is."""

    staff_id: int
    code: str
    name: str
    name_local: str | None
    blocked: bool


class Left(msgspec.Struct, frozen=True, array_like=True):
    """What stays with the owner of a blocked phone: cash in paise, open tasks, and the first of them."""

    cash_paise: int
    tasks: int
    numbers: list[str]


def find(reader: Reader, staff_id: int, term: str, phone: str | None) -> Owner | None:
    """Staff with this code or phone whom this in-charge may block."""
    bind = {"staff": staff_id, "term": term, "phone": phone, "roles": list(UNLOCKERS)}
    rows = reader.rows(_FIND, bind)
    return Owner(*rows[0]) if rows else None


def left(reader: Reader, staff_id: int) -> Left:
    """What somebody holds and has to do, whether their phone is blocked or not."""
    rows = reader.rows(_LEFT, {"other": staff_id, "named": TASKS_NAMED})
    return Left(*rows[0])


def block(doing: Doing, staff_id: int) -> None:
    """Block a colleague's phone, and forget its PIN; its owner and the others in charge are told.

    Refusal for who may not, and when it is blocked.
    """
    row = _held(doing, staff_id)
    if not row.active:
        raise Refusal(say("block.already", name=Name(row.name, row.name_local)))
    doing.session.execute(_BLOCK, {"other": staff_id})
    forget(doing, staff_id)
    doing.audit("staff.block", f"staff:{staff_id}")
    _tell(doing, row, "blocked")
    doing.changed.add(row.phone)


def unblock(doing: Doing, staff_id: int) -> None:
    """Let a colleague's phone act again, as `block`; Refusal when it is not blocked."""
    row = _held(doing, staff_id)
    if row.active:
        raise Refusal(say("block.not_blocked", name=Name(row.name, row.name_local)))
    doing.session.execute(_UNBLOCK, {"other": staff_id})
    doing.audit("staff.unblock", f"staff:{staff_id}")
    _tell(doing, row, "unblocked")
    doing.changed.add(row.phone)


def _held(doing: Doing, staff_id: int) -> Row[Any]:
    bind = {"other": staff_id, "staff": _me(doing), "roles": list(UNLOCKERS)}
    row = doing.session.execute(_HOLD, bind).one_or_none()
    if row is None:
        raise Refusal(say("pin.not_you"))
    return row


def _tell(doing: Doing, row: Row[Any], how: str) -> None:
    """The owner hears it in kind words, and whoever else is in charge of them."""
    me, language = doing.caller.staff, doing.settings.default_language
    by = Name(me.name, me.name_local) if me else "-"
    tell_staff(doing.session, [row.phone], f"{how}:{doing.key}", say(f"alerts.{how}_mine", by=by), language)
    phones = [phone for phone in in_charge_of(doing, row.id) if phone != doing.caller.phone]
    words = say(f"alerts.{how}", name=Name(row.name, row.name_local), by=by, code=row.code)
    tell_staff(doing.session, phones, f"{how}:{doing.key}", words, language)


def _me(doing: Doing) -> int:
    return doing.caller.staff.id if doing.caller.staff else 0
