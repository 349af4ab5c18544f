"""What staff see of flags, and the in-charge's word that a connection is to be left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text

from core import clock
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.flags.sweep import bring_back
from core.flags.telling import Words
from core.text import Named, say

EXCUSERS = ("cluster_in_charge", "state_in_charge")
LONGEST_EXCUSE = 60
"""Days."""

_FLAGGED = """
SELECT connection.number, customer.name, customer.name_local, coalesce(account.balance_paise, 0),
       flag.state, flag.act_after <= %(now)s, flag.excused_until, count(*) OVER ()
FROM connection_flag AS flag
JOIN connection ON connection.id = flag.connection_id
JOIN customer ON customer.id = connection.customer_id
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
WHERE flag.state <> 'restored'
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
  AND (%(number)s::text IS NULL OR connection.number = %(number)s)
ORDER BY flag.state = 'excused', coalesce(account.balance_paise, 0) DESC, connection.number
LIMIT %(limit)s
"""
_OPEN = text("""
SELECT flag.id, flag.connection_id, connection.number, flag.state = 'switched_off' AS was_off
FROM connection_flag AS flag JOIN connection ON connection.id = flag.connection_id
WHERE connection.number = :number AND flag.state <> 'restored'
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant JOIN staff ON staff.id = staff_id
                              WHERE staff_id = :staff AND staff.active AND staff.role = ANY(:roles))
FOR UPDATE OF flag
""")
_EXCUSE = text("""
UPDATE connection_flag SET state = 'excused', excused_until = :until, excused_by = :staff WHERE id = :flag
""")


class Flagged(Named, msgspec.Struct, frozen=True, array_like=True):
    """One flagged connection on a list; `over`: the notice it was given has run out."""

    number: str
    name: str
    name_local: str | None
    dues_paise: int
    state: str
    over: bool
    excused_until: datetime | None
    count: int


def flagged(reader: Reader, staff_id: int, limit: int) -> list[Flagged]:
    """The flagged connections of one's plants: most owed first, excused ones last."""
    bind = {"staff": staff_id, "now": clock.now(), "number": None, "limit": limit}
    return [Flagged(*row) for row in reader.rows(_FLAGGED, bind)]


def open_flag(reader: Reader, staff_id: int, number: str) -> Flagged | None:
    """The flag of one connection in one's plants."""
    bind = {"staff": staff_id, "now": clock.now(), "number": number, "limit": 1}
    rows = reader.rows(_FLAGGED, bind)
    return Flagged(*rows[0]) if rows else None


def excuse(doing: Doing, number: str, days: int) -> datetime:
    """Leave a flagged connection alone for some days, and give its light back; gives when that ends.

    After it the customer gets a fresh notice first. Refusal for whoever is not in charge there.
    """
    session, staff = doing.session, doing.caller.staff
    bind = {"number": number, "staff": staff.id if staff else None, "roles": list(EXCUSERS)}
    row = session.execute(_OPEN, bind).one_or_none()
    if row is None:
        raise Refusal(say("excuse.none", number=number))
    until = doing.at + timedelta(days=days)
    session.execute(_EXCUSE, {"flag": row.id, "until": until, "staff": bind["staff"]})
    if row.was_off:
        us = doing.settings
        words = Words(session, us.service_name, us.helpline, us.default_language)
        bring_back(session, [row], doing.at, words)
    doing.audit("flag.excuse", f"connection:{number}", days=days)
    return until
