"""A desk for the tests of work: the small world's people, and steps under keys of one's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.doing import Doing
from core.errors import Refusal
from core.people import Caller, find_caller
from core.work.machine import Moved, take_step
from core.work.raising import raise_request
from core.work.rules import CLUSTER, STATE, Kind, Step
from tests.play import Play

T = TypeVar("T")
AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
PEOPLE = {
    "operator": "+919800000031",
    "technician": "+919800000002",
    "other technician": "+919800000012",
    "CSA": "+919800000032",
    "cluster in-charge": "+919800000003",
    "state in-charge": "+919800000030",
    "technician elsewhere": "+919800000040",
    "who asked": "+919800000001",
    "nobody": "+919800000009",
}
_keys = count(1)


@dataclass
class Desk:
    """Acts of people by what they are; a Refusal is given back as its key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        self.callers = {who: find_caller(reader, phone) for who, phone in PEOPLE.items()}

    def doing(self, session: Session, who: str, at: datetime = AT) -> Doing:
        return Doing(session, self.callers[who], "sms", f"t/{next(_keys)}.1", at, self.play.settings)

    def act(self, who: str, do: Callable[[Doing], T], at: datetime = AT) -> T | str:
        try:
            with self.play.services.database.begin() as session:
                return do(self.doing(session, who, at))
        except Refusal as refusal:
            return refusal.text.key

    def fault(self, who: str = "who asked", topic: str = "no_power", at: datetime = AT) -> str:
        """A fault at Asha Devi's connection in Rampur."""
        plant, connection = self.rows("SELECT plant_id, id FROM connection WHERE number = '120457'")[0]
        number = self.act(
            who,
            lambda doing: raise_request(
                doing, Kind.FAULT, plant_id=int(str(plant)), connection_id=int(str(connection)), topic=topic
            ),
            at,
        )
        return str(number)

    def step(
        self, who: str, number: str, step: Step, at: datetime = AT, to: str | None = None, note: str = "note"
    ) -> Moved | str:
        staff = self.callers[to].staff if to else None
        return self.act(
            who,
            lambda doing: take_step(doing, number, step, note=note, to_staff_id=staff.id if staff else None),
            at,
        )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.play.services.database.reader.rows(sql, {})]


def more_in_charge(desk: Desk) -> Desk:
    """Two more in charge: another of the cluster, and another of the state."""
    for code, role, phone, scope in (
        ("M9", CLUSTER, "+919800000091", "cluster"),
        ("S9", STATE, "+919800000092", "state"),
    ):
        run(desk, f"INSERT INTO phone (e164) VALUES ('{phone}')")
        run(
            desk,
            f"INSERT INTO staff (code, name, phone, role) VALUES ('{code}', '{code}', '{phone}', '{role}')",
        )
        run(
            desk,
            f"INSERT INTO staff_scope (staff_id, {scope}_id) SELECT staff.id, {scope}.id FROM staff, {scope} "
            f"WHERE staff.code = '{code}' AND {scope}.code = '{'PURNIA' if scope == 'cluster' else 'BR'}'",
        )
    people = {"other cluster": "+919800000091", "other state": "+919800000092"}
    reader = desk.play.services.database.reader
    desk.callers.update({who: find_caller(reader, phone) for who, phone in people.items()})
    return desk


def run(desk: Desk, sql: str) -> None:
    with desk.play.services.database.begin() as session:
        session.execute(text(sql))
