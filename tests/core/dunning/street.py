"""A street whose bills are due on 16 December, and a calendar to leaf through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from core import billing
from core.billing import Period
from core.doing import Doing
from core.dunning import promises, reminders
from core.people import find_caller
from core.text import Text
from tests.play import Play

ASHA, GEETA, GEETAS_SON, RAMESH = "+919800000001", "+919800000005", "+919800000006", "+919800000002"
DUE = date(2026, 12, 16)
_keys = count(1)


def noon(day: date) -> datetime:
    """Midday in India."""
    return datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC)


@dataclass
class Street:
    """The small world of tests/world, billed for November."""

    play: Play
    today: date = field(default=date(2026, 12, 2))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.play.services.database.reader.rows(sql, {})

    def connection(self, number: str) -> int:
        return int(self.rows(f"SELECT id FROM connection WHERE number = '{number}'")[0][0])

    def dues(self, number: str) -> int:
        return int(
            self.rows(
                "SELECT balance_paise FROM account WHERE kind = 'dues' "
                f"AND connection_id = {self.connection(number)}"
            )[0][0]
        )

    def act(self, phone: str, act: Callable[[Doing], Any], key: str | None = None) -> Any:
        """One act of a phone, today at noon."""
        database, settings = self.play.services.database, self.play.settings
        with database.begin() as session:
            caller = find_caller(database.reader, phone)
            return act(Doing(session, caller, "sms", key or f"act-{next(_keys)}", noon(self.today), settings))

    def promise(self, phone: str, number: str, days: int, key: str | None = None) -> Text:
        connection = self.connection(number)
        words = self.act(phone, lambda doing: promises.make(doing, connection, number, days), key)
        assert isinstance(words, Text)
        return words

    def sweep(self, day: date, hour: int = 12) -> list[tuple[str, str]]:
        """Follow up and recall on a day; gives phone and words of what is new."""
        self.today = day
        seen = self.rows("SELECT coalesce(max(id), 0) FROM outbox")[0][0]
        at = noon(day) + timedelta(hours=hour - 12)
        database = self.play.services.database
        promises.sweep(database, at, default_language="en", service="Bijli Line")
        reminders.sweep(database, at, (-3, 4, 11), default_language="en", service="Bijli Line")
        return [
            (phone, body)
            for phone, body in self.rows(
                f"SELECT recipient, body FROM outbox WHERE id > {seen} ORDER BY recipient, id"
            )
        ]


def billed(play: Play) -> Street:
    database = play.services.database
    billing.post(
        database, billing.plant_of(database, "RAMPUR"), Period.read("2026-11"), lambda *_: None,
        default_language="en", service="Bijli Line", issued_on=date(2026, 12, 1),
    )  # fmt: skip
    return Street(play)
