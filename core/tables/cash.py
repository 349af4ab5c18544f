"""Cash between people: disputes, hand-overs, the close of a day, lists of payments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

HANDOVER_STATES = ("offered", "taken", "refused", "withdrawn", "expired")


class Dispute(Base):
    """A customer says that the cash of a receipt was never given; the payment stands until it is settled."""

    __tablename__ = "dispute"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    phone: Mapped[str]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None]
    __table_args__ = (
        one_of("outcome", ("keep", "undo")),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled_whole"),
    )


class Handover(Base):
    """Cash on its way from one member of staff to another; it moves when the other one has said yes."""

    __tablename__ = "handover"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    taker_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    amount_paise: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'offered'"))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        one_of("state", HANDOVER_STATES),
        Index("handover_open", "giver_id", unique=True, postgresql_where=text("state = 'offered'")),
        Index("handover_to", "taker_id", postgresql_where=text("state = 'offered'")),
        CheckConstraint("amount_paise > 0", name="positive"),
        CheckConstraint("giver_id <> taker_id", name="two_people"),
        CheckConstraint("(state = 'taken') = (entry_id IS NOT NULL)", name="moved_when_taken"),
    )


class CashClose(Base):
    """A collector's day counted out; `entry_id` moved the difference, if there was one."""

    __tablename__ = "cash_close"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    counted_paise: Mapped[int]
    expected_paise: Mapped[int]
    reason: Mapped[str | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    __table_args__ = (
        Index("cash_close_by_staff", "staff_id", "at"),
        CheckConstraint("(counted_paise = expected_paise) = (entry_id IS NULL)", name="difference_posted"),
    )


class CashList(Base):
    """A list of payments or readings that came under a collector's running number: it is entered once."""

    __tablename__ = "cash_list"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str]
    at: Mapped[datetime]
