"""What becomes of the messages in the outbox: claimed, sent, reported; nothing is lost, nothing goes back.

A claim is a lease. Whoever is killed in mid-sending leaves it to run out, and the message is sent
again: at least once. `attempts` grows with each claim and fences off a sender who took too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import LiteralString

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.picture import Picture, read_picture
from core.widget import Widget, read_widget


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out: one row of the outbox, as a gateway needs it."""

    id: int
    recipient: str
    body: str
    kind: str
    language: str
    attempts: int
    channel: str = "sms"
    template: str | None = None
    """The key of the words it was made of; None for a reply."""
    dlt: str | None = None
    """The id of its registered template, where DLT is on (core/dlt.py)."""
    widget: Widget | None = None
    """The same with something to tap, where the channel can show it."""
    picture: Picture | None = None
    """What is shown beside the words, where the channel can show it."""
    window: bool = False
    """Whether the recipient wrote on WhatsApp within the last 24 hours, so that we may write freely."""
    detoured: bool = False
    """Whether it goes by SMS because WhatsApp could not bring it."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended. `wait` (seconds) is when a queued or unsure message is looked at again.

    `gateway` is the one that has the message or may have it.
    """

    id: int
    attempts: int
    state: str
    gateway: str | None
    provider_id: str | None = None
    error: str | None = None
    wait: float = 0.0
    channel: str = "sms"
    """The road it took, or will take from here on."""
    detour: str | None = None
    """Why WhatsApp could not bring what now goes by SMS, or a picture what now are words alone."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a delivery report did: `moved` is False for one that came late or twice."""

    recipient: str
    moved: bool


WINDOW = timedelta(hours=23, minutes=55)
"""WhatsApp lets us write freely for 24 hours after somebody's last message; some minutes less are safe."""

_CLAIM = text("""
WITH due AS (
    SELECT id FROM outbox
    WHERE state = 'queued' AND channel = ANY(CAST(:channels AS text[]))
      AND next_at <= now() AND (expires_at IS NULL OR expires_at > now())
    ORDER BY priority, next_at
    LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_at = now() + make_interval(secs => :lease)
FROM due WHERE outbox.id = due.id
RETURNING outbox.id, recipient, body, kind, language, attempts, channel, template, priority,
    widget, picture,
    channel = 'whatsapp' AND EXISTS (
        SELECT FROM inbound WHERE inbound.channel = 'whatsapp' AND inbound.sender = outbox.recipient
          AND received_at > now() - make_interval(secs => :window)) AS window
""")


def claim(
    session: Session, limit: int, lease: timedelta, channels: Sequence[str] = ("sms", "whatsapp")
) -> list[Outgoing]:
    """Take up to `limit` due messages for `lease`, the most urgent first; other senders skip them."""
    bounds = {"limit": limit, "lease": lease.total_seconds(), "channels": list(channels)}
    bounds["window"] = WINDOW.total_seconds()
    rows = session.execute(_CLAIM, bounds).all()
    rows = sorted(rows, key=lambda row: (row.priority, row.id))
    return [
        replace(
            Outgoing(*row[:8]),
            widget=read_widget(row.widget),
            picture=read_picture(row.picture),
            window=row.window,
        )
        for row in rows
    ]


# Whoever waits for several rows of the outbox takes them in the order of their ids, and sweeps skip
# what another holds: so no two of them ever wait for each other.
_RECORD = text("""
WITH mine AS (SELECT id FROM outbox WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE)
UPDATE outbox SET
    state = CASE WHEN outbox.state IN ('sending', 'queued') THEN done.state ELSE outbox.state END,
    gateway = coalesce(done.gateway, outbox.gateway),
    provider_id = coalesce(done.provider_id, outbox.provider_id),
    error = done.error,
    channel = done.channel,
    detour = coalesce(done.detour, outbox.detour),
    next_at = now() + make_interval(secs => done.wait),
    sent_at = CASE WHEN done.state IN ('sent', 'delivered', 'unsure') THEN coalesce(outbox.sent_at, now())
                   ELSE outbox.sent_at END,
    finished_at = CASE WHEN outbox.finished_at IS NOT NULL THEN outbox.finished_at
                       WHEN done.state IN ('delivered', 'failed') THEN now()
                       -- Unsure a second time: it has had its second chance.
                       WHEN done.state = 'unsure' AND outbox.sent_at IS NOT NULL THEN now() END
FROM mine JOIN unnest(
    CAST(:ids AS bigint[]), CAST(:attempts AS smallint[]), CAST(:states AS text[]), CAST(:gateways AS text[]),
    CAST(:provider_ids AS text[]), CAST(:errors AS text[]), CAST(:waits AS float8[]),
    CAST(:channels AS text[]), CAST(:detours AS text[])
) AS done(id, attempts, state, gateway, provider_id, error, wait, channel, detour) USING (id)
WHERE outbox.id = mine.id AND outbox.attempts = done.attempts
""")


