"""What is known of a home without light: why, since when, and who is on it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from core.db import Reader
from core.text import Name
from core.work.switching import COVERED

_KNOWN = f"""
SELECT off.created_at, (off.details ->> 'until')::timestamptz, mine.number, mine.created_at, mine.state,
    outage.since, outage.homes, coalesce(mine.doer, outage.doer),
    CASE WHEN mine.doer IS NULL THEN outage.doer_local ELSE mine.doer_local END
FROM connection
LEFT JOIN LATERAL (
    SELECT request.* FROM request WHERE {COVERED} ORDER BY request.created_at LIMIT 1
) AS off ON true
LEFT JOIN LATERAL (
    SELECT request.number, request.created_at, request.state, staff.name AS doer,
        staff.name_local AS doer_local
    FROM request LEFT JOIN staff ON staff.id = request.assignee_id
    WHERE request.connection_id = connection.id AND request.kind = 'fault' AND request.topic = 'no_power'
    AND request.closed_at IS NULL ORDER BY request.id DESC LIMIT 1
) AS mine ON true
LEFT JOIN LATERAL (
    SELECT one.since, count(DISTINCT request.connection_id) AS homes,
        (array_agg(staff.name ORDER BY staff.id))[1] AS doer,
        (array_agg(staff.name_local ORDER BY staff.id))[1] AS doer_local
    FROM outage AS one
    LEFT JOIN request ON request.outage_id = one.id AND request.closed_at IS NULL
    LEFT JOIN staff ON staff.id = request.assignee_id
    WHERE one.plant_id = connection.plant_id AND one.restored_at IS NULL
    AND (one.feeder IS NULL OR one.feeder = connection.feeder)
    GROUP BY one.id ORDER BY one.id LIMIT 1
) AS outage ON true
WHERE connection.id = %(connection)s
"""  # noqa: S608 (our own words)


class Dark(msgspec.Struct, frozen=True, array_like=True):
    """Why a home may be dark: switched off on purpose, its own fault, an outage around it."""

    off_since: datetime | None
    off_until: datetime | None
    number: str | None
    reported_at: datetime | None
    state: str | None
    since: datetime | None
    homes: int | None
    doer: str | None
    doer_local: str | None

    @property
    def who(self) -> Name | None:
        return Name(self.doer, self.doer_local) if self.doer else None


def known(reader: Reader, connection_id: int) -> Dark:
    """What is known of the light of a connection."""
    return Dark(*reader.rows(_KNOWN, {"connection": connection_id})[0])
