"""The audit's chain: every row is sealed with the hash of the one before, and the chain can be proven.

Rows are sealed a moment after they were written, in an order of their own (`audit_seal.position`): a hash in
the row itself would make every act of the service wait for the one before. A row that is changed, removed
or slipped in later breaks the chain or stands in it where everybody sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.db import Database

BATCH = 2_000
BEGINNING = bytes(32)
"""What stands before the first row."""

_LOCK = text("SELECT pg_advisory_xact_lock(7215007)")
_LAST = text("SELECT position, hash FROM audit_seal ORDER BY position DESC LIMIT 1")
_COLUMNS = ", ".join(
    f"audit.{name}" for name in ("id", "at", "staff_id", "phone", "channel", "action", "object", "details")
)
_UNSEALED = text(f"""
    SELECT {_COLUMNS} FROM audit
    WHERE NOT EXISTS (SELECT FROM audit_seal WHERE audit_id = audit.id)
    ORDER BY audit.id LIMIT :batch
""")  # noqa: S608 (our own words)
_SEAL = text("""
    INSERT INTO audit_seal (position, audit_id, hash)
    SELECT :last + one.place, one.id, one.hash
    FROM unnest(CAST(:ids AS bigint[]), CAST(:hashes AS bytea[])) WITH ORDINALITY AS one (id, hash, place)
""")
_CHAIN = text(f"""
    SELECT audit_seal.position, audit_seal.audit_id, audit_seal.hash, {_COLUMNS}
    FROM audit_seal LEFT JOIN audit ON audit.id = audit_seal.audit_id
    WHERE audit_seal.position > :after ORDER BY audit_seal.position LIMIT :batch
""")  # noqa: S608 (our own words)
_OPEN = text("SELECT count(*) FROM audit WHERE NOT EXISTS (SELECT FROM audit_seal WHERE audit_id = audit.id)")


@dataclass(frozen=True, slots=True)
class Proof:
    """What proving the chain found: rows that hold, rows not sealed yet, the audit row where it breaks.

    `newest` is the last hash that holds: written down elsewhere, it shows a chain cut off at its end.
    """

    sealed: int
    unsealed: int
    broken_at: int | None
    newest: bytes


def seal(database: Database) -> int:
    """Seal what is new, in bounded batches; gives how many rows. Two at once take turns."""
    return database.in_batches(BATCH, _seal_batch)


def _seal_batch(session: Session) -> int:
    session.execute(_LOCK)
    rows = session.execute(_UNSEALED, {"batch": BATCH}).all()
    if not rows:
        return 0
    newest = session.execute(_LAST).one_or_none()
    last, before = (newest.position, bytes(newest.hash)) if newest else (0, BEGINNING)
    hashes = []
    for row in rows:
        before = _hash(before, row)
        hashes.append(before)
    session.execute(_SEAL, {"last": last, "ids": [row.id for row in rows], "hashes": hashes})
    return len(rows)


def prove(database: Database) -> Proof:
    """Work the whole chain out again and compare; stops at the first row that does not hold."""
    before, after, sealed = BEGINNING, 0, 0
    while True:
        with database.begin() as session:
            rows: Sequence[Row[Any]] = session.execute(_CHAIN, {"after": after, "batch": BATCH}).all()
            unsealed = int(session.execute(_OPEN).scalar_one())
        for row in rows:
            found = _hash(before, row) if row.id is not None else b""
            if found != bytes(row.hash) or row.position != after + 1:
                return Proof(sealed, unsealed, row.audit_id, before)
            before, after, sealed = found, row.position, sealed + 1
        if len(rows) < BATCH:
            return Proof(sealed, unsealed, None, before)


def _hash(before: bytes, row: Row[Any]) -> bytes:
    """The hash of one row after another: every field counts, in one form on every machine."""
    fields = [
        row.id,
        row.at.astimezone(UTC).isoformat(),
        row.staff_id,
        row.phone,
        row.channel,
        row.action,
        row.object,
    ]
    said = msgspec.json.encode([*fields, row.details], order="sorted")
    return sha256(before + said).digest()
