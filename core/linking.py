"""Which phone proves that someone speaks for a connection."""

from __future__ import annotations

import msgspec

from core.db import Reader

_LINKABLE = """
SELECT connection.id, (
    SELECT link.e164 FROM connection_phone AS link
    WHERE link.connection_id = connection.id AND link.role IN ('holder', 'payer')
    ORDER BY link.position LIMIT 1)
FROM connection WHERE connection.number = %(number)s
"""


class Linkable(msgspec.Struct, frozen=True, array_like=True):
    """A connection and the phone on record that its one-time codes go to, if it has one."""

    connection_id: int
    phone: str | None


def linkable(reader: Reader, number: str) -> Linkable | None:
    """The connection with this number and its phone on record."""
    rows = reader.rows(_LINKABLE, {"number": number})
    return Linkable(*rows[0]) if rows else None
