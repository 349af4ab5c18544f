"""An operator's bank lines become payments: credited by our reference in them, else kept in suspense.

Loading only writes the lines down; each is then credited in a transaction of its own, like a webhook.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import online, upi
from core.doing import Doing
from core.online import Home, Paid
from core.people import Caller
from core.phones import read_phone
from core.settings import Settings

BANK = Caller("bank", None, (), None)
"""Who credits, in the audit: no person."""
_NEXT = text("""
    SELECT id, organisation_id, reference, amount_paise, note FROM bank_line
    WHERE handled_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_HANDLED = text("UPDATE bank_line SET handled_at = :at WHERE id = :id")
_WHOSE = text("""
    SELECT connection.id, plant_id FROM connection JOIN plant_organisation USING (plant_id)
    WHERE number = :number AND organisation_id = :organisation
""")
_FIRST = text("SELECT min(plant_id) FROM plant_organisation WHERE organisation_id = :organisation")
_PAYER = re.compile(r"(?<![0-9])(?:91)?([6-9][0-9]{9})@")
"""A UPI address that begins with the payer's phone, as most do."""


def take_next(session: Session, settings: Settings, at: datetime) -> bool:
    """Credit the oldest line that is new, or keep it in suspense; False when there is none."""
    line = session.execute(_NEXT).one_or_none()
    if line is None:
        return False
    doing = Doing(session, BANK, "bank", f"bank:{line.id}", at, settings)
    number = upi.number_in(line.note)
    organisation = {"organisation": line.organisation_id}
    whose = session.execute(_WHOSE, organisation | {"number": number}).one_or_none() if number else None
    payer = _PAYER.search(line.note)
    paid = Paid(
        reference=f"bank:{line.organisation_id}:{line.reference}",
        paise=line.amount_paise,
        payer=read_phone(payer[1]) if payer else None,
        note=line.note,
        mode="upi",
    )
    if whose is not None:
        home = Home(whose.plant_id, whose.id)
    else:
        home = Home(session.execute(_FIRST, organisation).scalar_one())
    online.take(doing, paid, home)
    session.execute(_HANDLED, {"id": line.id, "at": at})
    return True
