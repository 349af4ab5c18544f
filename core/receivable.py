"""What plants took in and what is still owed to them: for staff, in their own plants.

A question costs what its period or its connections hold, never the history: payments are found by
their day, bills by their connection from a first day on.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from core.clock import today
from core.db import Reader
from core.text import Name

OLDEST_BILL = timedelta(days=150)
"""A bill issued in the last sixty days is for a period that began later than this."""

_MINE = (
    "staff_plant.staff_id = %(staff)s AND (%(plant)s::text IS NULL OR upper(plant.code) = upper(%(plant)s))"
)

# Water is sold to nobody in particular, so it has no payment: it stands beside the ways of paying.
_TAKEN = f"""
WITH mine AS (
    SELECT plant.id, plant.name, plant.name_local
    FROM staff_plant JOIN plant ON plant.id = staff_plant.plant_id WHERE {_MINE}
), taken AS (
    SELECT mine.id, payment.mode, payment.paid_at AS at, payment.amount_paise AS paise
    FROM payment
    JOIN connection ON connection.id = payment.connection_id JOIN mine ON mine.id = connection.plant_id
    WHERE payment.paid_at >= (%(first)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
      AND payment.paid_at < (%(upto)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
      AND payment.reversal_id IS NULL
    UNION ALL
    SELECT mine.id, 'water', sold_at, amount_paise
    FROM water_sale JOIN mine ON mine.id = water_sale.plant_id
    WHERE sold_at >= (%(first)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
      AND sold_at < (%(upto)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
      AND undone_at IS NULL AND amount_paise > 0
)
SELECT mine.name, mine.name_local, mode,
       count(*) FILTER (WHERE at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'),
       coalesce(sum(paise) FILTER (
           WHERE at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'), 0)::bigint,
       count(*), sum(paise)::bigint
FROM taken JOIN mine ON mine.id = taken.id
GROUP BY mine.id, mine.name, mine.name_local, mode ORDER BY mine.name, mine.id, mode
"""  # noqa: S608 (our own words)

# What is owed is as old as the bills it can come from: money that came paid the oldest first.
_OWED = f"""
WITH taken AS (
    SELECT connection.plant_id, sum(payment.amount_paise) AS paise
    FROM payment JOIN connection ON connection.id = payment.connection_id
    WHERE payment.paid_at >= (%(month)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
      AND payment.reversal_id IS NULL AND payment.purpose = 'dues'
    GROUP BY connection.plant_id
), each AS (
    SELECT connection.plant_id, billed.this_month, greatest(coalesce(account.balance_paise, 0), 0) AS owed,
           billed.fresh + fee.fresh AS fresh, billed.older + fee.older AS older
    FROM staff_plant
    JOIN plant ON plant.id = staff_plant.plant_id
    JOIN connection ON connection.plant_id = plant.id
    LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_paise) FILTER (WHERE issued_on >= %(month)s), 0) AS this_month,
               coalesce(sum(amount_paise) FILTER (WHERE issued_on >= %(day)s - 30), 0) AS fresh,
               coalesce(sum(amount_paise) FILTER (
                   WHERE issued_on < %(day)s - 30 AND issued_on >= %(day)s - 60), 0) AS older
        FROM bill WHERE bill.connection_id = connection.id AND reversed_at IS NULL
          AND period_from >= %(oldest)s
    ) AS billed
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(paise) FILTER (WHERE closed_at >= %(day)s - 30), 0) AS fresh,
               coalesce(sum(paise) FILTER (
                   WHERE closed_at < %(day)s - 30 AND closed_at >= %(day)s - 60), 0) AS older
        FROM bill_late_fee WHERE bill_late_fee.connection_id = connection.id
          AND entry_id IS NOT NULL AND reversal_id IS NULL AND waived_by IS NULL
    ) AS fee
    WHERE {_MINE}
), summed AS (
    SELECT plant_id, sum(this_month) AS billed, sum(owed) AS owed, count(*) FILTER (WHERE owed > 0) AS people,
           sum(least(owed, fresh)) AS fresh, sum(least(greatest(owed - fresh, 0), older)) AS older
    FROM each GROUP BY plant_id
)
SELECT plant.name, plant.name_local, summed.billed::bigint, coalesce(taken.paise, 0)::bigint,
       summed.owed::bigint, summed.people, summed.fresh::bigint, summed.older::bigint,
       (summed.owed - summed.fresh - summed.older)::bigint
FROM summed JOIN plant ON plant.id = summed.plant_id LEFT JOIN taken ON taken.plant_id = plant.id
ORDER BY plant.name, plant.id
"""  # noqa: S608 (our own words)


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """What a plant took in by one way of paying: how many payments and paise, today and in the month."""

    plant: str
    plant_local: str | None
    mode: str
    today: int
    today_paise: int
    month: int
    month_paise: int

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)


class Receivable(msgspec.Struct, frozen=True, array_like=True):
    """A plant's month and what is owed to it, in paise; owed for up to 30 days, up to 60, and longer."""

    plant: str
    plant_local: str | None
    billed_paise: int
    collected_paise: int
    owed_paise: int
    people: int
    fresh_paise: int
    older_paise: int
    oldest_paise: int

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)


def taken_in(
    reader: Reader, staff_id: int, month: date | None = None, plant: str | None = None
) -> list[Taken]:
    """What came in today and in a month (None: this one), per plant in scope and way of paying."""
    first = month or today().replace(day=1)
    upto = (first + timedelta(days=31)).replace(day=1)
    bind = {"staff": staff_id, "day": today(), "first": first, "upto": upto, "plant": plant}
    return [Taken(*row) for row in reader.rows(_TAKEN, bind)]


def receivable(reader: Reader, staff_id: int, plant: str | None = None) -> list[Receivable]:
    """Billed and collected this month, and what is owed by age, per plant in scope."""
    day = today()
    bind = {
        "staff": staff_id,
        "day": day,
        "month": day.replace(day=1),
        "oldest": day - OLDEST_BILL,
        "plant": plant,
    }
    return [Receivable(*row) for row in reader.rows(_OWED, bind)]
