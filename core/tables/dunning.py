"""Who will be reminded, who has said when the money comes, and what a bill that stays open costs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

PROMISE_STATES = ("open", "kept", "broken")


class Promise(Base):
    """A customer says until which day `owed_paise` will be paid; until then nobody reminds."""

    __tablename__ = "promise"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(unique=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    phone: Mapped[str]
    made_at: Mapped[datetime]
    until_on: Mapped[date]
    owed_paise: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    reminded_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("state", PROMISE_STATES),
        CheckConstraint("owed_paise > 0", name="positive"),
        CheckConstraint("(state = 'open') = (finished_at IS NULL)", name="finished_whole"),
        Index("promise_open", "connection_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("promise_by_connection", "connection_id", "made_at"),
        Index("promise_ending", "until_on", postgresql_where=text("state = 'open'")),
    )


class ReminderRound(Base):
    """One round of reminders for a run's bills, so many `days` from the due date (before: below zero).

    `reached` is the last bill that was looked at.
    """

    __tablename__ = "reminder_round"
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_run.id"), primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    reached: Mapped[int] = mapped_column(server_default=text("0"))
    finished_at: Mapped[datetime | None]


class BillLateFee(Base):
    """The one late fee of a bill: announced, then charged or let off; a charged one may be taken back.

    `closed_at` is when it was charged or let off. `entry_id` charged it, `reversal_id` took that back.
    """

    __tablename__ = "bill_late_fee"
    bill_id: Mapped[int] = mapped_column(ForeignKey("bill.id"), primary_key=True, autoincrement=False)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_run.id"))
    paise: Mapped[int]
    """What was announced; once charged, what was charged, which is never more."""
    falls_on: Mapped[date]
    """The last day to pay without it."""
    notices: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """The sources of the messages that announce it; one must have gone out in time."""
    noticed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    waived_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("paise > 0", name="positive"),
        CheckConstraint("entry_id IS NULL OR closed_at IS NOT NULL", name="closed_whole"),
        CheckConstraint("reversal_id IS NULL OR entry_id IS NOT NULL", name="reversed_whole"),
        CheckConstraint("(waived_by IS NULL) = (reason IS NULL)", name="waived_whole"),
        Index("bill_late_fee_open", "run_id", "bill_id", postgresql_where=text("closed_at IS NULL")),
        Index(
            "bill_late_fee_standing",
            "connection_id",
            postgresql_where=text("reversal_id IS NULL AND waived_by IS NULL"),
        ),
    )


class LateFeeRound(Base):
    """A day's look at which bills of a run are to be announced a late fee; `reached` is the last bill."""

    __tablename__ = "late_fee_round"
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_run.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reached: Mapped[int] = mapped_column(server_default=text("0"))
    finished_at: Mapped[datetime | None]
