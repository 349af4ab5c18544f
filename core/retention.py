"""How long what we no longer need is kept: phone numbers and texts are personal data (DPDP Act)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from core.db import Database

KEPT_DAYS = {
    "outbox": 180,
    "inbound": 180,
    "note": 180,
    "cash_list": 180,
    "handled": 30,
    "one_time_code": 1,
    "receipt_check": 7,
    "coupon_check": 7,
    "provider_event": 180,
}
"""Half a year answers any question about a receipt; a repeat of an act never comes after a month."""
BATCH = 5_000
"""Rows of one transaction, so that no one waits long for a lock."""

# Bare time stamps, not states, where a row is of no use to anyone any more. The number of a list stays, or it
# could be entered twice: only its words are wiped.
_FORGET: Mapping[str, str] = {
    "outbox": (
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox "
        "WHERE created_at < now() - make_interval(days => :days) AND state NOT IN ('queued', 'sending') "
        "ORDER BY id LIMIT :batch)"
    ),
    "inbound": (
        "DELETE FROM inbound WHERE id IN (SELECT id FROM inbound "
        "WHERE received_at < now() - make_interval(days => :days) AND handled_at IS NOT NULL "
        "ORDER BY id LIMIT :batch)"
    ),
    "note": (
        "DELETE FROM note WHERE id IN (SELECT id FROM note "
        "WHERE closed_at < now() - make_interval(days => :days) ORDER BY closed_at LIMIT :batch)"
    ),
    "cash_list": (
        "UPDATE cash_list SET body = '' WHERE (staff_id, number) IN (SELECT staff_id, number FROM cash_list "
        "WHERE at < now() - make_interval(days => :days) AND body <> '' LIMIT :batch)"
    ),
    "handled": (
        "DELETE FROM handled WHERE key IN (SELECT key FROM handled "
        "WHERE at < now() - make_interval(days => :days) LIMIT :batch)"
    ),
    "one_time_code": (
        "DELETE FROM one_time_code WHERE id IN (SELECT id FROM one_time_code "
        "WHERE created_at < now() - make_interval(days => :days) ORDER BY id LIMIT :batch)"
    ),
    "coupon_check": (
        "DELETE FROM coupon_check WHERE (phone, day) IN (SELECT phone, day FROM coupon_check "
        "WHERE day < now() - make_interval(days => :days) LIMIT :batch)"
    ),
    "receipt_check": (
        "DELETE FROM receipt_check WHERE (phone, day) IN (SELECT phone, day FROM receipt_check "
        "WHERE day < now() - make_interval(days => :days) LIMIT :batch)"
    ),
    "provider_event": (
        "DELETE FROM provider_event WHERE id IN (SELECT id FROM provider_event "
        "WHERE received_at < now() - make_interval(days => :days) ORDER BY received_at LIMIT :batch)"
    ),
}


def clean(database: Database) -> dict[str, int]:
    """Forget what is older than it need be, batch by batch; gives the number of rows per table."""
    return {table: _clean(database, table) for table in KEPT_DAYS}


def _clean(database: Database, table: str) -> int:
    statement = text(_FORGET[table] + " RETURNING 1")
    bind = {"days": KEPT_DAYS[table], "batch": BATCH}
    return database.in_batches(BATCH, lambda session: len(session.execute(statement, bind).all()))
