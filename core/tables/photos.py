"""Photos that people send: where each is kept, and what it belongs to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of


class Photo(Base):
    """A photo of a meter or a fault; the fact comes with its message, a job fetches the rest.

    `key` is its name in the store. It belongs to a request or a self reading, or to none yet.
    """

    __tablename__ = "photo"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    provider_id: Mapped[str]
    """The provider's id of its message; a repeat carries the same."""
    place: Mapped[int] = mapped_column(SmallInteger)
    """Which of the message's, from 1."""
    phone: Mapped[str]
    url: Mapped[str]
    caption: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    reason: Mapped[str | None]
    """Why it was refused."""
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    key: Mapped[str | None] = mapped_column(unique=True)
    bytes: Mapped[int | None]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id"))
    self_reading_id: Mapped[int | None] = mapped_column(ForeignKey("self_reading.id"))
    __table_args__ = (
        one_of("state", ("waiting", "kept", "refused")),
        CheckConstraint("(state = 'kept') = (key IS NOT NULL)", name="kept"),
        UniqueConstraint("provider_id", "place"),
        Index("photo_waiting", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("photo_old", "received_at"),
        Index(
            "photo_loose",
            "phone",
            "received_at",
            postgresql_where=text("request_id IS NULL AND self_reading_id IS NULL"),
        ),
        Index("photo_of_request", "request_id", postgresql_where=text("request_id IS NOT NULL")),
        Index("photo_of_reading", "self_reading_id", postgresql_where=text("self_reading_id IS NOT NULL")),
    )
