"""What customers and staff hear of flags: once each, kindly, at sensible hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.billing.telling import sensible
from core.money import Money
from core.outbox import Message, post_many
from core.text import Name, Text, say

NAMED = 3
"""So many connections the message to staff names; FLAGS shows all."""

_PHONES = text("""
SELECT connection_id, e164 FROM connection_phone
WHERE connection_id = ANY(:connections) AND role IN ('holder', 'payer') ORDER BY connection_id, position
""")
# A plant is told once a day; what is flagged later that day is told the next.
_UNTOLD = text("""
WITH open AS (
    SELECT flag.*, connection.plant_id, connection.number FROM connection_flag AS flag
    JOIN connection ON connection.id = flag.connection_id WHERE flag.state <> 'restored'
), plants AS (
    SELECT plant_id, count(*) AS people,
        (array_agg(number ORDER BY arrears_paise DESC, number))[1:CAST(:named AS integer)] AS numbers,
        (array_agg(arrears_paise ORDER BY arrears_paise DESC, number))[1:CAST(:named AS integer)] AS amounts
    FROM open GROUP BY plant_id
    HAVING bool_or(staff_told_at IS NULL) AND coalesce(max(staff_told_at) < :midnight, true)
), told AS (
    UPDATE connection_flag AS flag SET staff_told_at = :at FROM open JOIN plants USING (plant_id)
    WHERE flag.id = open.id
)
SELECT plant.id, plant.name, plant.name_local, plants.people, plants.numbers, plants.amounts, staff.phone
FROM plants JOIN plant ON plant.id = plants.plant_id
JOIN staff_plant ON staff_plant.plant_id = plant.id JOIN staff ON staff.id = staff_plant.staff_id
WHERE staff.active AND staff.phone IS NOT NULL AND staff.role IN ('technician', 'cluster_in_charge')
ORDER BY plant.id, staff.phone
""")


@dataclass(frozen=True, slots=True)
class Words:
    """What customers hear from the sweep, in which words and from whom."""

    session: Session
    service: str
    helpline: str
    default_language: str

    def notice(self, flags: Sequence[Row[Any]], at: datetime) -> None:
        """Tell in good time: what is overdue, by when to pay, and whom to call where that is hard."""
        told = {
            row.connection_id: (
                f"flag:{row.id}:{row.act_after:%Y%m%d}",
                say(
                    "supply.notice",
                    number=row.number,
                    amount=Money(row.arrears_paise),
                    day=clock.local(row.act_after).date() - timedelta(days=1),
                    helpline=self.helpline,
                    service=self.service,
                ),
            )
            for row in flags
        }
        tell_customers(self.session, told, sensible(at), default_language=self.default_language)

    def switched(self, flags: Sequence[Row[Any]], how: str, at: datetime) -> None:
        """Tell that supply is off, or on again."""
        told = {
            row.connection_id: (
                f"flag:{row.id}:{how}:{at:%Y%m%d%H%M%S}",
                say(f"supply.{how}", number=row.number, helpline=self.helpline, service=self.service),
            )
            for row in flags
        }
        tell_customers(self.session, told, at, default_language=self.default_language)


def tell_customers(
    session: Session, told: Mapping[int, tuple[str, Text]], at: datetime, *, default_language: str
) -> None:
    """Put words on the way to every phone that holds or pays for a connection: source and words by its id."""
    if not told:
        return
    phones = session.execute(_PHONES, {"connections": list(told)}).all()
    messages = [
        Message(f"{told[row.connection_id][0]}:{row.e164}", row.e164, "supply", told[row.connection_id][1],
                row.connection_id, at=at)
        for row in phones
    ]  # fmt: skip
    post_many(session, messages, default_language=default_language)


def tell_plants(session: Session, at: datetime, *, default_language: str) -> None:
    """Tell technicians and cluster in-charges, once a plant and day, who is above the limit there."""
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = session.execute(_UNTOLD, {"at": at, "midnight": midnight, "named": NAMED}).all()
    messages = [
        Message(f"flags:{row.id}:{midnight:%Y%m%d}:{row.phone}", row.phone, "staff_alert", _listed(row))
        for row in rows
    ]
    post_many(session, messages, default_language=default_language)


def _listed(row: Row[Any]) -> Text:
    listed = tuple(
        say("flags.short", number=number, amount=Money(paise))
        for number, paise in zip(row.numbers, row.amounts, strict=True)
    )
    plant = Name(row.name, row.name_local)
    return say("alerts.flagged", plant=plant, people=row.people, rows=listed)
