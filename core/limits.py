"""Limits of approval: how much a role decides alone, and from which amount on two people are needed.

An organisation's own limits are loaded with its plants; where it has none of its own, DEFAULTS hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.text import say
from core.work.rules import CLUSTER, STATE

DEFAULTS: Mapping[str, int | None] = {CLUSTER: 5_000_00, STATE: None}
"""Paise a role decides alone where its organisation says nothing; None: without end. Others: nothing."""

_OF = """
SELECT organisation.second_from_paise, coalesce((
    SELECT jsonb_object_agg(role, limit_paise) FROM approval_limit
    WHERE organisation_id = organisation.id), '{}')
FROM plant JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
JOIN organisation ON organisation.id = state.organisation_id
"""
_OF_PLANT = f"{_OF} WHERE plant.id = %(plant)s"
_OF_CONNECTION = (
    f"{_OF} JOIN connection ON connection.plant_id = plant.id WHERE connection.id = %(connection)s"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """An organisation's limits in paise by role (None: without end), and from where on it takes two."""

    roles: Mapping[str, int | None]
    second_from_paise: int | None

    def alone(self, role: str, paise: int) -> bool:
        """Whether this role decides about the amount by itself."""
        if self.second_from_paise is not None and paise >= self.second_from_paise:
            return False
        return self._within(role, paise)

    def covers(self, role: str, paise: int) -> bool:
        """Whether one of this role is enough among two: its limit reaches so far, or it is the state."""
        return role == STATE or self._within(role, paise)

    def _within(self, role: str, paise: int) -> bool:
        limit = self.roles.get(role, 0)
        return limit is None or paise <= limit


def of_plant(session: Session, plant_id: int) -> Limits:
    """The limits that hold in a plant, for an act."""
    row = session.connection().exec_driver_sql(_OF_PLANT, {"plant": plant_id}).one()
    return _limits(tuple(row))


def check(doing: Doing, plant_id: int, paise: int) -> None:
    """Refusal where the amount is not for this member of staff to decide alone."""
    staff = doing.caller.staff
    if staff is None or not of_plant(doing.session, plant_id).alone(staff.role, paise):
        raise Refusal(say("work.above", amount=Money(paise)))


def of(reader: Reader, plant_id: int) -> Limits:
    """The limits that hold in a plant, for a talk."""
    return _limits(reader.rows(_OF_PLANT, {"plant": plant_id})[0])


def decides(reader: Reader, role: str, connection_id: int, paise: int) -> bool:
    """Whether this role decides about the amount alone: what a talk asks before it goes on."""
    return _limits(reader.rows(_OF_CONNECTION, {"connection": connection_id})[0]).alone(role, paise)


def _limits(row: tuple[Any, ...]) -> Limits:
    second, own = row
    return Limits({**DEFAULTS, **own}, second)
