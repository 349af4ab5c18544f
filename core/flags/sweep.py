"""The sweep over credit limits, twice a minute: each step one statement, and a repeat changes nothing.

First whoever has paid is restored, so that nobody is switched off who has; then the others are flagged
and told, in good time before anything happens; then, where the operator lets smart meters do it and only
by day, supply is switched off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.billing.telling import sensible
from core.flags.arrears import ARREARS
from core.flags.telling import Words, tell_plants
from core.meters import may_cut, switch_many
from core.standing import change_status

NOTICE_DAYS = 5
"""Whole days between the message to the customer and the day on which supply may be switched off."""
BATCH = 1_000
LOCK = 7_301_995
"""Two sweeps at once would only wait for each other: the second goes home."""
FEATURE = "auto_switch"
"""The switch of an organisation that lets smart meters switch off by themselves."""

# The lists of connections are put together from our own words only.
_RESTORE = text(f"""
WITH cleared AS (
    SELECT flag.id, flag.state, arrears.status FROM connection_flag AS flag
    JOIN ({ARREARS}) AS arrears USING (connection_id)
    WHERE flag.state <> 'restored' AND (
        arrears.limit_paise IS NULL OR arrears.arrears_paise <= arrears.limit_paise
        OR arrears.status = 'disconnected')
    ORDER BY flag.id LIMIT :batch FOR UPDATE OF flag
)
UPDATE connection_flag AS flag SET state = 'restored', ended_at = :at
FROM cleared, connection
WHERE flag.id = cleared.id AND connection.id = flag.connection_id
RETURNING flag.id, flag.connection_id, connection.number,
    cleared.state = 'switched_off' AND cleared.status <> 'disconnected' AS was_off
""")  # noqa: S608 (our own words)
_FLAG = text(f"""
WITH above AS (
    SELECT * FROM ({ARREARS}) AS arrears
    WHERE status = 'active' AND balance_paise > limit_paise AND arrears_paise > limit_paise
      AND NOT EXISTS (SELECT FROM connection_flag AS flag
                      WHERE flag.connection_id = arrears.connection_id AND flag.state <> 'restored')
    ORDER BY connection_id LIMIT :batch
), made AS (
    INSERT INTO connection_flag (connection_id, since, arrears_paise, limit_paise, act_after)
    SELECT connection_id, :at, arrears_paise, limit_paise, :act_after FROM above
    ON CONFLICT DO NOTHING
    RETURNING id, connection_id, arrears_paise, act_after
)
SELECT made.*, above.number FROM made JOIN above USING (connection_id) ORDER BY made.id
""")  # noqa: S608 (our own words)
_EXCUSE_OVER = text("""
WITH over AS (
    SELECT id FROM connection_flag WHERE state = 'excused' AND excused_until <= :at
    ORDER BY id LIMIT :batch FOR UPDATE
)
UPDATE connection_flag AS flag
SET state = 'flagged', act_after = :act_after, excused_until = NULL, staff_told_at = NULL
FROM over, connection
WHERE flag.id = over.id AND connection.id = flag.connection_id
RETURNING flag.id, flag.connection_id, flag.arrears_paise, flag.act_after, connection.number
""")
_OFF = text("""
WITH due AS (
    SELECT flag.id FROM connection_flag AS flag
    JOIN connection ON connection.id = flag.connection_id
    JOIN package ON package.id = connection.package_id
    JOIN organisation ON organisation.id = package.organisation_id
    WHERE flag.state = 'flagged' AND flag.act_after <= :at AND connection.status = 'active'
      AND connection.meter_driver IS NOT NULL AND organisation.features -> CAST(:feature AS text) = 'true'
    ORDER BY flag.id LIMIT :batch FOR UPDATE OF flag
)
UPDATE connection_flag AS flag SET state = 'switched_off', off_at = :at
FROM due, connection
WHERE flag.id = due.id AND connection.id = flag.connection_id
RETURNING flag.id, flag.connection_id, connection.number
""")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many connections a sweep restored, flagged, and switched off."""

    restored: int = 0
    flagged: int = 0
    switched_off: int = 0


def sweep(
    session: Session,
    at: datetime,
    *,
    holidays: Collection[date],
    service: str,
    helpline: str,
    default_language: str,
) -> Swept:
    """Bring every flag to what is owed now, up to a thousand of each kind; the next sweep does the rest."""
    if not session.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar_one():
        return Swept()
    words = Words(session, service, helpline, default_language)
    today = clock.local(at).date()
    bind = {"at": at, "today": today, "batch": BATCH, "act_after": _act_after(at)}
    cleared = session.execute(_RESTORE, bind).all()
    bring_back(session, [row for row in cleared if row.was_off], at, words)
    flagged = session.execute(_FLAG, bind).all()
    again = session.execute(_EXCUSE_OVER, bind).all()
    words.notice([*flagged, *again], at)
    off: Sequence[Row[Any]] = []
    # With more to restore than fits in, some who have paid may still be flagged: cut nobody yet.
    if len(cleared) < BATCH and may_cut(at, holidays):
        off = session.execute(_OFF, {"at": at, "batch": BATCH, "feature": FEATURE}).all()
        _switch_off(session, off, at, words)
    if sensible(at) == at:
        tell_plants(session, at, default_language=default_language)
    return Swept(len(cleared), len(flagged), len(off))


def _act_after(at: datetime) -> datetime:
    """The midnight after the last day that the notice names."""
    told = clock.local(sensible(at)).date()
    return datetime.combine(told + timedelta(days=NOTICE_DAYS + 1), time(), clock.INDIA)


def bring_back(session: Session, flags: Sequence[Row[Any]], at: datetime, words: Words) -> None:
    """Switch supply on again, make the connections active, and tell."""
    if not flags:
        return
    ids = [row.connection_id for row in flags]
    sources = [f"flag:{row.id}:on:{at:%Y%m%d%H%M%S}" for row in flags]
    switch_many(session, sources=sources, connection_ids=ids, on=True, at=at)
    change_status(session, ids, before="inactive", status="active", reason="credit_limit", at=at)
    words.switched(flags, "on", at)


def _switch_off(session: Session, flags: Sequence[Row[Any]], at: datetime, words: Words) -> None:
    """Switch supply off, make the connections inactive, and tell."""
    if not flags:
        return
    ids = [row.connection_id for row in flags]
    sources = [f"flag:{row.id}:off:{at:%Y%m%d%H%M%S}" for row in flags]
    switch_many(session, sources=sources, connection_ids=ids, on=False, at=at)
    change_status(session, ids, before="active", status="inactive", reason="credit_limit", at=at)
    words.switched(flags, "off", at)
