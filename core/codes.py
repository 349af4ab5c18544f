"""One-time codes: six digits, ten minutes unless said otherwise, one purpose, few tries (NIST 800-63B)."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import text

from core import outbox
from core.doing import Doing
from core.text import Param, Text, say

LIFE = timedelta(minutes=10)
TRIES = 5
PER_HOUR, PER_DAY = 3, 10
PER_HOUR_STAFF, PER_DAY_STAFF = 10, 40
"""To the own phone of staff, whose day is approvals; a guesser still has 50 tries of a million in an hour."""

TOLD = "told:"
"""How purposes begin whose codes nobody has asked for: they come with what is told anyway, and count for
nobody's hour."""

_SENT = text("""
    SELECT count(*) FILTER (WHERE created_at > :hour), count(*) FROM one_time_code
    WHERE (sent_to = :to OR asked_by = :by) AND created_at > :day AND purpose NOT LIKE :told || '%'
""")

# One at a time for a phone: callers who ask at the same moment would not see each other's codes.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('code'), hashtext(:to))")
_STORE = text("""
    INSERT INTO one_time_code (sent_to, asked_by, purpose, digest, created_at, expires_at)
    VALUES (:to, :by, :purpose, :digest, :at, :expires)
""")

# One statement counts the try and uses the code up, so that two guesses at once are two tries.
_TRY = text("""
    UPDATE one_time_code SET attempts = attempts + 1,
        used_at = CASE WHEN digest = :digest THEN CAST(:at AS timestamptz) END
    WHERE id = (
        SELECT id FROM one_time_code WHERE asked_by = :by AND purpose = :purpose
        ORDER BY id DESC LIMIT 1 FOR UPDATE)
      AND used_at IS NULL AND expires_at > :at AND attempts < :tries
    RETURNING used_at IS NOT NULL, attempts
""")


def send_code(
    doing: Doing, recipient: str, purpose: str, act: Text | None = None, whole: Text | None = None
) -> bool:
    """Text a new code for one purpose; False when this phone or this caller has had too many.

    `act` says in words what the code allows; `whole` is a message of its own, which lacks only the code
    and the service's name; without either, another phone is to be linked.
    Codes are stored as a keyed hash. The newest code of a purpose is the only one that holds.
    """
    sent = {"to": recipient, "by": doing.caller.phone}
    doing.session.execute(_TURN, sent)
    hour, day = doing.session.execute(
        _SENT,
        {**sent, "hour": doing.at - timedelta(hours=1), "day": doing.at - timedelta(days=1), "told": TOLD},
    ).one()
    own_staff = doing.caller.staff is not None and recipient == doing.caller.phone
    if hour >= (PER_HOUR_STAFF if own_staff else PER_HOUR) or day >= (
        PER_DAY_STAFF if own_staff else PER_DAY
    ):
        return False
    code = new_code(doing, recipient, purpose, LIFE)
    own: dict[str, Param] = {"code": code, "service": doing.settings.service_name}
    words = say("code.act", act=act, **own) if act else say("code.message", **own)
    outbox.post(
        doing.session,
        source=f"code:{doing.key}",
        recipient=recipient,
        kind="code",
        text=Text(whole.key, (*whole.params, *own.items())) if whole else words,
        default_language=doing.settings.default_language,
    )
    return True


def new_code(doing: Doing, recipient: str, purpose: str, life: timedelta) -> str:
    """Make a code that goes to one phone, for whoever acts here to type; it holds for its `life`."""
    code = f"{secrets.randbelow(10**6):06d}"
    doing.session.execute(
        _STORE,
        {
            "to": recipient,
            "by": doing.caller.phone,
            "purpose": purpose,
            "digest": _digest(doing, code, purpose),
            "at": doing.at,
            "expires": doing.at + life,
        },
    )
    return code


def try_code(doing: Doing, typed: str, purpose: str) -> str:
    """Try a code: `right`, `wrong`, or `dead` when it is used, too old, or was tried too often."""
    row = doing.session.execute(
        _TRY,
        {
            "digest": _digest(doing, typed, purpose),
            "at": doing.at,
            "by": doing.caller.phone,
            "purpose": purpose,
            "tries": TRIES,
        },
    ).one_or_none()
    if row is None:
        return "dead"
    right, attempts = row
    if right:
        return "right"
    return "wrong" if attempts < TRIES else "dead"


def _digest(doing: Doing, code: str, purpose: str) -> bytes:
    """A keyed hash over code, purpose and who asked: a code for one act opens no other."""
    words = f"{code}|{purpose}|{doing.caller.phone}".encode()
    return hmac.new(doing.settings.secret_key.encode(), words, sha256).digest()
