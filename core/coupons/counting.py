"""Coupons that end soon are recalled once; what became of all of them, per scheme and plant."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.billing.telling import sensible
from core.clock import local, now, today
from core.coupons.making import FROM_HOUR, TO_HOUR
from core.db import Database, Reader
from core.outbox import Message, post_many
from core.text import Name, Named, say

CHASED_DAYS = 3
"""Days before its end on which a coupon is recalled."""
BATCH = 500

_CHASE = text("""
    WITH ending AS (
        SELECT id FROM coupon WHERE entry_id IS NULL AND chased_at IS NULL
        AND expires_on BETWEEN :today AND :until ORDER BY id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), chased AS (
        UPDATE coupon SET chased_at = :at FROM ending WHERE coupon.id = ending.id RETURNING coupon.*
    )
    SELECT chased.id, chased.code, chased.expires_on, chased.connection_id, connection.number, link.e164
    FROM chased JOIN connection ON connection.id = chased.connection_id
    LEFT JOIN connection_phone AS link ON link.connection_id = chased.connection_id
        AND link.role IN ('holder', 'payer')
""")
_ENDING = """
SELECT connection.number, customer.name, customer.name_local, coupon.expires_on
FROM coupon JOIN connection ON connection.id = coupon.connection_id
JOIN customer ON customer.id = connection.customer_id
WHERE coupon.entry_id IS NULL AND coupon.expires_on BETWEEN %(today)s AND %(until)s
AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY coupon.expires_on, connection.number LIMIT %(limit)s
"""
# Eligible: active connections that the scheme's places and packages name, whether they have a coupon or not.
_RESULTS = """
SELECT scheme.code, plant.name, plant.name_local,
    count(coupon.id), count(coupon.entry_id),
    count(coupon.id) FILTER (WHERE coupon.entry_id IS NULL AND coupon.expires_on < %(today)s),
    coalesce(sum(coupon.paise), 0)::bigint, count(DISTINCT coupon.connection_id),
    (SELECT count(*) FROM connection AS able WHERE able.plant_id = plant.id AND able.status = 'active'
     AND (NOT EXISTS (SELECT FROM coupon_package WHERE scheme_id = scheme.id)
          OR able.package_id IN (SELECT package_id FROM coupon_package WHERE scheme_id = scheme.id)))
FROM coupon_scheme AS scheme
JOIN coupon ON coupon.scheme_id = scheme.id
JOIN connection ON connection.id = coupon.connection_id
JOIN plant ON plant.id = connection.plant_id
JOIN staff_plant ON staff_plant.plant_id = plant.id AND staff_plant.staff_id = %(staff)s
GROUP BY scheme.id, plant.id ORDER BY scheme.last DESC, scheme.code, plant.name LIMIT %(limit)s
"""
_MINE = """
SELECT coupon.code, scheme.name, scheme.name_local, coupon.expires_on
FROM coupon JOIN coupon_scheme AS scheme ON scheme.id = coupon.scheme_id
WHERE coupon.connection_id = ANY(%(connections)s) AND coupon.entry_id IS NULL
AND coupon.expires_on >= %(today)s ORDER BY coupon.expires_on, coupon.id LIMIT %(limit)s
"""


class Ending(Named, msgspec.Struct, frozen=True, array_like=True):
    """Whose coupon ends soon."""

    number: str
    name: str
    name_local: str | None
    day: date


class Result(msgspec.Struct, frozen=True, array_like=True):
    """A scheme at a plant: coupons, paise given, and how many of those who could have taken part."""

    scheme: str
    plant: str
    plant_local: str | None
    made: int
    redeemed: int
    expired: int
    paise: int
    taking_part: int
    eligible: int

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)

    @property
    def share(self) -> int:
        """Per cent of the eligible connections that got a coupon; those who left since don't count above."""
        return min(100, round(100 * self.taking_part / self.eligible)) if self.eligible else 0


class Mine(Named, msgspec.Struct, frozen=True, array_like=True):
    """A coupon that a customer can redeem."""

    code: str
    name: str
    name_local: str | None
    day: date


def chase(database: Database, service: str, default_language: str) -> int:
    """Recall what ends in three days, each coupon once; gives how many."""
    return database.in_batches(BATCH, lambda session: _chase(session, service, default_language))


def _chase(session: Session, service: str, default_language: str) -> int:
    at = now()
    day = local(at).date()
    bind = {"today": day, "until": day + timedelta(days=CHASED_DAYS), "at": at, "batch": BATCH}
    rows = session.execute(_CHASE, bind).all()
    messages = [
        Message(
            f"coupon-ends:{row.id}:{row.e164}",
            row.e164,
            "coupon",
            say("coupon.ends", code=row.code, number=row.number, day=row.expires_on, service=service),
            row.connection_id,
            at=sensible(at, FROM_HOUR, TO_HOUR),
        )
        for row in rows
        if row.e164
    ]
    post_many(session, messages, default_language=default_language)
    return len({row.id for row in rows})


def ending(reader: Reader, staff_id: int, limit: int) -> list[Ending]:
    """Whose coupons end within a week, for somebody to call (3.5.13: cluster in-charge)."""
    day = today()
    bind = {"staff": staff_id, "today": day, "until": day + timedelta(days=7), "limit": limit}
    return [Ending(*row) for row in reader.rows(_ENDING, bind)]


def results(reader: Reader, staff_id: int, limit: int) -> list[Result]:
    """What became of the coupons of one's plants, newest scheme first (3.5.13: state in-charge)."""
    bind = {"staff": staff_id, "today": today(), "limit": limit}
    return [Result(*row) for row in reader.rows(_RESULTS, bind)]


def mine(reader: Reader, connection_ids: list[int], limit: int) -> list[Mine]:
    """What a customer can redeem, what ends first before the rest."""
    bind = {"connections": connection_ids, "today": today(), "limit": limit}
    return [Mine(*row) for row in reader.rows(_MINE, bind)]
