"""The small world's water, as the tests draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from sqlalchemy import text

from core import clock
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.ledger import AlreadyPosted
from core.people import find_caller
from core.water import selling
from tests.play import Play

RAMESH, SURESH, IN_CHARGE, ASHA = "+919800000002", "+919800000012", "+919800000003", "+919800000001"
_keys = count(1)


@dataclass
class Well:
    """The small world's water, with acts under keys of one's choice."""

    play: Play

    @property
    def reader(self) -> Reader:
        return self.play.services.database.reader

    def plant(self, code: str = "RAMPUR") -> int:
        return int(str(self.rows(f"SELECT id FROM plant WHERE code = '{code}'")[0][0]))

    def staff(self, phone: str) -> int:
        return int(str(self.rows(f"SELECT id FROM staff WHERE phone = '{phone}'")[0][0]))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.reader.rows(sql, {})]

    def act(
        self, phone: str, do: Callable[[Doing], object], key: str | None = None, at: datetime | None = None
    ) -> object:
        """One act in one transaction; a Refusal is given back as its key."""
        caller = find_caller(self.reader, phone)
        try:
            with self.play.services.database.begin() as session:
                made = Doing(
                    session, caller, "sms", key or f"w/{next(_keys)}.1", at or clock.now(), self.play.settings
                )
                return do(made)
        except Refusal as refusal:
            return refusal.text.key
        except AlreadyPosted:
            return "repeated"

    def shown(self, *days: tuple[date, int, int | None]) -> None:
        """What the counters of Rampur showed on some days, litres and Wh; the counters never began anew."""
        with self.play.services.database.begin() as session:
            session.execute(
                text(
                    "INSERT INTO water_reading (source, plant_id, taken_on, litres, wh) "
                    "SELECT 'test:' || CAST(:day AS date), id, :day, :litres, :wh FROM plant "
                    "WHERE code = 'RAMPUR'"
                ),
                [{"day": day, "litres": litres, "wh": wh} for day, litres, wh in days],
            )

    def sold(self, day: date, litres: int, paise: int) -> None:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=clock.INDIA)
        self.act(RAMESH, lambda doing: selling.sell(doing, self.plant(), litres, paise), at=at)

    def say(self, phone: str, words: str) -> str:
        """Text something; gives what comes back to that phone."""
        self.play.text(phone, words)
        return "\n".join(said for to, said in self.play.deliver() if to == phone)
