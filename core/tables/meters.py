"""Meters: what they showed, what a reading was before its correction, and which meter followed which."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of


class Reading(Base):
    """The energy a connection has used up to a day, in watt-hours: it only ever grows.

    What the meter's face showed is `wh` less `before_wh`, the energy of older meters and of rounds that
    a register went through: so billing needs to know of neither.
    """

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    taken_on: Mapped[date]
    wh: Mapped[int]
    before_wh: Mapped[int] = mapped_column(server_default=text("0"))
    bands: Mapped[dict[str, Any] | None]
    """The registers of a meter that counts by time of day, Wh by band; they add up to what it showed."""
    source: Mapped[str]
    """Who or what read it: `staff`, `change`, `file`, a driver's name."""
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    noted_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("connection_id", "taken_on"),
        CheckConstraint("wh >= 0", name="not_negative"),
        Index(
            "reading_by_staff",
            "staff_id",
            text("noted_at DESC"),
            postgresql_where=text("staff_id IS NOT NULL"),
        ),
    )


class ReadingWas(Base):
    """A reading as it was before it was corrected or taken back; rows are only added."""

    __tablename__ = "reading_was"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reading_id: Mapped[int] = mapped_column(index=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    taken_on: Mapped[date]
    wh: Mapped[int]
    before_wh: Mapped[int]
    bands: Mapped[dict[str, Any] | None]
    source: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    noted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime]
    why: Mapped[str]
    __table_args__ = (one_of("why", ("corrected", "undone")),)


class MeterChange(Base):
    """One meter followed another: what the old one showed last, and the new one first; rows are only added.

    `wh` is the energy used up to then, `before_wh` what is added to the new meter's face from then on.
    """

    __tablename__ = "meter_change"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    changed_on: Mapped[date]
    old_number: Mapped[str | None]
    closing_wh: Mapped[int]
    new_number: Mapped[str]
    opening_wh: Mapped[int]
    wh: Mapped[int]
    before_wh: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    __table_args__ = (
        Index("meter_change_of", "connection_id", "changed_on"),
        CheckConstraint("before_wh + opening_wh = wh", name="goes_on"),
    )


class SelfReading(Base):
    """What a customer read: it counts once somebody has checked it, and at most like an estimate before.

    `wh` and `before_wh` are as in `reading`; `turned_wh` is the round of the register in `before_wh`
    that began with it.
    """

    __tablename__ = "self_reading"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    taken_on: Mapped[date]
    wh: Mapped[int]
    before_wh: Mapped[int]
    turned_wh: Mapped[int]
    noted_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    """Found `right` or `wrong`, or overtaken: by another reading (`read`), by the next one (`replaced`)."""
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    __table_args__ = (
        one_of("state", ("waiting", "right", "wrong", "read", "replaced")),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("wh >= before_wh AND before_wh >= turned_wh AND turned_wh >= 0", name="shown"),
        Index(
            "self_reading_waiting", "connection_id", unique=True, postgresql_where=text("state = 'waiting'")
        ),
    )
