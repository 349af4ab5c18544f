"""The demo's phone: a message counts as delivered when the worker takes it, and stands in the inbox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.message import Accepted, Outcome, Outgoing


class PhoneGateway:
    """Delivers by doing nothing: the on-screen phone lists the outbox rows that went through here."""

    name = "phone"

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return [Accepted(None, delivered=True) for _ in batch]


def inbox(session: Session, phone: str, limit: int = 100) -> list[dict[str, object]]:
    """What arrived on a phone, newest last: id, kind, language, body, channel and when (UTC, ISO).

    `widget` is what can be tapped in a WhatsApp message, in the shape of core/widget.py, else None.
    """
    rows = session.execute(
        text(
            "SELECT id, kind, language, body, channel, finished_at, widget FROM outbox "
            "WHERE recipient = :phone AND gateway = 'phone' AND state = 'delivered' "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {"phone": phone, "limit": limit},
    ).all()
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "language": row.language,
            "text": row.body,
            "channel": row.channel,
            "at": row.finished_at.isoformat(),
            "widget": row.widget if row.channel == "whatsapp" else None,
        }
        for row in reversed(rows)
    ]
