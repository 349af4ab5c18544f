"""`bijli switch`: the engineer's own hand on a smart meter."""

from __future__ import annotations

import secrets

from sqlalchemy import insert, text

from core import meters
from core.clock import now
from core.db import Database
from core.errors import NoMeter
from core.ids import read_number
from core.settings import Settings
from core.tables import Audit


def run(settings: Settings, number: str, *, on: bool) -> str:
    """Write the wish; gives one line that says what becomes of it. NoMeter where there is none to tell."""
    database, at = Database(settings.database_url), now()
    try:
        with database.begin() as session:
            found = text("SELECT id, number FROM connection WHERE number = :number")
            row = session.execute(found, {"number": read_number(number)}).one_or_none()
            if row is None:
                raise NoMeter(f"there is no connection {number}")
            source = f"engineer:{secrets.token_hex(8)}"
            if not meters.switch(session, source=source, connection_id=row.id, on=on, at=at):
                raise NoMeter(f"{number} has no smart meter")
            session.execute(
                insert(Audit).values(
                    at=at,
                    channel="bijli",
                    action="meter.switch",
                    object=f"connection:{row.number}",
                    details={"on": on, "source": source},
                )
            )
    finally:
        database.close()
    if on or meters.may_cut(at, settings.holidays):
        return f"The meter of {number} is told to switch {'on' if on else 'off'}."
    return f"The meter of {number} switches off at the next fit hour: by day, on no Sunday or holiday."
