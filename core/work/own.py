"""What a customer sees of their own requests: what waits for a word, what may be taken back."""

from __future__ import annotations

from collections.abc import Collection

from core.clock import now
from core.db import Reader
from core.work.lists import Brief
from core.work.rules import INSIDE, LAST_WORD, OFF, RATED, REOPEN_WITHIN, RULES, Kind, Step

_THEIRS = "(request.phone = %(phone)s OR request.connection_id = ANY(%(connections)s))"
_NAMED = "SELECT request.number, request.kind, request.topic, request.state FROM request"
# A connection that goes off for good is nobody's wish to be asked about.
_MINE = f"""
{_NAMED}
WHERE request.kind = ANY(%(kinds)s) AND request.closed_at IS NULL AND request.state = 'review'
AND {_THEIRS} AND request.topic IS DISTINCT FROM '{OFF}'
ORDER BY request.waits_since DESC, request.id DESC LIMIT %(limit)s
"""
_CLOSED = f"""
{_NAMED}
WHERE request.kind = ANY(%(kinds)s) AND request.state = 'completed' AND request.closed_at > %(since)s
AND {_THEIRS} AND request.topic IS DISTINCT FROM '{OFF}'
ORDER BY request.closed_at DESC, request.id DESC LIMIT %(limit)s
"""
_UNRATED = f"""
{_NAMED}
WHERE request.kind = ANY(%(kinds)s) AND request.rating IS NULL
AND (request.state = 'completed' AND request.closed_at > %(since)s
    OR request.state = 'review' AND request.kind = ANY(%(at_once)s))
AND {_THEIRS} AND request.topic IS DISTINCT FROM '{OFF}'
AND NOT (request.kind = 'theft' AND request.raised_by IS NOT NULL)
ORDER BY coalesce(request.closed_at, request.waits_since) DESC, request.id DESC LIMIT %(limit)s
"""
# Whether light is back is asked of many at once, whatever else they are just being asked.
_ASKED_AFTER = """
SELECT EXISTS (
    SELECT FROM (
        SELECT template, created_at FROM outbox WHERE recipient = %(phone)s ORDER BY id DESC LIMIT 5
    ) AS latest
    WHERE template = 'outage.back' AND created_at > (
        SELECT received_at FROM inbound WHERE provider = %(provider)s AND provider_id = %(text)s)
)
"""
# What one has asked for and may still take back, by kind and state.
_WITHDRAWABLE = """
WITH asked AS (
    SELECT id FROM request WHERE closed_at IS NULL AND kind <> ALL(%(inside)s)
    AND (phone = %(phone)s OR connection_id = ANY(%(connections)s))
    UNION
    SELECT id FROM request WHERE closed_at IS NULL AND raised_by = %(staff)s
    AND plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
)
SELECT request.number, request.kind, request.topic, request.state FROM request JOIN asked USING (id)
WHERE (request.kind, request.state) IN (
    SELECT kind, state FROM unnest(%(kinds)s::text[], %(states)s::text[]) AS given (kind, state))
ORDER BY request.created_at DESC LIMIT %(limit)s
"""


def asked_after(reader: Reader, phone: str, provider: str, text: str) -> bool:
    """Whether a phone was asked if light is back since its message `text` (the provider's id) came."""
    bind = {"phone": phone, "provider": provider, "text": text}
    return bool(reader.rows(_ASKED_AFTER, bind)[0][0])


def said_mended(
    reader: Reader, phone: str, connection_ids: list[int], kinds: Collection[Kind], limit: int
) -> list[Brief]:
    """What a customer has asked for and the field calls done; off for good is not asked about."""
    bind = {"phone": phone, "connections": connection_ids, "kinds": _named(kinds), "limit": limit}
    return [Brief(*row) for row in reader.rows(_MINE, bind)]


def lately_closed(reader: Reader, phone: str, connection_ids: list[int], limit: int) -> list[Brief]:
    """What a customer has asked for and was closed lately, newest first, while it can be opened again."""
    since = now() - REOPEN_WITHIN
    bind = {"phone": phone, "connections": connection_ids, "kinds": _named(LAST_WORD), "since": since}
    return [Brief(*row) for row in reader.rows(_CLOSED, {**bind, "limit": limit})]


def unrated(reader: Reader, phone: str, connection_ids: list[int], limit: int) -> list[Brief]:
    """What a customer has asked for, was done lately, and nobody has said how they liked it."""
    at_once = [kind for kind, steps in RATED.items() if Step.DONE in steps]
    bind = {"phone": phone, "connections": connection_ids, "since": now() - REOPEN_WITHIN, "limit": limit}
    rows = reader.rows(_UNRATED, {**bind, "kinds": _named(RATED), "at_once": _named(at_once)})
    return [Brief(*row) for row in rows]


def _named(kinds: Collection[Kind]) -> list[str]:
    return sorted(map(str, kinds))


def withdrawable(
    reader: Reader, phone: str, connection_ids: list[int], staff_id: int | None, limit: int
) -> list[Brief]:
    """What one has asked for, or written down, and may still take back; newest first."""
    may = [
        (str(kind), state)
        for kind, steps in RULES.items()
        if Step.WITHDRAW in steps
        for state in steps[Step.WITHDRAW].before
    ]
    bind = {
        "phone": phone,
        "connections": connection_ids,
        "staff": staff_id,
        "kinds": [kind for kind, _ in may],
        "states": [state for _, state in may],
        "inside": [str(kind) for kind in INSIDE],
        "limit": limit,
    }
    return [Brief(*row) for row in reader.rows(_WITHDRAWABLE, bind)]
