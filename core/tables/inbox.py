"""Free texts of customers that a person answers: notes, and what was said in each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, Sequence, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base

note_number_seq = Sequence("note_number_seq", start=10, metadata=Base.metadata)


class Note(Base):
    """A talk between one phone and the people of a plant; a phone has one open at a time.

    `waits_since` is when the first word without an answer came, None once somebody has answered;
    `goes_up_at` and `level` are a request's (core/tables/work.py).
    """

    __tablename__ = "note"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str]
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"), index=True)
    channel: Mapped[str]
    """Where the customer wrote last: the answer goes there."""
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    waits_since: Mapped[datetime | None]
    goes_up_at: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("note_open", "phone", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("note_of_plant", "plant_id", "waits_since", postgresql_where=text("closed_at IS NULL")),
        Index("note_waiting", "goes_up_at", postgresql_where=text("closed_at IS NULL")),
        Index("note_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )


class NoteLine(Base):
    """What was written in a note, by the customer or (`staff_id`) by one of our people."""

    __tablename__ = "note_line"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("note.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    body: Mapped[str]
