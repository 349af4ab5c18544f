"""What staff hear about the service itself: a gateway that stopped, a number that can't be texted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox import Message, post_many
from core.text import Text, say

Trouble: TypeAlias = Literal["balance", "sender", "login", "silent"]
"""Why a gateway as a whole can't send: no balance, sender id refused, login refused, no answer."""

SHORTEST_REST = 60
LONGEST_REST = 3600
"""Seconds. The rest lasts as long as the trouble has lasted so far, so that it doubles each time."""
METERS_REST = 300
"""Somebody may sit in the dark who has paid: no service of meters rests longer."""

_PAUSE = text("""
INSERT INTO gateway_pause (gateway, since, until, reason)
VALUES (:gateway, now(), now() + make_interval(secs => :shortest), :reason)
ON CONFLICT (gateway) DO UPDATE SET
    reason = excluded.reason,
    until = now() + least(greatest(now() - gateway_pause.since, make_interval(secs => :shortest)),
                          make_interval(secs => :longest))
WHERE gateway_pause.until <= now()
RETURNING since, since = now()
""")


def pause_gateway(
    session: Session, gateway: str, trouble: Trouble, *, default_language: str, meters: bool = False
) -> None:
    """Rest a gateway; cluster and state in-charges are told when the trouble begins, not at each rest.

    `meters`: it carries commands to smart meters rather than SMS.
    """
    paused = session.execute(
        _PAUSE,
        {
            "gateway": gateway,
            "reason": trouble,
            "shortest": SHORTEST_REST,
            "longest": METERS_REST if meters else LONGEST_REST,
        },
    ).one_or_none()
    if paused is None or not paused[1]:
        return
    since: datetime = paused[0]
    phones = session.scalars(
        text(
            "SELECT phone FROM staff WHERE active AND phone IS NOT NULL "
            "AND role IN ('cluster_in_charge', 'state_in_charge')"
        )
    ).all()
    key = "alerts.meters_paused" if meters else "alerts.gateway_paused"
    words = say(key, gateway=gateway, reason=say(f"alerts.trouble.{trouble}"))
    tell_staff(session, phones, f"pause:{gateway}:{since.isoformat()}", words, default_language)


def resume_gateway(session: Session, gateway: str) -> None:
    """A gateway sends again: its trouble is over."""
    session.execute(
        text("DELETE FROM gateway_pause WHERE gateway = :gateway AND until <= now()"), {"gateway": gateway}
    )


def troubled_gateways(session: Session) -> dict[str, bool]:
    """Every gateway in trouble, and whether it rests right now (else it is being tried again)."""
    return {
        row[0]: row[1] for row in session.execute(text("SELECT gateway, until > now() FROM gateway_pause"))
    }


def stop_texting(session: Session, phone: str, reason: str, *, default_language: str) -> bool:
    """Never text this number again, give up what waits for it, and tell its cluster in-charges.

    False when that was known already.
    """
    new = session.execute(
        text(
            "INSERT INTO phone (e164, unreachable) VALUES (:phone, :reason) ON CONFLICT (e164) DO UPDATE "
            "SET unreachable = excluded.unreachable WHERE phone.unreachable IS NULL RETURNING 1"
        ),
        {"phone": phone, "reason": reason},
    ).all()
    if not new:
        return False
    session.execute(
        text(
            "UPDATE outbox SET state = 'failed', error = 'unreachable', finished_at = now() "
            "WHERE recipient = :phone AND state = 'queued'"
        ),
        {"phone": phone},
    )
    for number, staff_phone in session.execute(_IN_CHARGE, {"phone": phone}).all():
        words = say("alerts.number_blocked", last=phone[-4:], connection=number)
        tell_staff(session, [staff_phone], f"blocked:{phone}:{number}", words, default_language)
    return True


_IN_CHARGE = text("""
SELECT DISTINCT connection.number, staff.phone
FROM connection_phone AS link
JOIN connection ON connection.id = link.connection_id
JOIN staff_plant ON staff_plant.plant_id = connection.plant_id
JOIN staff ON staff.id = staff_plant.staff_id
WHERE link.e164 = :phone AND staff.active AND staff.phone IS NOT NULL AND staff.role = 'cluster_in_charge'
""")


def tell_staff(
    session: Session, phones: Iterable[str | None], cause: str, words: Text, default_language: str
) -> None:
    """Put the same words on the way to some staff, once per cause and phone; who has no phone is left out."""
    messages = [Message(f"{cause}:{phone}", phone, "staff_alert", words) for phone in phones if phone]
    post_many(session, messages, default_language=default_language)
