"""Two pairs of eyes: an approval above one's own limit counts as the first of two.

An approval belongs to the amount it was given for: once the amount is another, it counts no longer.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import limits
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.limits import Limits
from core.money import Money
from core.people import StaffMember
from core.text import Name, Text, say
from core.work import telling
from core.work.rules import CHARGE, Kind

_AMOUNT = text("UPDATE request SET paise = :paise WHERE id = :request")
_FEE = text("SELECT paise FROM bill_late_fee WHERE bill_id = :bill")
# What a package change is about: the larger of the two differences, up or down, in deposit and monthly price.
_DIFFERENCE = """
SELECT greatest(abs(wanted.deposit_paise - now_on.deposit_paise), abs(price.wanted - price.now_on))
FROM connection
JOIN package AS now_on ON now_on.id = connection.package_id
JOIN package AS wanted ON wanted.code = %(code)s
CROSS JOIN LATERAL (
    SELECT coalesce(max(monthly_paise) FILTER (WHERE package_id = wanted.id), 0) AS wanted,
        coalesce(max(monthly_paise) FILTER (WHERE package_id = now_on.id), 0) AS now_on
    FROM (SELECT DISTINCT ON (package_id) package_id, monthly_paise FROM tariff
          WHERE package_id IN (wanted.id, now_on.id)
          AND valid_from <= (now() AT TIME ZONE 'Asia/Kolkata')::date
          ORDER BY package_id, valid_from DESC) AS valid
) AS price
WHERE connection.id = %(connection)s
"""
# The first of two, as long as they may still decide here; `holder` is whose right it was, of who was away.
_FIRST = """
SELECT staff.id, holder.role, holder.id FROM request_event
JOIN request ON request.id = request_event.request_id
JOIN staff ON staff.id = request_event.staff_id
JOIN staff AS holder ON holder.id = coalesce(request_event.for_staff_id, request_event.staff_id)
WHERE request.number = %(number)s AND request_event.step = 'approve'
AND request_event.paise = request.paise AND staff.active AND holder.role = ANY(%(roles)s)
AND EXISTS (SELECT FROM staff_plant WHERE staff_id = holder.id AND plant_id = request.plant_id)
ORDER BY request_event.id LIMIT 1
"""


def difference(doing: Doing, connection_id: int, code: str) -> int:
    """How much a change to another package is about, in paise."""
    bind = {"connection": connection_id, "code": code}
    found = doing.session.connection().exec_driver_sql(_DIFFERENCE, bind).scalar_one_or_none()
    return int(found or 0)


def amount_now(doing: Doing, row: Row[Any], expected: int | None) -> int | None:
    """The amount of a locked request if it is no longer what was proven; None: it is the same.

    A package may have got another price since it was asked for, a fee been charged with less than was
    announced: the request then has the new amount.
    """
    paise: int | None = row.paise
    if row.kind == Kind.PACKAGE and paise is not None and "package" in row.details:
        paise = difference(doing, row.connection_id, row.details["package"])
    if row.kind == Kind.WAIVE and "bill" in row.details:
        paise = doing.session.execute(_FEE, {"bill": row.details["bill"]}).scalar_one()
    if paise == expected:
        return None
    if paise != row.paise:
        doing.session.execute(_AMOUNT, {"request": row.id, "paise": paise})
        doing.audit("request.amount", f"request:{row.number}", paise=paise, before=row.paise)
    return paise


def first_of_two(
    doing: Doing, row: Row[Any], who: frozenset[str], lender: Row[Any] | None
) -> frozenset[str] | None:
    """The roles that can add the second approval if this one is only the first; None: it is enough.

    `lender` is who is away and for whom it is given: their limit counts. Refusal for who gave the first, or
    for whom it was given, and where neither of the two has a limit that reaches so far.
    """
    staff = doing.caller.staff
    if row.paise is None or staff is None:
        return None
    given = limits.of_plant(doing.session, row.plant_id)
    role = lender.role if lender else staff.role
    if given.alone(role, row.paise):
        return None
    bind = {"number": row.number, "roles": sorted(who)}
    first = doing.session.connection().exec_driver_sql(_FIRST, bind).one_or_none()
    mine = {staff.id, lender.id} if lender else {staff.id}
    standing = _standing(given, row.paise, who, role, mine, tuple(first) if first else None)
    if standing.why is not None:
        raise Refusal(refusal(standing, row.number, row.paise))
    return None if first else frozenset(standing.others)


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """Who can add the other of two approvals; `why` not the one who asks here: `first_yours`, `second_by`."""

    others: tuple[str, ...] = ()
    why: str | None = None


def standing(reader: Reader, me: StaffMember, number: str, plant_id: int, paise: int) -> Standing:
    """How it stands with two approvals before one approves, so that nobody is asked for a code in vain.

    What it says is checked again in the act.
    """
    given = limits.of(reader, plant_id)
    if given.alone(me.role, paise):
        return Standing()
    rows = reader.rows(_FIRST, {"number": number, "roles": sorted(CHARGE)})
    return _standing(given, paise, CHARGE, me.role, {me.id}, rows[0] if rows else None)


def refusal(standing: Standing, number: str, paise: int) -> Text:
    """Why an approval is not this person's, in words that name who can."""
    who = telling.roles(frozenset(standing.others))
    return say(f"work.{standing.why}", request=number, amount=Money(paise), who=who)


def _standing(
    given: Limits, paise: int, who: frozenset[str], role: str, mine: set[int], first: tuple[Any, ...] | None
) -> Standing:
    """Judge an approval above a role's limit: the first of two, the second, or neither.

    `mine`: who gives it, and for whom; neither may have had a part in the first.
    """
    able = frozenset(role for role in who if given.covers(role, paise))
    if first is None:
        return Standing(tuple(sorted(who if role in able else able)))
    first_id, first_role, holder_id = first
    others = who if first_role in able else able
    why = "first_yours" if mine & {first_id, holder_id} else None if role in others else "second_by"
    return Standing(tuple(sorted(others)), why)


def tell_second(doing: Doing, row: Row[Any], who: frozenset[str]) -> None:
    """Tell those who can add the second approval that it waits for them."""
    staff = doing.caller.staff
    if staff is None:
        return
    words = say(
        "work.waits_second",
        request=row.number,
        what=telling.what(row.kind, row.topic),
        amount=Money(row.paise),
        name=Name(staff.name, staff.name_local),
    )
    but = {staff.id, row.raised_by}
    telling.tell_roles(doing, row.plant_id, who, but, f"second:{row.number}", words, able=CHARGE)