def record(session: Session, results: Sequence[Result]) -> None:
    """Write down how a batch went, in one statement.

    A report that was quicker keeps its state, and so does a message someone else has claimed since.
    """
    session.execute(
        _RECORD,
        {
            "ids": [result.id for result in results],
            "attempts": [result.attempts for result in results],
            "states": [result.state for result in results],
            "gateways": [result.gateway for result in results],
            "provider_ids": [result.provider_id for result in results],
            "errors": [result.error for result in results],
            "waits": [float(result.wait) for result in results],
            "channels": [result.channel for result in results],
            "detours": [result.detour for result in results],
        },
    )


_REPORT: LiteralString = """
WITH found AS (SELECT id, recipient FROM outbox WHERE channel = :channel AND {match} ORDER BY id LIMIT 1),
moved AS (
    UPDATE outbox SET
        state = :state,
        gateway = :gateway,
        provider_id = coalesce(CAST(:provider_id AS text), outbox.provider_id),
        error = CASE WHEN :state = 'failed' THEN CAST(:reason AS text) END,
        sent_at = coalesce(outbox.sent_at, now()),
        finished_at = CASE WHEN :state IN ('delivered', 'failed') THEN now() END
    FROM found
    WHERE outbox.id = found.id AND outbox.state = ANY(:before)
    RETURNING outbox.id
)
SELECT found.recipient, EXISTS (SELECT FROM moved) FROM found
"""
_BY_ROW = text(_REPORT.format(match="id = :row AND (gateway IS NULL OR gateway = :gateway)"))
_BY_PROVIDER_ID = text(_REPORT.format(match="gateway = :gateway AND provider_id = :provider_id"))
_BY_RECIPIENT = text(
    _REPORT.format(
        match="recipient = :recipient AND gateway = :gateway AND state = 'unsure' AND provider_id IS NULL"
    )
)
_UNDER_WAY = ["queued", "sending", "unsure", "expired"]
BEFORE = {"sent": _UNDER_WAY, "delivered": [*_UNDER_WAY, "sent"], "failed": [*_UNDER_WAY, "sent"]}
"""From which states a report may move a message: delivered and failed are final."""


def apply_report(
    session: Session,
    gateway: str,
    state: str,
    *,
    row: int | None = None,
    provider_id: str | None = None,
    recipient: str | None = None,
    reason: str | None = None,
    channel: str = "sms",
) -> Reported | None:
    """Let a delivery report (`sent`, `delivered`, `failed`) move its message forward; one round trip.

    The message is found by our own row number where the gateway carries it, else by the provider's
    id, else (`recipient`) as the one message to that phone nobody was sure of. None: no such
    message, or its sending is not written down yet.
    """
    match = _BY_ROW if row is not None else _BY_RECIPIENT if recipient is not None else _BY_PROVIDER_ID
    found = session.execute(
        match,
        {
            "gateway": gateway,
            "state": state,
            "row": row,
            "provider_id": provider_id,
            "recipient": recipient,
            "reason": reason,
            "channel": channel,
            "before": BEFORE[state],
        },
    ).one_or_none()
    return Reported(*found) if found else None


_FALL_BACK = text("""
WITH found AS (
    SELECT id FROM outbox
    WHERE channel = 'whatsapp' AND recipient LIKE '+%' AND state = ANY(:before)
      AND id = :row AND (gateway IS NULL OR gateway = :gateway)
    FOR NO KEY UPDATE
)
UPDATE outbox SET
    channel = 'sms', state = 'queued', gateway = NULL, provider_id = NULL, error = CAST(:reason AS text),
    detour = CAST(:reason AS text),
    -- Fences off the sender that has not written down yet how WhatsApp took it.
    attempts = attempts + 1, next_at = now(), sent_at = NULL
FROM found WHERE outbox.id = found.id
RETURNING outbox.recipient
""")


def fall_back(session: Session, gateway: str, row: int, reason: str | None) -> str | None:
    """Send by SMS what WhatsApp could not bring; gives the phone, or None if there is nothing to do.

    Once: from here on the message is an SMS, and no report of WhatsApp finds it again.
    """
    asked = {"gateway": gateway, "row": row, "reason": reason}
    found = session.execute(_FALL_BACK, asked | {"before": BEFORE["failed"]}).scalar_one_or_none()
    return None if found is None else str(found)
