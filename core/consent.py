"""What a person wants to be sent, and where: stopped, started again, on WhatsApp instead of by SMS.

Each change is kept for good (`consent`): when, through which channel, in which words. What stands now
is in the phone's row, where the outbox looks when it writes a message.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts import stop_texting
from core.db import Reader
from core.doing import Doing
from core.outbox import KINDS

Purpose: TypeAlias = Literal["messages", "whatsapp"]
"""`messages`: what may be stopped at all (core.outbox.Kind.stoppable). `whatsapp`: that road."""

STOPPABLE = sorted(name for name, kind in KINDS.items() if kind.stoppable)


class Wish(msgspec.Struct, frozen=True, array_like=True):
    """What stands for a phone now."""

    stopped: bool
    whatsapp: bool


_WISH = "SELECT stopped IS NOT NULL, whatsapp IS NOT NULL FROM phone WHERE e164 = %(phone)s"


def wish_of(reader: Reader, phone: str) -> Wish:
    """What a phone wants; somebody new has stopped nothing and asked for nothing."""
    rows = reader.rows(_WISH, {"phone": phone})
    return Wish(*rows[0]) if rows else Wish(stopped=False, whatsapp=False)


_STOP = text("""
INSERT INTO phone (e164, stopped) VALUES (:phone, :at)
ON CONFLICT (e164) DO UPDATE SET stopped = coalesce(phone.stopped, excluded.stopped), whatsapp = NULL
""")
_START = text("UPDATE phone SET stopped = NULL WHERE e164 = :phone")
_WHATSAPP = text("""
INSERT INTO phone (e164, whatsapp) VALUES (:phone, :at)
ON CONFLICT (e164) DO UPDATE SET whatsapp = excluded.whatsapp
""")
_GIVE_UP = text("""
UPDATE outbox SET state = 'failed', error = 'stopped', finished_at = now()
WHERE recipient = :phone AND state = 'queued' AND kind = ANY(CAST(:kinds AS text[]))
""")
_BY_SMS = text("""
UPDATE outbox SET channel = 'sms', detour = 'stopped'
WHERE recipient = :phone AND state = 'queued' AND channel = 'whatsapp' AND kind <> 'reply'
  AND recipient LIKE '+%'
""")
_BLOCKED = text("""
WITH known AS (UPDATE phone SET whatsapp = NULL WHERE e164 = :phone AND whatsapp IS NOT NULL RETURNING e164)
INSERT INTO consent (phone, purpose, given, at, channel, words)
SELECT e164, 'whatsapp', false, now(), 'whatsapp', :reason FROM known
""")
_KEEP = text("""
INSERT INTO consent (phone, purpose, given, at, channel, words)
SELECT :phone, :purpose, :given, :at, :channel, coalesce(
    CAST(:words AS text),
    (SELECT body FROM inbound WHERE provider = split_part(:key, ':', 1)
        AND provider_id = split_part(substr(:key, strpos(:key, ':') + 1), '/', 1)),
    '')
""")


def stop(doing: Doing) -> str:
    """From now on only what must reach them, and that by SMS; what waits and may be stopped is given up."""
    phone = doing.caller.phone
    doing.session.execute(_STOP, {"phone": phone, "at": doing.at})
    doing.session.execute(_GIVE_UP, {"phone": phone, "kinds": STOPPABLE})
    doing.session.execute(_BY_SMS, {"phone": phone})
    _keep(doing, "messages", None, given=False)
    return "stopped"


def start(doing: Doing) -> str:
    """Send everything again."""
    doing.session.execute(_START, {"phone": doing.caller.phone})
    _keep(doing, "messages", None, given=True)
    return "started"


def use_whatsapp(doing: Doing, words: str) -> None:
    """Receipts, bills and notices on WhatsApp from now on, and whatever was stopped again."""
    doing.session.execute(_START, {"phone": doing.caller.phone})
    doing.session.execute(_WHATSAPP, {"phone": doing.caller.phone, "at": doing.at})
    _keep(doing, "whatsapp", words, given=True)


def leave_whatsapp(doing: Doing, words: str) -> None:
    """By SMS again."""
    doing.session.execute(
        text("UPDATE phone SET whatsapp = NULL WHERE e164 = :phone"), {"phone": doing.caller.phone}
    )
    doing.session.execute(_BY_SMS, {"phone": doing.caller.phone})
    _keep(doing, "whatsapp", words, given=False)


def heed_block(session: Session, phone: str, reason: str, default_language: str, *, one_road: bool) -> None:
    """Somebody lets nothing of ours through: on WhatsApp alone (`one_road`), then SMS it is, or at all."""
    if not (one_road and phone.startswith("+")):
        stop_texting(session, phone, reason, default_language=default_language)
        return
    session.execute(_BY_SMS, {"phone": phone})
    session.execute(_BLOCKED, {"phone": phone, "reason": reason})


def _keep(doing: Doing, purpose: Purpose, words: str | None, *, given: bool) -> None:
    """`words`: what was agreed to; None: what was sent, as it came."""
    row = {
        "phone": doing.caller.phone,
        "purpose": purpose,
        "given": given,
        "at": doing.at,
        "channel": doing.channel,
        "words": words,
        "key": doing.key,
    }
    doing.session.execute(_KEEP, row)
