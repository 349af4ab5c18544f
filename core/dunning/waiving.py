"""An in-charge takes a late fee back, or lets it off before it is charged; why is kept, the customer told."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import charge, ledger
from core.charge import Right
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import standing, tell
from core.text import Text, say

WAIVERS = ("cluster_in_charge", "state_in_charge")
SHOWN = 9

_OF = """
SELECT fee.bill_id, fee.paise, bill.period_from, bill.period_to, fee.entry_id IS NOT NULL
FROM bill_late_fee AS fee JOIN bill ON bill.id = fee.bill_id
WHERE fee.connection_id = %(connection)s AND fee.reversal_id IS NULL AND fee.waived_by IS NULL
  AND (fee.entry_id IS NOT NULL OR fee.closed_at IS NULL)
ORDER BY bill.period_from DESC LIMIT %(limit)s
"""
# Whoever takes the run back waits, or has done so.
_HOLD = text("""
    SELECT 1 FROM billing_run WHERE id = (SELECT run_id FROM bill_late_fee WHERE bill_id = :bill) FOR SHARE
""")
_MINE = text("""
    SELECT fee.bill_id, fee.paise, fee.entry_id, fee.connection_id, connection.number, connection.plant_id,
        bill.period_from, bill.period_to,
        fee.reversal_id IS NULL AND fee.waived_by IS NULL
            AND (fee.entry_id IS NOT NULL OR fee.closed_at IS NULL) AS standing
    FROM bill_late_fee AS fee JOIN bill ON bill.id = fee.bill_id
    JOIN connection ON connection.id = fee.connection_id
    WHERE fee.bill_id = :bill FOR UPDATE OF fee
""")
_WAIVE = text("""
    UPDATE bill_late_fee SET reversal_id = :reversal, waived_by = :staff, reason = :reason,
        closed_at = coalesce(closed_at, :at)
    WHERE bill_id = :bill
""")


class LateFee(msgspec.Struct, frozen=True, array_like=True):
    """A fee that can be taken back, in paise, with the period of its bill; not charged: only announced."""

    bill_id: int
    paise: int
    first: date
    last: date
    charged: bool


def late_fees(reader: Reader, connection_id: int) -> list[LateFee]:
    """The fees of a connection that stand or are announced, newest bill first."""
    bind = {"connection": connection_id, "limit": SHOWN}
    return [LateFee(*row) for row in reader.rows(_OF, bind)]


def waive(doing: Doing, bill_id: int, reason: str) -> Text:
    """Take a bill's fee back.

    Refusal for who is no in-charge of the plant, above their limit, or when it is gone already.
    """
    row = standing_fee(doing, bill_id)
    right = charge.check(doing, row.plant_id, row.paise)
    return take_back(doing, row, reason, right)


def standing_fee(doing: Doing, bill_id: int) -> Row[Any]:
    """The fee of a bill, held; Refusal for who is no in-charge of the plant, or when it is gone already."""
    bind = {"bill": bill_id}
    doing.session.execute(_HOLD, bind)
    row = doing.session.execute(_MINE, bind).one_or_none()
    if row is None or charge.right(doing, row.plant_id) is None:
        raise Refusal(say("waive.not_you"))
    if not row.standing:
        raise Refusal(say("waive.none", number=row.number))
    return row


def take_back(doing: Doing, row: Row[Any], reason: str, right: Right | None = None) -> Text:
    """Take back a fee (a row of `standing_fee`), as was decided by some `right`; the customer is told."""
    session = doing.session
    reversal = None
    if row.entry_id is not None:
        reversal = ledger.reverse(session, row.entry_id, f"waive:{doing.key}", doing.at)
    bind = {"bill": row.bill_id, "staff": _staff_id(doing), "reason": reason, "at": doing.at}
    session.execute(_WAIVE, {**bind, "reversal": reversal})
    state, left = standing(ledger.balance(session, "dues", connection_id=row.connection_id))
    how = "let_off" if reversal is None else f"told_{state}"
    told = say(
        f"latefee.{how}",
        number=row.number,
        amount=Money(row.paise),
        first=row.period_from,
        last=row.period_to,
        balance=left,
        service=doing.settings.service_name,
    )
    tell(doing, row.connection_id, "reversal", told)
    doing.audit(
        "latefee.waive",
        f"connection:{row.number}",
        paise=row.paise,
        bill=f"{row.period_from:%Y-%m}",
        reason=reason,
        **(right.kept if right else {}),
    )
    return say("waive.done", number=row.number, amount=Money(row.paise))


def _staff_id(doing: Doing) -> int | None:
    return doing.caller.staff.id if doing.caller.staff else None
