"""A glass floor under the demo: the last messages and their road, queues, the ledger, where talks stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec
from redis.exceptions import RedisError

from channels.nudge import QUEUES
from channels.services import Services

CHANNELS = ("ussd", "sms", "whatsapp")
MESSAGES, ENTRIES = 8, 3

_MESSAGES: LiteralString = """
SELECT id, recipient, kind, channel, gateway, state, attempts, parts,
       coalesce(finished_at, sent_at, created_at), error
FROM outbox ORDER BY id DESC LIMIT %(most)s
"""
_WAITING: LiteralString = """
SELECT state, count(*) FROM outbox WHERE state IN ('queued', 'sending', 'unsure') GROUP BY state
"""
_ENTRIES: LiteralString = """
WITH last AS (SELECT id, kind, source, at FROM entry ORDER BY id DESC LIMIT %(most)s)
SELECT last.id, last.kind, last.at, account.kind,
       coalesce(connection.number, staff.name, plant.name), posting.amount_paise
FROM last
JOIN LATERAL (
    SELECT id, account_id, amount_paise FROM posting WHERE entry_id = last.id ORDER BY id LIMIT 6
) AS posting ON true
JOIN account ON account.id = posting.account_id
LEFT JOIN connection ON connection.id = account.connection_id
LEFT JOIN staff ON staff.id = account.staff_id
LEFT JOIN plant ON plant.id = account.plant_id
ORDER BY last.id DESC, posting.id
"""


class Message(msgspec.Struct, frozen=True):
    """A row of the outbox: its road (channel, gateway), its state, and when that last changed."""

    id: int
    recipient: str
    kind: str
    channel: str
    gateway: str | None
    state: str
    attempts: int
    parts: int
    at: datetime
    error: str | None


class Entry(msgspec.Struct):
    """A movement of money: its first postings as (account, owner, paise)."""

    id: int
    kind: str
    at: datetime
    postings: list[tuple[str, str, int]]


class Standing(msgspec.Struct, frozen=True):
    """Where a talk stands. What was answered is not shown: there may be codes among it."""

    phone: str
    channel: str
    command: str
    turn: int
    page: int
    pages: int
    over: bool


class Glass(msgspec.Struct, frozen=True):
    """All that can be seen below."""

    messages: list[Message]
    waiting: dict[str, int]
    """Outbox rows by state that are not finished."""
    queues: dict[str, int] | None
    """Jobs that wait in RQ; None while Redis is away."""
    entries: list[Entry]
    talks: list[Standing]


def look_below(services: Services, phones: Sequence[str]) -> Glass:
    """What lies under these phones now; nothing is changed."""
    reader = services.database.reader
    messages = [Message(*row) for row in reader.rows(_MESSAGES, {"most": MESSAGES})]
    waiting: dict[str, int] = {row[0]: row[1] for row in reader.rows(_WAITING, {})}
    entries = _entries(reader.rows(_ENTRIES, {"most": ENTRIES}))
    return Glass(messages, waiting, _queues(services), entries, _talks(services, phones))


def _entries(rows: Sequence[tuple[Any, ...]]) -> list[Entry]:
    found: dict[int, Entry] = {}
    for id_, kind, at, account, owner, paise in rows:
        found.setdefault(id_, Entry(id_, kind, at, [])).postings.append((account, owner, paise))
    return list(found.values())


def _queues(services: Services) -> dict[str, int] | None:
    try:
        return {name: services.redis.llen(f"rq:queue:{name}") for name in QUEUES}
    except RedisError:
        return None


def _talks(services: Services, phones: Sequence[str]) -> list[Standing]:
    found = []
    for phone in phones:
        for channel in CHANNELS:
            place = services.places.load(channel, phone).place
            if place is not None:
                pages = len(place.pages)
                found.append(
                    Standing(phone, channel, place.command, place.turn, place.page + 1, pages, place.over)
                )
    return found
