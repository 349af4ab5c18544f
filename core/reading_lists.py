"""A list of readings in one text, for places with little signal: each line stands or falls by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from core import lists, readings
from core.clock import local
from core.doing import Doing
from core.energy import units
from core.errors import Refusal
from core.metering import Meter
from core.readings import Judged, Shown
from core.text import Text, say


@dataclass(frozen=True, slots=True)
class Row:
    """One line: whose meter and what it shows (Wh), or `wrong`, which says what to send instead."""

    number: str = ""
    wh: int = 0
    wrong: Text | None = None


_MINE = text("""
    SELECT connection.id FROM connection JOIN staff ON staff.id = :staff AND staff.active
    WHERE connection.id = ANY(:ids)
    AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = :staff)
""")


def take(doing: Doing, running: int | None, rows: Sequence[Row], body: str, meters: Sequence[Meter]) -> Text:
    """Keep the good lines and name the others; `meters` are those of the lines, in scope or not.

    A running number that came before enters nothing. Nobody can be asked about a line here: what runs
    backwards or jumps is left to `READ` with that line alone.
    """
    staff = doing.caller.staff
    if staff is None:
        raise Refusal(say("pay.staff_only"))
    if (seen := lists.came_before(doing, staff.id, running, body)) is not None:
        return seen
    known = {meter.number: meter for meter in meters}
    bind = {"staff": staff.id, "ids": [meter.connection_id for meter in meters]}
    mine = set(doing.session.execute(_MINE, bind).scalars())
    refused = [_refused(row, known.get(row.number), mine) for row in rows]
    good = [row for row, wrong in zip(rows, refused, strict=True) if wrong is None]
    judged = iter(_record(doing, good, known, staff.id))
    said = [wrong or _result(row, next(judged)) for row, wrong in zip(rows, refused, strict=True)]
    taken = sum(line.key in ("readlist.taken", "readlist.first", "readlist.same") for line in said)
    head = say("readlist.head", good=taken, lines=len(rows))
    return say("nav.lines", lines=(head, *said, *lists.missing(doing, staff.id, running)))


def _refused(row: Row, meter: Meter | None, mine: set[int]) -> Text | None:
    """Why a line is not taken without asking, or None."""
    if row.wrong is not None:
        return row.wrong
    if meter is None:
        return say("batch.unknown", number=row.number)
    if meter.connection_id not in mine:
        return say("pay.not_yours", number=row.number)
    if not meter.metered:
        return say("readlist.no_meter", number=row.number)
    if meter.last_wh is None:
        much = meter.unlikely_first(row.wh)
        return say("readlist.much", number=row.number, shown=units(row.wh)) if much else None
    if row.wh < meter.last_wh:
        return say("readlist.lower", number=row.number, shown=units(row.wh), last=units(meter.last_wh))
    if meter.unlikely(row.wh - meter.last_wh):
        return say("readlist.jump", number=row.number, shown=units(row.wh), last=units(meter.last_wh))
    return None


def _record(doing: Doing, rows: Sequence[Row], known: dict[str, Meter], staff_id: int) -> list[Judged]:
    day = local(doing.at).date()
    shown = [Shown(known[row.number].connection_id, day, row.wh) for row in rows]
    judged = readings.record_many(doing.session, shown, source="staff", at=doing.at, staff_id=staff_id)
    for row, one in zip(rows, judged, strict=True):
        if one.taken:
            doing.audit("reading", f"connection:{row.number}", wh=row.wh, turned=0, how=one.state)
    return judged


def _result(row: Row, judged: Judged) -> Text:
    if judged.state == "twice":
        return say("readlist.twice", number=row.number)
    if not judged.taken:
        return say(f"read.{judged.state}", number=row.number)
    if judged.state == "same":
        return say("readlist.same", number=row.number, shown=units(row.wh))
    if judged.used_wh is None:
        return say("readlist.first", number=row.number, shown=units(row.wh))
    return say("readlist.taken", number=row.number, shown=units(row.wh), used=units(judged.used_wh))
