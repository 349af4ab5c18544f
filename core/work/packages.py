"""Package changes (2.2.9, 3.6.2): what a plant offers, what it would have cost, and the change itself."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Row, text

from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.payments import tell
from core.tariffs import Step as Price
from core.tariffs import Tariff, charge
from core.text import Name, Named, say
from core.work import approvals, telling
from core.work.raising import is_on, raise_request
from core.work.rules import RAISER, RAISERS, Kind, Step
from core.work.telling import roles

When: TypeAlias = Literal["now", "next"]
"""When a change begins: as soon as it is approved, or once the next bill is written."""

MONTHS = 3
"""How many bills that were read say what a customer uses."""
MONTH_DAYS = 30

_OFFERS = """
SELECT package.code, package.name, package.name_local, package.load_watts, package.hours,
    package.id, package.prepaid, package.metered, tariff.monthly_paise, tariff.rest_band,
    coalesce((SELECT json_agg(json_build_array(band, from_wh, upto_wh, paise) ORDER BY band, from_wh)
              FROM tariff_step WHERE tariff_id = tariff.id), '[]'),
    package.id = connection.package_id,
    (SELECT coalesce(sum(closing_wh - opening_wh) * %(days)s / nullif(sum(period_to - period_from + 1), 0), 0)
     FROM (SELECT closing_wh, opening_wh, period_from, period_to FROM bill
           WHERE bill.connection_id = connection.id AND reversed_at IS NULL AND reading_id IS NOT NULL
           ORDER BY period_from DESC LIMIT %(months)s) AS read)::bigint
FROM connection
JOIN package_plant ON package_plant.plant_id = connection.plant_id
JOIN package ON package.id = package_plant.package_id
CROSS JOIN LATERAL (
    SELECT id, monthly_paise, rest_band FROM tariff WHERE tariff.package_id = package.id
    AND valid_from <= (now() AT TIME ZONE 'Asia/Kolkata')::date ORDER BY valid_from DESC LIMIT 1
) AS tariff
WHERE connection.id = %(connection)s
ORDER BY package.id <> connection.package_id, tariff.monthly_paise, package.code LIMIT %(limit)s
"""
_TO_CHANGE = text("""
    SELECT connection.id, connection.number, connection.plant_id, package.id AS package_id,
        package.name, package.name_local, now_on.code AS code_now,
        (SELECT e164 FROM connection_phone AS link WHERE link.connection_id = connection.id
            AND link.role IN ('holder', 'payer') ORDER BY position LIMIT 1) AS phone,
        EXISTS (SELECT FROM connection_phone AS link WHERE link.connection_id = connection.id
            AND link.e164 = :phone AND link.role IN ('holder', 'payer')) AS theirs,
        EXISTS (SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
            WHERE staff.phone = :phone AND staff.active AND staff.role = ANY(:roles)
            AND staff_plant.plant_id = connection.plant_id) AS staffs
    FROM connection JOIN package AS now_on ON now_on.id = connection.package_id
    JOIN package_plant ON package_plant.plant_id = connection.plant_id
    JOIN package ON package.id = package_plant.package_id AND package.code = :code
    WHERE connection.id = :connection FOR NO KEY UPDATE OF connection
""")
_OPEN = text("""
    SELECT number FROM request WHERE kind = 'package_change' AND connection_id = :connection
    AND closed_at IS NULL
""")
_CHANGE = text("UPDATE connection SET package_id = :package WHERE id = :connection")


class Offer(Named, msgspec.Struct, frozen=True, array_like=True):
    """A package of the customer's plant; watts, paise, and what the customer uses in a month (Wh)."""

    code: str
    name: str
    name_local: str | None
    load_watts: int
    hours: str
    id: int
    prepaid: bool
    metered: bool
    monthly_paise: int
    rest_band: str
    steps: list[tuple[str, int, int | None, int]]
    current: bool
    used_wh: int

    @property
    def month_paise(self) -> int:
        """What a month like the last three would cost, in paise."""
        steps = tuple(Price(*step) for step in self.steps) if self.metered else ()
        lines = charge(
            Tariff(self.monthly_paise, steps, self.rest_band), self.used_wh, MONTH_DAYS, MONTH_DAYS
        )
        return sum(line.paise for line in lines)


def offers(reader: Reader, connection_id: int, limit: int) -> list[Offer]:
    """What the plant offers: the customer's own package first, then by price."""
    bind = {"connection": connection_id, "days": MONTH_DAYS, "months": MONTHS, "limit": limit}
    return [msgspec.convert(row, Offer) for row in reader.rows(_OFFERS, bind)]


def ask_for(doing: Doing, connection_id: int, code: str, when: When = "now") -> str:
    """Ask for another package, now or with the next bill; gives the request's number.

    Approvers hear of it at once; where staff ask, so do the customer's phones, and how to take it back.

    Refusal while another change of this connection is open, or the plant does not offer the package.
    """
    row = _to_change(doing, connection_id, code)
    if row is not None and not (row.theirs or row.staffs):
        raise Refusal(say("work.not_you", who=roles(RAISERS[Kind.PACKAGE] | {RAISER})))
    if row is None or not is_on(doing, Kind.PACKAGE, row.plant_id):
        raise Refusal(say("change.gone"))
    known = doing.session.execute(_OPEN, {"connection": connection_id}).scalar_one_or_none()
    if known:
        raise Refusal(say("change.known", request=known))
    number = raise_request(
        doing,
        Kind.PACKAGE,
        plant_id=row.plant_id,
        connection_id=connection_id,
        details={"package": code, "from": row.code_now, "when": when},
        paise=approvals.difference(doing, connection_id, code),
        phone=None if row.theirs else row.phone,
    )
    if not row.theirs:
        _tell_noted(doing, row, number)
    telling.tell_waiting(doing, number, Kind.PACKAGE, None, row.plant_id, Step.APPROVE)
    return number


def _tell_noted(doing: Doing, row: Row[Any], request: str) -> None:
    words = say(
        "work.told_noted",
        number=row.number,
        name=Name(row.name, row.name_local),
        request=request,
        service=doing.settings.service_name,
    )
    tell(doing, row.id, "notice", words)


def _to_change(doing: Doing, connection_id: int, code: str) -> Row[Any] | None:
    """The connection, held, with the package it is to have, if its plant offers that."""
    bind = {
        "connection": connection_id,
        "code": code,
        "phone": doing.caller.phone,
        "roles": sorted(RAISERS[Kind.PACKAGE]),
    }
    return doing.session.execute(_TO_CHANGE, bind).one_or_none()


def carry_out(doing: Doing, request: Row[Any]) -> None:
    """The technician has reprogrammed the connection: it is on the new package from now on.

    No money moves: what its deposit asks for beyond what is held is paid like any deposit, and what is held
    beyond that stays until it is refunded or set off (core/deposits.py).
    """
    waits = request.details.get("waits")
    if waits:
        raise Refusal(say(f"change.waits_{waits}", request=request.number))
    row = _to_change(doing, request.connection_id, request.details["package"])
    if row is None:
        raise Refusal(say("change.gone"))
    doing.session.execute(_CHANGE, {"package": row.package_id, "connection": row.id})
