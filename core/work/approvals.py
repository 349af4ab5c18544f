"""Two pairs of eyes: an approval above one's own limit counts as the first of two.

An approval belongs to the amount it was given for: once the amount is another, it counts no longer.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core import limits
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.text import Name, say
from core.work import telling
from core.work.rules import Kind

_AMOUNT = text("UPDATE request SET paise = :paise WHERE id = :request")
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
          WHERE package_id IN (wanted.id, now_on.id) AND valid_from <= current_date
          ORDER BY package_id, valid_from DESC) AS valid
) AS price
WHERE connection.id = %(connection)s
"""
# The first of two, as long as they may still decide here.
_FIRST = text("""
    SELECT staff.id, staff.role, staff.name, staff.name_local FROM request_event
    JOIN staff ON staff.id = request_event.staff_id
    WHERE request_event.request_id = :request AND request_event.step = 'approve'
    AND request_event.paise = :paise AND staff.active AND staff.role = ANY(:roles)
    AND EXISTS (SELECT FROM staff_plant WHERE staff_id = staff.id AND plant_id = :plant)
    ORDER BY request_event.id LIMIT 1
""")


def difference(doing: Doing, connection_id: int, code: str) -> int:
    """How much a change to another package is about, in paise."""
    bind = {"connection": connection_id, "code": code}
    found = doing.session.connection().exec_driver_sql(_DIFFERENCE, bind).scalar_one_or_none()
    return int(found or 0)


def amount_now(doing: Doing, row: Row[Any], expected: int | None) -> int | None:
    """The amount of a locked request if it is no longer what was proven; None: it is the same.

    A package may have got another price since it was asked for: the request then has the new amount.
    """
    paise: int | None = row.paise
    if row.kind == Kind.PACKAGE and paise is not None and "package" in row.details:
        paise = difference(doing, row.connection_id, row.details["package"])
    if paise == expected:
        return None
    if paise != row.paise:
        doing.session.execute(_AMOUNT, {"request": row.id, "paise": paise})
        doing.audit("request.amount", f"request:{row.number}", paise=paise, before=row.paise)
    return paise


def first_of_two(doing: Doing, row: Row[Any], who: frozenset[str]) -> frozenset[str] | None:
    """The roles that can add the second approval if this one is only the first; None: it is enough.

    Refusal for who gave the first, and where neither of the two has a limit that reaches so far.
    """
    staff = doing.caller.staff
    if row.paise is None or staff is None:
        return None
    given = limits.of_plant(doing.session, row.plant_id)
    if given.alone(staff.role, row.paise):
        return None
    able = frozenset(role for role in who if given.covers(role, row.paise))
    bind = {"request": row.id, "paise": row.paise, "roles": sorted(who), "plant": row.plant_id}
    first = doing.session.execute(_FIRST, bind).one_or_none()
    if first is None:
        return who if staff.role in able else able
    others = who if first.role in able else able
    if first.id == staff.id:
        raise Refusal(say("work.first_yours", request=row.number, who=telling.roles(others)))
    if staff.role not in others:
        amount = Money(row.paise)
        raise Refusal(say("work.second_by", request=row.number, amount=amount, who=telling.roles(others)))
    return None


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
    telling.tell_roles(doing, row.plant_id, who, {staff.id, row.raised_by}, f"second:{row.number}", words)
