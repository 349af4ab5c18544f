"""What whoever asked says of what is finished: a fault's code, read out to who finished it, and the stars.

The code is a yes in another's mouth. It comes with the question whether it is mended, holds for this
finishing of this fault in the hands of who finished it, and for nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import codes
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.text import Name, Text, say
from core.work.rules import OFF, RATED, WAITS, Kind, Step

LIFE = WAITS["review"]
"""As long as the fault waits for a yes before it goes up."""

_FINISHED = """
SELECT request.number, request.topic, customer.name, customer.name_local FROM request
LEFT JOIN connection ON connection.id = request.connection_id
LEFT JOIN customer ON customer.id = connection.customer_id
WHERE request.closed_at IS NULL AND request.kind = 'fault' AND request.state = 'review'
AND request.done_by = %(staff)s
AND request.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY request.waits_since DESC LIMIT %(limit)s
"""
_RATE = text("""
    UPDATE request SET rating = :stars WHERE number = :number AND kind = ANY(:kinds)
    AND (state = 'completed' OR state = 'review' AND kind <> 'fault') AND (
        phone = :phone OR EXISTS (SELECT FROM connection_phone AS link
            WHERE link.connection_id = request.connection_id AND link.e164 = :phone))
    RETURNING id
""")


class Finished(msgspec.Struct, frozen=True, array_like=True):
    """A fault that one has finished and that waits for its customer's yes."""

    number: str
    topic: str
    name: str | None
    name_local: str | None

    @property
    def label(self) -> Name:
        return Name(self.name or "-", self.name_local)


def finished(reader: Reader, staff_id: int, limit: int) -> list[Finished]:
    """The faults that one has finished and that wait for a yes, the newest first."""
    return [Finished(*row) for row in reader.rows(_FINISHED, {"staff": staff_id, "limit": limit})]


def new_code(doing: Doing, number: str, phone: str) -> str:
    """The code for a fault that is finished in this moment, on its way to `phone` with the question."""
    return codes.new_code(doing, phone, _purpose(number, doing.at), LIFE)


def try_code(doing: Doing, row: Row[Any], typed: str) -> str:
    """Try what a customer has read out for a locked fault that waits for a yes: as codes.try_code."""
    return codes.try_code(doing, typed, _purpose(row.number, row.waits_since))


def _purpose(number: str, finished_at: datetime) -> str:
    """A fault that comes back and is finished again has another code."""
    return f"{codes.TOLD}mended:{number}:{finished_at.timestamp():.6f}"


def rate(doing: Doing, number: str, stars: int) -> None:
    """Keep how the one who asked liked it, 1 to 5; the newest word counts. Refusal when it is not theirs."""
    bind = {
        "number": number,
        "stars": stars,
        "phone": doing.caller.phone,
        "kinds": [str(kind) for kind in RATED],
    }
    if doing.session.execute(_RATE, bind).first() is None:
        raise Refusal(say("work.none_yours", request=number))
    doing.audit("request.rate", f"request:{number}", stars=stars)


def asks(row: Row[Any], step: Step) -> bool:
    """Whether this step's message asks how they liked it: once a request, and not if it is off for good."""
    if row.rating is not None or row.details.get("stars") or (row.kind == Kind.STATUS and row.topic == OFF):
        return False
    if row.kind == Kind.THEFT and row.raised_by is not None:
        return False
    return step in RATED.get(Kind(row.kind), ())


def asking(row: Row[Any], step: Step) -> dict[str, str]:
    """What a request remembers of having asked."""
    return {"stars": "asked"} if asks(row, step) else {}


def how(asked: bool) -> Text | str:
    """The question how they liked it, within a message."""
    return say("work.stars") if asked else ""
