"""Staff hear of a meter that would not do what it should: somebody has to go there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox import Message, post_many
from core.text import say

_FAILED = text("""
SELECT meter_command.id, meter_command.action, connection.number, staff.phone
FROM meter_command JOIN connection ON connection.id = meter_command.connection_id
JOIN staff_plant ON staff_plant.plant_id = connection.plant_id JOIN staff ON staff.id = staff_plant.staff_id
WHERE meter_command.id = ANY(:ids) AND meter_command.state = 'failed'
  AND staff.active AND staff.phone IS NOT NULL AND staff.role IN ('technician', 'cluster_in_charge')
""")


def tell_failed(session: Session, command_ids: Sequence[int], *, default_language: str) -> None:
    """Tell technicians and cluster in-charges, once a command."""
    if not command_ids:
        return
    rows = session.execute(_FAILED, {"ids": list(command_ids)}).all()
    messages = [
        Message(
            f"meter:{row.id}:{row.phone}",
            row.phone,
            "staff_alert",
            say("alerts.meter_failed", number=row.number, what=say(f"meters.action.{row.action}")),
        )
        for row in rows
    ]
    post_many(session, messages, default_language=default_language)
