"""What comes in and goes out, what has been done once, and who did it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

OUTBOX_STATES = ("queued", "sending", "unsure", "sent", "delivered", "failed", "expired")


class Inbound(Base):
    """A text as it came, stored before its provider hears that we have it; unique, so a repeat is seen."""

    __tablename__ = "inbound"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    channel: Mapped[str]
    provider: Mapped[str]
    provider_id: Mapped[str]
    sender: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    lost: Mapped[bool] = mapped_column(server_default=text("false"))
    """No command understood it; many of them from one phone are a machine's (channels/free_text.py)."""
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("inbound_waiting", "received_at", postgresql_where=text("handled_at IS NULL")),
        Index("inbound_lost", "sender", "received_at", postgresql_where=text("lost")),
        # When somebody last wrote on WhatsApp: for 24 hours from then we may write freely.
        Index("inbound_on_whatsapp", "sender", "received_at", postgresql_where=text("channel = 'whatsapp'")),
    )


class Handled(Base):
    """An effect that has happened: its key can be used once, its result is given again to a repeat.

    `talk` and `caller` let a USSD session be rebuilt after Redis lost it: they hold who the caller
    was when the talk began, before the effect changed it. While Redis is away, the yes-or-no question a
    session stands at is kept here as well (key `….asked`).
    """

    __tablename__ = "handled"
    key: Mapped[str] = mapped_column(primary_key=True)
    talk: Mapped[str] = mapped_column(index=True)
    caller: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Outbox(Base):
    """A message to send, written in the transaction that caused it; only RQ jobs send it."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    channel: Mapped[str] = mapped_column(server_default=text("'sms'"))
    kind: Mapped[str]
    language: Mapped[str]
    body: Mapped[str]
    parts: Mapped[int] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    gateway: Mapped[str | None]
    provider_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    template: Mapped[str | None]
    """The key of the words the body was made of; where DLT is on, they must be registered."""
    widget: Mapped[dict[str, Any] | None]
    """The same with something to tap (core/widget.py)."""
    picture: Mapped[dict[str, Any] | None]
    """What is shown beside the words where the channel can show it (core/picture.py)."""
    detour: Mapped[str | None]
    """Why it did not go as it was meant to: by SMS instead of WhatsApp, or without its picture."""
    __table_args__ = (
        one_of("state", OUTBOX_STATES),
        Index(
            "outbox_waiting",
            "priority",
            "next_at",
            postgresql_where=text("state IN ('queued', 'sending', 'unsure')"),
        ),
        Index("outbox_by_provider", "gateway", "provider_id"),
        Index("outbox_by_recipient", "recipient", "id"),
        Index(
            "outbox_codes", "expires_at", postgresql_where=text("kind IN ('code', 'mended') AND body <> ''")
        ),
    )


class Consent(Base):
    """What a person asked to be sent, or not to be: when, how and in which words. Append-only."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    phone: Mapped[str] = mapped_column(index=True)
    purpose: Mapped[str]
    given: Mapped[bool]
    """True: asked for; False: withdrawn."""
    at: Mapped[datetime]
    channel: Mapped[str]
    words: Mapped[str]
    """What they sent (STOP, START), or the question that they said yes to."""
    __table_args__ = (one_of("purpose", ("messages", "whatsapp")),)


class GatewayPause(Base):
    """A gateway that must rest (no balance, bad sender id) until a moment; staff were told.

    `since` is when the trouble began: the longer it lasts, the longer the next rest.
    """

    __tablename__ = "gateway_pause"
    gateway: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]


class OneTimeCode(Base):
    """A six-digit code on its way to a phone, stored as a keyed hash, bound to one purpose."""

    __tablename__ = "one_time_code"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    sent_to: Mapped[str]
    asked_by: Mapped[str] = mapped_column(index=True)
    purpose: Mapped[str]
    """The exact act the code allows, e.g. link:<connection id>."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    used_at: Mapped[datetime | None]
    __table_args__ = (Index("one_time_code_sent", "sent_to", "created_at"),)


class Audit(Base):
    """Who did what to what, when and through which channel. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    phone: Mapped[str | None]
    channel: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    """What it was done to, e.g. payment:17."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    __table_args__ = (Index("audit_by_object", "object"), Index("audit_by_staff", "staff_id", "at"))


class AuditSeal(Base):
    """The hash of an audit row and of the seal before it (core/audit.py). Append-only, without gaps."""

    __tablename__ = "audit_seal"
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
