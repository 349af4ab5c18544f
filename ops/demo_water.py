"""Seven weeks of the demo's water: Sikandarpur has a unit, sold from and read every evening."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core import ledger
from core.clock import local
from core.tables import WaterReading, WaterSale
from ops.demo_past import moment

PLANT, DAYS = "SKP", 49
PAISE = 2_00
"""What a litre costs there."""
WH = 14
"""What a litre takes, about; the unit makes a little more than is sold."""
_UNIT = text("""
    SELECT plant.id AS plant_id, staff.id AS staff_id
    FROM plant JOIN staff_scope ON staff_scope.plant_id = plant.id
    JOIN staff ON staff.id = staff_scope.staff_id AND staff.role = 'technician'
    WHERE plant.code = :plant
""")


def write_water(session: Session, now: datetime) -> None:
    """Sell water every day until yesterday, and read the unit's counters in the evening."""
    chance = random.Random(PLANT)  # noqa: S311 (invented data, the same every time)
    unit = session.execute(_UNIT, {"plant": PLANT}).one()
    cash = ledger.account_id(session, "cash", staff_id=unit.staff_id)
    earned = ledger.account_id(session, "water", plant_id=unit.plant_id)
    today = local(now).date()
    litres, wh = 184_300, 2_610_400
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    _read(session, unit.plant_id, unit.staff_id, days[0] - timedelta(days=1), litres, wh)
    for day in days:
        sold = chance.randint(14, 34) * 20
        made = sold * chance.randint(103, 109) // 100
        litres, wh = litres + made, wh + made * chance.randint(WH - 1, WH + 1)
        at, paise = moment(day, time(17, chance.randint(0, 59))), sold * PAISE
        source = f"water:demo:{day.isoformat()}"
        moves = [(cash, paise), (earned, -paise)]
        entry = ledger.post(session, source=source, kind="water", plant_id=unit.plant_id, at=at, moves=moves)
        sale = {"source": source, "plant_id": unit.plant_id, "staff_id": unit.staff_id, "litres": sold}
        session.execute(
            insert(WaterSale),
            [{**sale, "amount_paise": paise, "sold_at": at, "sold_on": day, "entry_id": entry}],
        )
        _read(session, unit.plant_id, unit.staff_id, day, litres, wh)


def _read(session: Session, plant_id: int, staff_id: int, day: date, litres: int, wh: int) -> None:
    reading = {"source": f"water:demo:read:{day.isoformat()}", "plant_id": plant_id, "staff_id": staff_id}
    at = moment(day, time(19, 0))
    session.execute(
        insert(WaterReading), [{**reading, "taken_on": day, "litres": litres, "wh": wh, "noted_at": at}]
    )
